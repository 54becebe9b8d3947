use layercake::dfdx::nn::modules::{Linear, ReLU};
use layercake::prelude::*;

network! {
    Body: [3, 8, 8] -> [32] { Flatten, Linear(32) }
    Head: [10] -> [2] { Linear(2) }
}

#[derive(Model)]
#[model(forward)]
struct Net<E: Dtype = f32, D: Storage<E> = Cpu> {
    body: Body<E, D>,
    hidden: (Linear<30, 10, E, D>, ReLU),
    more: (Linear<10, 10, E, D>, ReLU),
    head: Head<E, D>,
}

fn main() {}
