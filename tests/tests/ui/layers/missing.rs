use layercake::prelude::*;

network! {
    pub Net: [784] -> [10] {
        fc1: ,
        fc2: 10,
        3,
        (Linear(10)),
        fc3:
    }
}

fn main() {}
