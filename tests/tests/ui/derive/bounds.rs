use layercake::layers::Linear;
use layercake::prelude::*;

#[derive(Model)]
struct Net<E: Scalar, D: Backend<E>> {
    fc: Linear<4, 3, E, D>,
}

#[derive(Model)]
struct Inner<M: Clone> {
    inner: M,
}

#[derive(Model)]
struct Longer<E: Dtype, D: Storage<E>>
where
    E: Default + Copy,
    Vec<E>: Clone,
{
    fc: Linear<4, 3, E, D>,
}

fn main() {}
