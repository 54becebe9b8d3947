use layercake::prelude::*;

network! {
    pub Net: [3, 8, 8] -> [3, 8, 8] {
        pool1: MaxPool2d(2), MaxUnpool2d(pol1),
        MaxUnpool2d(later), later: MaxPool2d(2), MaxUnpool2d,
        MaxPool2d(2) as tagged, MaxUnpool2d(tagged), Add(tagged),
    }

    pub Other: [3, 8, 8] -> [3, 8, 8] {
        conv: Conv2d(3, kernel = 1), MaxUnpool2d(conv), MaxUnpool2d(nothing),
    }
}

fn main() {}
