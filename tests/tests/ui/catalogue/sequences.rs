use layercake::prelude::*;

network! {
    pub Net: [3, 8, 8] -> [_, _] { Conv1d(4, kernel = 3) }
    pub Flat: [24] -> [_, _] { MaxPool1d(2) }
}

fn main() {}
