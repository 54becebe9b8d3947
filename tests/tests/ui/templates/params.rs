use layercake::prelude::*;

network! {
    block A(size, size) { Linear(size) }
    block B(size = 3, other) { Linear(size), Linear(other) }
    block C(size: usize) { Linear(size) }
    block D(size = ) { Linear(size) }
    block E(3) { Linear(3) }
    block F(size other) { Linear(size), Linear(other) }

    pub Net: [8] -> [8] { A(8), B(8, 8), C(8), D(8), E(8), F(8, 8) }
}

fn main() {}
