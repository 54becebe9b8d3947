use layercake::layers::Linear;
use layercake::prelude::*;

network! {
    Body: [3, 8, 8] -> [32] { Flatten, Linear(32) }
}

#[derive(Model)]
#[model(forward)]
struct Net<E: Dtype = f32, D: Storage<E> = Cpu> {
    body: Body<E, D>,
    head: Linear<32, 10, E, D>,
}

fn main() {}
