use layercake::prelude::*;

network! {
    block { Linear(8) }
    block Body(size) -> [8] { Linear(size) }
    block reuse(size) { Linear(size) }
    pub Net: [8] -> [8] { Body(8) }
    block Bodiless(size)
}

fn main() {}
