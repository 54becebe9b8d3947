use layercake::layers::Linear;
use layercake::prelude::*;

#[derive(Model)]
#[model(forward = true, crate = 3, new = "no")]
struct Net {
    #[model(len)]
    fc: Vec<Linear<3, 3>>,
    #[model(skip = true)]
    steps: usize,
}

#[derive(Model)]
#[model(dtype, device)]
struct Bare {
    #[model]
    fc: Linear<3, 3>,
    #[model(len = )]
    more: Vec<Linear<3, 3>>,
    #[model(param, init)]
    scale: Tensor<Rank1<3>, f32, Cpu>,
}

#[derive(Model)]
#[model(new, crate)]
struct Other {
    fc: Linear<3, 3>,
}

fn main() {}
