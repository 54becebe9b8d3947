use layercake::prelude::*;

network! {
    block T0 { T1 }
    block T1 { T2 }
    block T2 { T3 }
    block T3 { T4 }
    block T4 { T5 }
    block T5 { T6 }
    block T6 { T7 }
    block T7 { T8 }
    block T8 { T9 }
    block T9 { T10 }
    block T10 { T11 }
    block T11 { T12 }
    block T12 { T13 }
    block T13 { T14 }
    block T14 { T15 }
    block T15 { T16 }
    block T16 { T17 }
    block T17 { T18 }
    block T18 { T19 }
    block T19 { T20 }
    block T20 { T21 }
    block T21 { T22 }
    block T22 { T23 }
    block T23 { T24 }
    block T24 { T25 }
    block T25 { T26 }
    block T26 { T27 }
    block T27 { T28 }
    block T28 { T29 }
    block T29 { T30 }
    block T30 { T31 }
    block T31 { T32 }
    block T32 { T33 }
    block T33 { T34 }
    block T34 { T35 }
    block T35 { T36 }
    block T36 { T37 }
    block T37 { T38 }
    block T38 { T39 }
    block T39 { T40 }
    block T40 { Linear(8) }

    pub Net: [8] -> [8] { T0 }
}

fn main() {}
