use layercake::prelude::*;

network! {
    pub Features: [8] -> [8] { MultiheadAttention(2) }
    pub Headless: [5, 8] -> [5, 8] { MultiheadAttention(0) }
    pub Heads: [5, 8] -> [5, 8] { MultiheadAttention(3) }
    pub Width: [5, 8] -> [5, 8] { MultiheadAttention(2, features = 6) }
    pub Probability: [5, 8] -> [5, 8] { MultiheadAttention(2, dropout = 1.0) }
}

fn main() {}
