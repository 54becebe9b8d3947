use layercake::prelude::*;
use layercake::layers::Linear;

#[derive(Model)]
#[model(forward, forward)]
struct Net {
    #[model(len = 2)]
    #[model(len = 3)]
    fc: Vec<Linear<3, 3>>,
}

#[derive(Model)]
struct Scale {
    #[model(param, buffer)]
    scale: Tensor<Rank1<3>, f32, Cpu>,
    #[model(skip, param)]
    shift: Tensor<Rank1<3>, f32, Cpu>,
}

fn main() {}
