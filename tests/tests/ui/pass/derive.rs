#![deny(warnings)]
//! `#[derive(Model)]` on the kinds of structs that it takes.

use layercake::dfdx::nn::modules;
use layercake::prelude::*;

network! {
    Block: [3] -> [3] { fc: Linear(3) }
    E: [3] -> [3] { fc: Linear(3) }
}

mod inner {
    /// Private names in public structs, and names that generated code uses itself.
    #[derive(layercake::Model)]
    #[model(forward)]
    pub(super) struct Visitor {
        visitor: super::Block,
        input: super::Block,
        device: super::E,
        f0: super::modules::ReLU,
    }
}

/// Nothing in it.
#[derive(Model)]
struct Empty;

/// Where the parameters stand, and what they are called.
#[derive(Model)]
#[model(dtype = T, device = Where, forward)]
struct Odd<Where, const N: usize, T>([Block<T, Where>; N], #[model(skip)] std::marker::PhantomData<fn() -> T>)
where
    T: Dtype,
    Where: Storage<T>;

#[test]
fn runs() {
    let device = Cpu::default();
    let x: Tensor<Rank2<2, 3>, f32, _> = device.sample_normal();
    assert_eq!(inner::Visitor::new(&device).forward(x.clone()).array().len(), 2);
    assert_eq!(Empty::new(&device).parameter_count(), 0);
    let odd = Odd::<Cpu, 2, f32>::new(&device);
    assert_eq!((odd.parameter_count(), odd.forward(x).array().len()), (24, 2));
    let wide: Odd<Cpu, 2, f64> = odd.to_dtype::<f64>();
    assert_eq!(wide.0.len(), 2);
}
