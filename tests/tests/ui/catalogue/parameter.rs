use layercake::prelude::*;

network! {
    pub Zero: [4] -> [_] { p: Parameter([0]) as p, from input, Add(p) }
    pub Empty: [4] -> [_] { p: Parameter([]) as p, from input, Add(p) }
    pub Missing: [4] -> [_] { p: Parameter as p, from input, Add(p) }
    pub Lost: [4] -> [_] { fc: Linear(8), Parameter([4]) as p, from input, Add(p) }
    pub Unread: [4] -> [_] { Parameter([4]), Linear(2) }
    pub Gain: [4] -> [_] { Parameter([4], init = xavier_uniform) as p, from input, Add(p) }
    pub Shapes: [3, 4] -> [_, _] { p: Parameter([5, 4]) as p, from input, Add(p) }
}

fn main() {}
