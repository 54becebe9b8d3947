use layercake::prelude::*;

network! {
    pub Least: [6, 8] -> [_] { torch.amin(x, dim = 0), Linear(2) }
    pub Joined: [6, 8] -> [_, _] { torch.cat([x, y], dim = 0) }
    pub Parts: [6, 8] -> [_, _] { x.split(4, dim = 1) }
}

fn main() {}
