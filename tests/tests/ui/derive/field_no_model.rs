use layercake::layers::Linear;
use layercake::prelude::*;

#[derive(Model)]
struct Net<E: Dtype = f32, D: Storage<E> = Cpu> {
    fc: Linear<4, 3, E, D>,
    name: String,
}

#[derive(Model)]
struct Plain {
    fc: Linear<4, 3>,
    sizes: Vec<usize>,
}

fn main() {}
