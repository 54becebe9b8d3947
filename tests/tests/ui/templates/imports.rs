use layercake::prelude::*;

mod blocks {
    layercake::network! {
        pub block Unit(width) { Linear(width), ReLU }
        pub block Other() { Tanh }
        block Hidden() { Tanh }
    }
}

network! {
    use blocks::*;
    #[cfg(test)]
    use blocks::Unit;
    pub use blocks::Other;
    use blocks::Unit as Linear;
    use blocks::Unit as Other;
    use blocks::Unit as _;

    block Unit() { ReLU }

    use blocks::Other;

    pub Net: [8] -> [8] { Unit(8) }
}

network! {
    use blocks::Unit;

    pub Wrong: [8] -> [8] { Unit(size = 8), Unt(8), Unit }
}

network! {
    use blocks::Hidden;

    pub NotShared: [8] -> [8] { Hidden }
}

fn main() {}
