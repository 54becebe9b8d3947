use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

network! { Differ: [n(4)] -> [n(2)] { Linear(n(2)) as mean, from input, Linear(n(3)) as logvar, from mean, Reparameterize(logvar) } }

network! { Branches: [n(4)] -> [n(2)] { Reparameterize { { Linear(n(2)) }, { Linear(n(3)) } } } }

fn main() {}
