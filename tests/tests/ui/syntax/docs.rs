use layercake::prelude::*;

network! {
    pub Net: [784] -> [10] {
        /// The only one.
        Linear(10),
        /// Nothing to document.
        ReLU,
        #[inline]
        ReLU,
    }
    #[inline]
    block Unused() { ReLU }
    /// Left over.
}

fn main() {}
