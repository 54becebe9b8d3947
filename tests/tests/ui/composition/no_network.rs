use layercake::prelude::*;

network! {
    pub Net: [4] -> [4] { Plain, self::Plain, nets::function }
}

pub struct Plain;

mod nets {
    pub fn function() {}
}

fn main() {}
