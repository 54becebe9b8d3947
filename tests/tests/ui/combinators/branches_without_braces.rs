use layercake::prelude::*;

network! {
    pub Net: [8] -> [8] {
        Add { Linear(8), Linear(8) },
        Add { { Linear(8) } { Linear(8) } },
        Add { { Linear(8) }; {} },
    }
}

fn main() {}
