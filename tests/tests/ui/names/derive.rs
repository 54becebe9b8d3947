use layercake::prelude::*;

network! {
    #[derive(Clone, Debug)]
    pub Net: [784] -> [784] { ReLU }
}

fn main() {}
