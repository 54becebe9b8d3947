use layercake::Model;
use layercake::layers::Linear;

#[derive(Model)]
#[model(foward, version = 2)]
struct Net {
    #[model(parm)]
    fc1: Linear<4, 3>,
    #[model(trainable = false)]
    fc2: Linear<3, 2>,
}

fn main() {}
