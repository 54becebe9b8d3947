use layercake::Model;
use layercake::layers::Linear;

#[derive(Model)]
struct Net {
    fc: &'static Linear<4, 3>,
}

#[derive(Model)]
struct Longer<'a> {
    #[model(skip)]
    name: &'a str,
    fc: Linear<4, 3>,
}

fn main() {}
