use layercake::prelude::*;

network! {
    pub Net: [784] -> [10] {
        fc1: Linear(10) => [10],
        fc2: Linear(10) -> ten,
        fc3: Linear(10) -> [+],
        fc4: Linear(10) -> [10] + 3,
    }
}

fn main() {}
