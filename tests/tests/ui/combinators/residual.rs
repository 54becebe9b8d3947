use layercake::prelude::*;

network! {
    pub Net: [8] -> [8] {
        Residual {},
        Residual,
        Residual(Linear(8)),
        Residual(skip = { Linear(8) }) { Linear(8) },
        Residual(shortcut = Linear(8)) { Linear(8) },
        Residual(true) { Linear(8) },
        Residual(shortcut = { Linear(8) }, axis = 0) { Linear(8) },
    }
}

fn main() {}
