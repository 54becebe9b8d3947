use layercake::prelude::*;

network! {
    block Linear(size) { ReLU }
    block Net(size) { Linear(size) }
    block Twice(size) { Linear(size) }
    block Twice(size) { Linear(size) }

    pub Net: [8] -> [8] { Twice(8) }
}

fn main() {}
