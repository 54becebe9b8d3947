use layercake::prelude::*;

#[derive(Model)]
#[model(forward)]
struct Empty;

#[derive(Model)]
#[model(forward)]
struct Skipped {
    #[model(skip)]
    steps: usize,
}

#[derive(Model)]
#[model(forward)]
struct Scale {
    #[model(param)]
    scale: Tensor<Rank1<3>, f32, Cpu>,
}

fn main() {}
