use layercake::prelude::*;

network! {
    pub Encoder: [12] -> [8] { Linear(8) }
    pub Images: [3, 8, 8] -> [_] { Flatten }
    pub Net: [10] -> [8] { encoder: Encoder, Encoder, nets::Head }
    pub Flat: [10] -> [_] { Images }
}

mod nets {
    layercake::prelude::network! { pub Head: [9] -> [2] { Linear(2) } }
}

fn main() {}
