use layercake::prelude::*;

network! {
    pub N1: [3, 8, 8] -> [_, _] { Conv1d(4, kernel = 3) }
    pub N2: [9] -> [_, _] { MaxPool1d(2) }
    pub N3: [3, 8, 8] -> [_, _] { AvgPool1d(2) }
}

fn main() {}
