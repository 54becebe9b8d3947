use layercake::prelude::*;

network! {
    pub Net: [4] -> [4] { nets::Hidden }
}

mod nets {
    layercake::prelude::network! { Hidden: [4] -> [4] { Linear(4) } }
}

fn main() {}
