use layercake::prelude::*;

network! {
    pub Net: [4] -> [4] { nets::Missing }
    pub Other: [4] -> [4] { missing::Net }
}

mod nets {}

fn main() {}
