use layercake::prelude::*;

network! {
    pub Net: [8] -> [8] {
        Repeat(0) { Linear(8) },
        Repeat { Linear(8) },
        Repeat(2, 3) { Linear(8) },
        Repeat(3),
        Repeat(99999999999999999999999) { Linear(8) },
        Repeat(times = 3) { Linear(8) },
    }
}

fn main() {}
