use layercake::prelude::*;

network! { Net: [8] -> [8] { Linear(8, dropout = 0.5), Linear(8, drop_connect = "half") } }

fn main() {}
