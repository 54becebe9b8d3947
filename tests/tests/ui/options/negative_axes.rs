use layercake::prelude::*;

network! {
    pub Back: [4, 6] -> [_, _] { Softmax(axis = -3) }
    pub Backs: [4, 6] -> [_] { Mean(-3) }
    pub Row: [4] -> [_] { Softmax(axis = -2) }
    pub New: [4, 6] -> [_, _, _] { Unsqueeze(-4) }
    pub Through: [4, 6] -> [_, _] { inner: self::Twin, Softmax(axis = -1) }
    pub Twin: [4, 6] -> [4, 6] { ReLU }
}

fn main() {}
