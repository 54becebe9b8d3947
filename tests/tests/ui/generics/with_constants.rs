use layercake::prelude::*;

const WIDTH: usize = 4;

network! {
    pub Net<const H: usize>: [H] -> [_] { Linear(WIDTH), Linear(H) }
    pub Input<const H: usize>: [H, WIDTH] -> [_, _] { Linear(4) }
    pub Output<const H: usize>: [8] -> [WIDTH] { Linear(H) }
}

fn main() {}
