use layercake::prelude::*;

network! {
    pub Beyond: [8] -> [4] { fc: Linear(4, drop_connect = 1.5) }
    pub Features: [8] -> [4] { fc: Linear(9 -> 4, drop_connect = 0.5) }
    pub Image: [1, 8, 8] -> [4] { fc: DropConnect(4, p = 0.5) }
}

fn main() {}
