use layercake::prelude::*;

network! {
    pub Net: [3, 8, 8] -> [_] {
        MoveAxis(1, 2), Deconv(8), GlobalAvgPool, Interpolate(2), View(64), Ravel, Drop(0.5),
    }
}

fn main() {}
