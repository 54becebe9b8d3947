use layercake::prelude::*;

network! {
    block A { B, B, B, B, B, B, B, B }
    block B { C, C, C, C, C, C, C, C }
    block C { D, D, D, D, D, D, D, D }
    block D { E, E, E, E, E, E, E, E }
    block E { F, F, F, F, F, F, F, F }
    block F {}

    pub Templates: [8] -> [8] { A }
    pub Repetition: [8] -> [8] { Repeat(99999999) { from input }, Linear(8) }
    pub Nothing: [8] -> [8] { Repeat(99999999) {}, Linear(8) }
}

fn main() {}
