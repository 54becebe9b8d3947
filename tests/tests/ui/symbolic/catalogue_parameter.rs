use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

network! {
    pub Zero: [n(4)] -> [_] { p: Parameter([n(0)]) as p, from input, Add(p) }
    pub Empty: [n(4)] -> [_] { p: Parameter([]) as p, from input, Add(p) }
    pub Missing: [n(4)] -> [_] { p: Parameter as p, from input, Add(p) }
    pub Lost: [n(4)] -> [_] { fc: Linear(n(8)), Parameter([n(4)]) as p, from input, Add(p) }
    pub Unread: [n(4)] -> [_] { Parameter([n(4)]), Linear(n(2)) }
    pub Gain: [n(4)] -> [_] { Parameter([n(4)], init = xavier_uniform) as p, from input, Add(p) }
    pub Shapes: [n(3), n(4)] -> [_, _] { p: Parameter([n(5), n(4)]) as p, from input, Add(p) }
}

fn main() {}
