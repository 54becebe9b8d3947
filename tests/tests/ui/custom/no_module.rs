use layercake::prelude::*;

network! {
    pub Net: [8] -> [4] {
        crate::Plain() -> [4],
    }
}

#[derive(Clone, Debug)]
pub struct Plain;

fn main() {}
