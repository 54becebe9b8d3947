use layercake::Model;
use layercake::layers::Linear;

#[derive(Model)]
enum Head {
    Small(Linear<4, 3>),
    Large(Linear<4, 30>),
}

fn main() {}
