use layercake::prelude::*;

network! {
    pub Net: [8] -> [8] {
        /// The first.
        Repeat(2) { Linear(8) } as block,
        /// The second.
        Residual { Linear(8) } as res,
        /// The third.
        from block,
        /// The fourth.
        Add { { Linear(8) }, {} },
        Add(res),
    }
}

fn main() {}
