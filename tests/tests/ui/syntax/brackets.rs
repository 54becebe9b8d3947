use layercake::prelude::*;

network! {
    pub Net: (1, 28, 28) -> 10 [
        Conv2d { 6, kernel = 5 },
        Flatten[],
        Linear<10>,
        Linear(10) -> (10),
    ]
}

fn main() {}
