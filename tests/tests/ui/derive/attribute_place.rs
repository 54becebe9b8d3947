use layercake::Model;
use layercake::layers::Linear;

#[derive(Model)]
#[model(skip)]
struct Net {
    #[model(forward)]
    fc: Linear<4, 3>,
}

fn main() {}
