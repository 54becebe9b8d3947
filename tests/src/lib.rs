//! Helpers of the cross-crate tests: reading PyTorch's fixtures, running networks on both execution paths, comparing.
//!
//! A test file declares the networks of a fixture in one table, [`parity!`]; the rest follows from it.

mod blocks;
mod chain;
mod compare;
mod data;
mod fixture;
mod graph;
mod graph_case;
mod graphs;
mod numbers;
mod parity;
mod paths;
mod random;
pub mod regions;
mod seeded;
mod subject;
pub mod table;
mod tally;
pub mod training;

pub use chain::{chain, random_chain, random_state};
pub use compare::{Report, difference};
pub use data::shared_data;
pub use fixture::{Case, Fixture, folder};
pub use graph::random_graph;
pub use graph_case::check_graph;
pub use graphs::{fixtures, graphs};
pub use layercake_engine::{Engine, Mode as EngineMode};
pub use numbers::Numbers;
pub use parity::{Entry, Typed, check, check_kind, item};
pub use paths::Pass;
pub use random::Random;
pub use seeded::{seeded, seeded_parameter, seeded_state, tensors};
pub use subject::{Outcome, Subject, fill, record, record_outputs, state};
pub use tally::{Limits, Tally, has_variance, kinds};

#[doc(hidden)]
pub mod __private {
    pub use dfdx::tensor::{Cpu, Gradients, Trace};
    pub use layercake::{Backend, Scalar, network};

    use dfdx::nn::{BuildOnDevice, DeviceBuildExt};
    use dfdx::tensor_ops::Device;

    /// A new network on the CPU.
    pub fn build<N: BuildOnDevice<Cpu, E>, E: Scalar>() -> N::Built
    where
        Cpu: Device<E>,
    {
        Cpu::default().build_module::<N, E>()
    }
}

/// The code in the README must compile and run.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
