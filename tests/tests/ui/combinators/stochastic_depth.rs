use layercake::prelude::*;

network! {
    pub Net: [8] -> [8] {
        Residual(drop = 1.5) { Linear(8) },
        Residual(drop = true) { Linear(8) },
        Residual(drop = 0.1, drop = 0.2) { Linear(8) },
        Residual(shortcut = { Linear(8) } drop = 0.2) { Linear(8) },
        Residual(drop = ) { Linear(8) },
        Residual(drop_path = 0.1) { Linear(8) },
        DropPath(0.1),
        StochasticDepth,
    }
}

fn main() {}
