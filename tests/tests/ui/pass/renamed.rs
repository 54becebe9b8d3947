#![allow(missing_docs, reason = "modules within a test")]
//! The crate under another name, and networks from a crate to the next: here a module that knows only that name.

extern crate layercake as cake;

mod lower {
    use cake as renamed;

    renamed::network! { pub Encoder: [6] -> [3] { Linear(3), Tanh } }
}

pub mod upper {
    pub use super::lower::Encoder;

    cake::network! {
        pub Model: [6] -> [2] { encoder: self::Encoder, reuse_of: Linear(6), reuse encoder, self::again::Head }
        /// A network of another crate.
        pub Digits: [1, 28, 28] -> [2] { lenet: layercake_models::LeNet5, Linear(2) }
        Encoder2: [6] -> [3] { super::lower::Encoder }
    }

    pub mod again {
        cake::network! { pub Head: [3] -> [2] { Linear(2), cake::dfdx::nn::modules::Tanh<>() -> [2] } }
    }

    pub const PARAMS: usize = Encoder2::PARAMS;
}

fn main() {
    use cake::prelude::*;
    let device = Cpu::seed_from_u64(1);
    let model = upper::Model::new(&device);
    let x: Tensor<Rank2<3, 6>, f32, _> = device.sample_normal();
    assert_eq!(model.forward(x).array().len(), 3);
    const _: () = assert!(upper::Digits::PARAMS == 61_706 + 22);
    const _: () = assert!(upper::Model::PARAMS == (6 * 3 + 3) + (3 * 6 + 6) + (3 * 2 + 2) && upper::PARAMS == 21);
}
