use layercake::prelude::*;

network! { Differ: [4] -> [2] { Linear(2) as mean, from input, Linear(3) as logvar, from mean, Reparameterize(logvar) } }

network! { Branches: [4] -> [2] { Reparameterize { { Linear(2) }, { Linear(3) } } } }

fn main() {}
