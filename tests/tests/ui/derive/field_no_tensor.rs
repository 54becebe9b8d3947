use layercake::layers::Linear;
use layercake::prelude::*;

#[derive(Model)]
struct Net<E: Dtype = f32, D: Storage<E> = Cpu> {
    #[model(param)]
    fc: Linear<4, 3, E, D>,
    #[model(buffer)]
    rows: Tensor<(usize, Const<3>), E, D>,
}

fn main() {}
