//! Layercake: declare a neural network, and the compiler checks every shape in it.
//!
//! ```
//! use layercake::prelude::*;
//!
//! network! {
//!     /// A small classifier of 8x8 digits.
//!     pub Digits: [1, 8, 8] -> [10] {
//!         conv1: Conv2d(8, kernel = 3, padding = 1), ReLU, MaxPool2d(2),
//!         Flatten,
//!         fc1: Linear(128 -> 32), ReLU,
//!         fc2: Linear(10),
//!     }
//! }
//!
//! let device = Cpu::seed_from_u64(0);
//! let net = Digits::new(&device);
//! let images: Tensor<(usize, Const<1>, Const<8>, Const<8>), f32, _> = device.sample_normal_like(&(5, Const, Const, Const));
//! let logits = net.forward(images);
//! assert_eq!(logits.shape().concrete(), [5, 10]);
//! const _: () = assert!(Digits::PARAMS == 80 + 128 * 32 + 32 + 330);
//! ```
//!
//! Write `Linear(129 -> 32)` and the program does not compile; the error underlines `129` and says that `fc1` receives 128 features.
//!
//! The tensors are dfdx's, re-exported as [`dfdx`]: a network is a dfdx module, trained by its optimizers, built on its
//! devices. On the CPU in `f32` a network runs on Layercake's own engine, as one operation on dfdx's tape; everywhere else, and where it
//! has an operation that the engine lacks, through dfdx's operations.

// So that generated code can name this crate within itself.
extern crate self as layercake;

pub mod average;
mod backend;
mod bounds;
mod cpu;
mod custom;
mod draw;
mod dynamic;
mod edge;
mod formula;
pub mod gradient;
mod graph_model;
pub mod guide;
mod host;
mod ident;
mod ids;
pub mod init;
pub mod io;
pub mod layers;
mod layout;
pub mod loss;
pub mod model;
mod network;
pub mod optim;
mod plan;
mod portable;
pub mod schedule;
mod shown;
mod summary;
mod tape;
mod tensors;
mod value;

pub use backend::Backend;
pub use dfdx;
pub use draw::Drawing;
pub use dynamic::DynTensor;
pub use graph_model::{GraphError, GraphModel};
pub use ids::{ForwardError, IdError};
/// Why the CPU engine refuses a run.
pub use layercake_engine::EngineError;
/// The instruction set that the CPU engine runs on, and whether it is one. Sums are rounded otherwise on another one, so bits agree on machines of
/// the same only.
pub use layercake_engine::{check_instruction_set, instruction_set};
/// The graph of a network, and the rules that it obeys.
pub use layercake_ir as ir;
#[doc = include_str!("model/derive.md")]
#[doc(inline)]
pub use layercake_macros::Model;
pub use model::Model;
pub use network::Network;
pub use shown::CustomPart;
pub use summary::Summary;

/// A number type that networks compute in: `f32` or `f64`.
pub trait Scalar: dfdx::shapes::Dtype + num_traits::Float + rand_distr::uniform::SampleUniform {}

impl Scalar for f32 {}

impl Scalar for f64 {}

/// A network's forward passes for code that is generic over networks: what the typed methods of a generated network call.
///
/// The caller states the tensors' types; they must be those that the network declares.
pub mod generic {
    pub use crate::edge::{Input, Inputs, Outputs};
    pub use crate::network::{checked, eval, infer, train, train_data};
}

/// Declares networks. The [guide](crate::guide::language) describes the language.
#[macro_export]
macro_rules! network {
    ($($tokens:tt)*) => { $crate::__private::network_impl! { ($crate) $($tokens)* } };
}

/// What a program that declares and trains networks uses.
pub mod prelude {
    pub use crate::dfdx::nn::{BuildOnDevice, DeviceBuildExt, Module, ModuleMut, ToDevice, ToDtype, ZeroGrads};
    pub use crate::dfdx::optim::Optimizer;
    pub use crate::dfdx::shapes::{Axis, Const, Dim, Dtype, HasShape, Rank0, Rank1, Rank2, Rank3, Rank4, Shape};
    pub use crate::dfdx::tensor::{
        AsArray, Cache, Cpu, Gradients, NoneTape, OnesTensor, OwnedTape, SampleTensor, Storage, Tape, Tensor, TensorFrom, TensorFromVec,
        Trace, ZerosTensor,
    };
    pub use crate::dfdx::tensor_ops::{Backward, Device, MeanTo, PermuteTo, ReshapeTo, SumTo};
    pub use crate::gradient::Unrecorded as _;
    pub use crate::loss::Loss;
    pub use crate::{Backend, DynTensor, GraphModel, Model, Network, Scalar, Summary, io, loss, model, network, optim, schedule};
}

/// What generated code names. Not for use by hand: anything here may change.
#[doc(hidden)]
pub mod __private {
    pub use dfdx::nn::tensor_collection::{ModuleVisitor, TensorCollection};
    pub use dfdx::nn::{BuildModule, BuildOnDevice, Module, ModuleMut};
    pub use dfdx::shapes::{Const, Dim, Dtype};
    pub use dfdx::tensor::{Cpu, Gradients, HasErr, NoneTape, OwnedTape, Storage, Tape, Tensor};
    pub use dfdx::tensor_ops::Device;
    pub use layercake_ir as ir;
    pub use layercake_macros::network_impl;

    pub use crate::backend::{Backend, Call, Done, Path};
    pub use crate::custom::{call as custom, call_mut as custom_mut};
    pub use crate::custom::{part as custom_part, parts as custom_parts, parts_within as custom_parts_within};
    pub use crate::edge::{Inputs, Outputs};
    pub use crate::ids::{ForwardError, or_panic};
    pub use crate::init::InitRule;
    pub use crate::layers::{self, Layer};
    pub use crate::model::{fields, forward, init, junction, part, ports};
    pub use crate::network::{Network, Runtime, checked, eval, infer, train, train_data};
    pub use crate::portable::{record_f32 as record_portably, run_f32 as run_portably};
    pub use crate::tape::Recording;
    pub use crate::tensors::Tensors;
    pub use crate::value::{Slot, Value};
    pub use crate::{CustomPart, Drawing, Scalar, Summary};
}
