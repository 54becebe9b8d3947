use layercake::dfdx::nn::modules::ReLU;
use layercake::prelude::*;

network! {
    Body: [3, 8, 8] -> [32] { Flatten, Linear(32) }
    Head: [20] -> [2] { Linear(2) }
}

#[derive(Model)]
#[model(forward)]
struct Inner {
    body: Body,
    act: ReLU,
}

#[derive(Model)]
#[model(forward)]
struct Outer {
    inner: Inner,
    head: Head,
}

fn main() {}
