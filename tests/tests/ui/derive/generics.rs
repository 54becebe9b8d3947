use layercake::layers::Linear;
use layercake::prelude::*;

#[derive(Model)]
struct OnlyDtype<E: Dtype> {
    fc: Linear<4, 3, E, Cpu>,
}

#[derive(Model)]
struct OnlyDevice<D: Storage<f32>> {
    fc: Linear<4, 3, f32, D>,
}

#[derive(Model)]
#[model(dtype = f64)]
struct Stated<E: Dtype, D: Storage<E>> {
    fc: Linear<4, 3, E, D>,
}

#[derive(Model)]
#[model(dtype = f64)]
struct OfModels<M> {
    inner: M,
}

fn main() {}
