use layercake::prelude::*;

network! {
    pub Net: [8] -> { out: [8] } {
        Linear(8) as h, ReLU, Add(h) as sum,
        back: from h -> [8], Add(sum),
        end: output out -> [8],
    }
}

fn main() {}
