use layercake::prelude::*;

network! {
    #[derive(Clone, PartialEq, Debug)]
    pub Net: [784] -> [784] { ReLU }
}

fn main() {}
