use layercake::prelude::*;

network! {
    block Stage(widths, deep = true) {
        for width in widths { Linear(width), ReLU }
        if deep { Linear(4) }
    }
    block Broken(deep) { if deep { Linear(4, p = 3) } }

    pub Constant: [4] -> [_] { for width in WIDTHS { Linear(width) } }
    pub Argument: [4] -> [_] { Stage(WIDTHS) }
    pub Empty: [4] -> [_] { for width in [] { Linear(width) } }
    pub Tuple: [4] -> [_] { for (a, b) in [(5, 6), 7] { Linear(a), Linear(b) } }
    pub Round: [4] -> [_] { for width in [5, 0] { Linear(width) } }
    pub Shapes: [4] -> [_] { for width in [5, 6] { Conv2d(width, kernel = 3) } }
    pub Unknown: [4] -> [_] { if DEEP { Linear(8) } else { Linear(6) } }
    pub Number: [4] -> [_] { if 3 { Linear(8) } }
    pub Named: [4] -> [_] { head: if true { Linear(8) } }
    pub Word: [4] -> [_] { for [5, 6] { Linear(5) } }
    pub NoCondition: [4] -> [_] { if { Linear(5) } }
    pub NoBraces: [4] -> [_] { for width in [5, 6] Linear(width) }
    pub NoLayers: [4] -> [_] { ReLU, for width in [5, 6] { } }
    pub Expression: [4] -> [_] { if 3 + { Linear(5) } }
}

fn main() {}
