use layercake::prelude::*;

network! { Third: [4] -> [4] { ReLU as mean, Tanh as logvar, SiLU, Reparameterize(mean, logvar) } }

network! { Alone: [4] -> [4] { Reparameterize } }

network! { Otherwise: [4] -> [4] { Tanh as logvar, from input, Reparametrization(logvar) } }

fn main() {}
