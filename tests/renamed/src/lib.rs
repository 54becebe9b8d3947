//! A user's crate: the dependency is renamed, there is no prelude, and every lint is an error.

#![no_implicit_prelude]
#![deny(warnings, missing_docs, unreachable_pub, missing_debug_implementations, single_use_lifetimes, unused_qualifications)]
#![deny(unused_results, unused_lifetimes, missing_copy_implementations, variant_size_differences, trivial_casts, elided_lifetimes_in_paths)]
#![deny(clippy::all, clippy::pedantic)]
#![forbid(unsafe_code)]

use ::cake::dfdx::nn::modules::ReLU;
use ::cake::dfdx::shapes::{Dtype, Rank1};
use ::cake::dfdx::tensor::{Cpu, Storage, Tensor};
use ::std::option::Option;
use ::std::primitive::{f32, f64, str, usize};
use ::std::vec::Vec;

::cake::network! {
    /// From 4 features to 3.
    pub Encoder: [4] -> [3] { fc: Linear(3), Tanh }

    /// Of 3 features.
    pub Block: [3] -> [3] { fc: Linear(3), Tanh }
}

/// Of any number type, on any device.
#[derive(::cake::Model, ::std::clone::Clone, ::std::fmt::Debug)]
#[model(crate = ::cake, forward)]
pub struct Net<E: Dtype = f32, D: Storage<E> = Cpu> {
    /// What comes first.
    pub encoder: Encoder<E, D>,
    /// As many as wanted.
    #[model(len = 2)]
    pub blocks: Vec<Block<E, D>>,
    /// One or none.
    pub last: Option<Block<E, D>>,
    /// No parameters.
    pub act: ReLU,
    /// Counted by the user.
    #[model(skip)]
    pub steps: usize,
}

/// In double precision only.
#[derive(::cake::Model, ::std::clone::Clone, ::std::fmt::Debug)]
#[model(crate = ::cake, dtype = f64, forward)]
pub struct Double<const N: usize>(pub [Block<f64, Cpu>; N], #[model(skip)] pub &'static str);

/// A tensor of its own beside any model.
#[derive(::cake::Model, ::std::clone::Clone, ::std::fmt::Debug)]
#[model(crate = ::cake)]
pub struct Scaled<M, E: Dtype = f32, D: Storage<E> = Cpu> {
    /// What is scaled.
    pub inner: M,
    /// By how much.
    #[model(param, init = ones)]
    pub scale: Tensor<Rank1<3>, E, D>,
    #[model(buffer, init = Tensor::try_fill_with_ones)]
    offset: Tensor<Rank1<3>, E, D>,
    #[model(buffer, init = 0.5)]
    half: Tensor<Rank1<3>, E, D>,
}

/// As dfdx's tuples are.
#[derive(::cake::Model, ::std::clone::Clone, ::std::fmt::Debug)]
#[model(crate = ::cake, forward, new = false)]
pub struct Pair<A, B>(pub A, pub B);

impl<A, B> Pair<A, B> {
    /// The user's own.
    pub const fn new(a: A, b: B) -> Self {
        Self(a, b)
    }
}

#[cfg(test)]
mod tests {
    use ::cake::Model as _;
    use ::cake::dfdx::nn::DeviceBuildExt as _;
    use ::cake::dfdx::shapes::Rank2;
    use ::cake::dfdx::tensor::{AsArray as _, Cpu, SampleTensor as _, Tensor};
    use ::std::clone::Clone as _;
    use ::std::primitive::{f32, f64};
    use ::std::{assert, assert_eq};

    use super::{Double, Net, Pair, Scaled};

    #[test]
    fn everything_is_there() {
        let device = Cpu::seed_from_u64(0);
        let net = Net::new(&device);
        assert_eq!((net.parameter_count(), net.steps), (15 + 2 * 12, 0));
        let x: Tensor<Rank2<2, 4>, f32, _> = device.sample_normal();
        let one = net.forward(x.clone());
        let double = Double::<2>::new(&device);
        assert_eq!((double.parameter_count(), double.0.len(), double.1), (24, 2, ""));
        let scaled: Scaled<Net<f64, Cpu>, f64, Cpu> = device.build_module::<Scaled<Net>, f64>();
        assert_eq!((scaled.scale.array(), scaled.offset.array(), scaled.half.array()), ([1.0; 3], [1.0; 3], [0.5; 3]));
        let pair = Pair::new(net, ::cake::dfdx::nn::modules::ReLU);
        assert_eq!(pair.forward(x).array(), one.array());
        assert!(pair.named_buffers().is_empty());
    }
}
