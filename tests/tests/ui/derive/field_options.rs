use layercake::layers::Linear;
use layercake::prelude::*;

#[derive(Model)]
struct Net {
    #[model(init = ones)]
    fc1: Linear<3, 3>,
    #[model(len = 2)]
    fc2: Option<Linear<3, 3>>,
    #[model(some)]
    fc3: Vec<Linear<3, 3>>,
    #[model(len = [3, 2])]
    fc4: Vec<Linear<3, 3>>,
    #[model(len = 3)]
    fc5: Vec<Vec<Linear<3, 3>>>,
    #[model(skip, len = 3)]
    names: Vec<String>,
}

fn main() {}
