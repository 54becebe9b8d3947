use layercake::Model;
use layercake::layers::Linear;

#[derive(Model)]
#[model(crate = cake)]
struct Net {
    fc: Linear<4, 3>,
}

fn main() {}
