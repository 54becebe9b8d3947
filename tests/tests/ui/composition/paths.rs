use layercake::prelude::*;

network! {
    pub Net: [4] -> [4] {
        ::,
        nets::,
        nets::fn,
        nets::Net<,
        self::nets::Linear(4),
        layercake::Linear,
    }
}

fn main() {}
