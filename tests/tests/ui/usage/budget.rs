use layercake::prelude::*;

network! {
    pub Net: [784] -> [10] {
        fc: Linear(10),
    }
}

const _: () = assert!(Net::PARAMS < 1_000, "the budget is 1000 parameters");

fn main() {}
