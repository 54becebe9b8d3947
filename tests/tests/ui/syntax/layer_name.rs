use layercake::prelude::*;

network! {
    pub Net: [784] -> [10] {
        fc1 Linear(100), ReLU,
        fc2 = Linear(50), ReLU,
        let fc3 = Linear(50),
        "fc4": Linear(10),
    }
}

fn main() {}
