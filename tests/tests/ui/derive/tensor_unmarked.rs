use layercake::dfdx::tensor::Tensor1D;
use layercake::prelude::*;

#[derive(Model)]
struct Scale<E: Dtype = f32, D: Storage<E> = Cpu> {
    scale: Tensor<Rank1<3>, E, D>,
    #[model(len = 2)]
    list: Vec<Tensor<Rank1<3>, E, D>>,
}

#[derive(Model)]
struct Shift(Tensor1D<3>);

fn main() {}
