use layercake::prelude::*;

network! {
    pub type: [784] -> [10] { Linear(10) }
    pub [784] -> [10] { Linear(10) }
    pub A: 784 -> [10] { Linear(10) }
    pub B: [784] of [10] { Linear(10) }
    pub C: [784] -> { Linear(10) }
    pub D: [784] -> [10] of { Linear(10) }
    pub(in) E: [784] -> [10] { Linear(10) }
    pub F: input -> output { Linear(10) }
}

fn main() {}
