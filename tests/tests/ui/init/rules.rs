use layercake::prelude::*;

const STD: f64 = 0.02;

network! {
    pub Rules: [8] -> [8] {
        Linear(8, init = kaiming_norml),
        Linear(8, init = he_normal),
        Linear(8, init = "xavier_uniform"),
        Linear(8, init = 0.01),
        Linear(8, init = lecun),
        Linear(8, init = normal),
        Linear(8, init = normal(STD)),
        Linear(8, init = normal(-0.1)),
        Linear(8, init = uniform(0.1, -0.1)),
        Linear(8, init = constant(0.5, 0.6)),
        Linear(8, init = kaiming_normal(rleu)),
        Linear(8, init = xavier_normal(swish)),
        Linear(8, init = zeros, init = ones),
        Linear(8, initializer = zeros),
    }
}

fn main() {}
