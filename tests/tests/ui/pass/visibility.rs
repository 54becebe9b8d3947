#![deny(dead_code)]
//! Networks of each visibility.

use layercake::prelude::*;

mod networks {
    use layercake::prelude::*;

    network! {
        #[cfg(any())]
        pub Absent: [784] -> [10] { Linear(785 -> 11), Unknown }

        #[cfg(all())]
        #[allow(non_camel_case_types)]
        pub(crate) present: [super::SIZE] -> [10] { Linear(10) }
    }

    /// A derived trait of the user's.
    pub trait Marked {}
    impl Marked for present {}

    /// Uses it.
    pub fn mark(_: impl Marked) {}
}

const SIZE: usize = 784;

fn main() {
    network! { Local: [SIZE, 2] -> [SIZE * 2] { Flatten } }

    networks::mark(networks::present::new(&Cpu::default()));
    assert_eq!((Local::OUTPUT, networks::present::INPUT), ([1568], [784]));
}
