use layercake::prelude::*;

network! {
    pub One: [784] -> [10] { Linear(11) }
    pub Two: [784] -> [10] { Linear(10), Relu }
    pub Three: [784] -> [10] { Linear(10) }
}

fn main() {
    let device = Cpu::default();
    Three::new(&device);
}
