use layercake::prelude::*;

const WIDTH: usize = 64;

network! {
    pub Net: [WIDTH] -> [10] {
        fc1: Linear(10),
        fc2: Linear(WIDTH -> 10),
    }
}

const _: () = assert!(Net::PARAMS == 760);

fn main() {
    println!("{}", Net::PARAMS);
}
