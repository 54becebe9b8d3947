//! Declare a neural network; the compiler checks every shape in it.
//!
//! ```toml
//! [dependencies]
//! layercake = { path = "../layercake/core" }  # a clone of the repository
//! # Data sets, loaders and a trainer; optional.
//! layercake-train = { path = "../layercake/train" }
//!
//! # Debug builds: arithmetic is optimized, your own code is not.
//! [profile.dev.package]
//! layercake = { opt-level = 3, debug = false, debug-assertions = false, overflow-checks = false }
//! layercake-engine = { opt-level = 3, debug = false, debug-assertions = false, overflow-checks = false }
//! gemm-f32 = { opt-level = 3 }   # dfdx's matrix products
//! gemm-f64 = { opt-level = 3 }
//! ```
//!
//! Layercake needs a stable Rust, 1.95 or newer.
//!
//! # Declare
//!
//! ```
//! use layercake::prelude::*;
//!
//! network! {
//!     /// A small classifier of 8x8 digits.
//!     pub Digits: [1, 8, 8] -> [10] {
//!         conv1: Conv2d(8, kernel = 3, padding = 1), ReLU, MaxPool2d(2),
//!         Flatten,
//!         fc1: Linear(32), ReLU,
//!         fc2: Linear(10),
//!     }
//! }
//! const _: () = assert!(Digits::PARAMS == 80 + 128 * 32 + 32 + 330);
//!
//! type Images = Tensor<(usize, Const<1>, Const<8>, Const<8>), f32, Cpu>;
//!
//! let device = Cpu::seed_from_u64(0);
//! let net = Digits::new(&device);
//! let images: Images = device.sample_normal_like(&(5, Const, Const, Const));
//! let scores = net.forward(images);
//! assert_eq!(scores.shape().concrete(), [5, 10]);
//! ```
//!
//! The input size of `fc1` is inferred. Written as in PyTorch, `Linear(128, 32)`, it is checked: with `Linear(129, 32)` the program does not compile, and
//! the error underlines `129` and says that `fc1` receives 128 features.
//!
//! # Train
//!
//! ```
//! use layercake::optim::{Adam, AdamConfig};
//! use layercake::prelude::*;
//!
//! network! {
//!     Xor: [2] -> [2] { hidden: Linear(8), Tanh, scores: Linear(2) }
//! }
//!
//! let device = Cpu::seed_from_u64(0);
//! let mut net = Xor::new(&device);
//! let cfg = AdamConfig { lr: 0.05, ..Default::default() };
//! let mut optimizer = Adam::new(&net, cfg);
//! let mut gradients = net.alloc_grads();
//!
//! let x = device.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]);
//! for _ in 0..200 {
//!     let scores = net.forward_train(x.clone(), gradients);
//!     let loss = loss::cross_entropy(scores, &[0, 1, 1, 0]);
//!     gradients = loss.backward();
//!     optimizer.step(&mut net, &mut gradients)?;
//!     net.zero_grads(&mut gradients);
//! }
//! let scores = net.forward(x).array();
//! assert!(scores[1][1] > scores[1][0] && scores[3][0] > scores[3][1]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! `forward` is inference. `forward_train` trains on data; `forward_mut` trains and also gives the gradient of its input; `forward_eval` is
//! inference that records, for gradients of the input.
//!
//! # Save and load
//!
//! ```no_run
//! use layercake::prelude::*;
//!
//! # network! { Xor: [2] -> [2] { hidden: Linear(8), Tanh, scores: Linear(2) } }
//! # let mut net = Xor::new(&Cpu::default());
//! io::save_safetensors(&net, "xor.safetensors")?;
//! io::load_safetensors(&mut net, "xor.safetensors")?;
//! # Ok::<(), io::IoError>(())
//! ```
//!
//! Tensors have the names that PyTorch gives them (`hidden.weight`), so files of PyTorch load, and PyTorch loads these. With the feature `zip` a `.pt` file loads
//! as it is: `io::pytorch::load`.
//!
//! # Features
//!
//! - Chains, branches, residual connections, templates, shared layers, several inputs and outputs, networks in networks, custom layers:
//!   [`network!`] and [the language](guide::language)
//! - [All layers](guide::layers), from `Linear` to LSTM and attention
//! - Structs of networks, layers and tensors as models: [`derive(Model)`](derive@Model); parameters by path: [`Model`](trait@Model)
//! - [Losses](loss), [optimizers](optim), [learning rate schedules](schedule), [initial values](init), [weight averaging](average),
//!   [gradient checks and accumulation](gradient)
//! - [Files](io): parameters as safetensors and from files of PyTorch and NumPy, graphs as JSON
//! - [Hooks](hook), to read and change what flows at a layer; [what a network looks at](explain)
//! - Facts of a network as constants, such as `Net::PARAMS`; a [`Summary`] and a [`Drawing`] of each network
//! - Graphs built at run time: [`ir::Builder`] and [`GraphModel`]
//!
//! The tensors are those of [`dfdx`], which this crate re-exports: a network is a dfdx module, built on dfdx's devices and trained by its
//! optimizers too. In `f32` on the CPU a network runs on Layercake's own engine, as one operation on dfdx's tape. Other number types and
//! devices, and networks with an operation that the engine lacks, run through dfdx's operations.
//!
//! # Guide
//!
//! - [The language](guide::language)
//! - [The layers](guide::layers)
//! - [Reading the errors](guide::errors)
//! - [Coming from PyTorch](guide::pytorch)
//! - [CUDA](guide::cuda)
//!
//! # Other crates
//!
//! - [`layercake_train`](../layercake_train/index.html): data sets, loaders, the trainer, checkpoints, run folders
//! - [`layercake_models`](../layercake_models/index.html): the model zoo and the `layercake` command
//! - [`layercake_ir`](../layercake_ir/index.html): graphs and shape rules, re-exported as [`ir`]
//! - [`layercake_engine`](../layercake_engine/index.html): the CPU engine
//! - [`layercake_draw`](../layercake_draw/index.html): drawings of graphs
//!
//! # Cargo features
//!
//! - `cuda`: run networks on dfdx's CUDA device ([how](guide::cuda))
//! - `onnx`: read and write ONNX files, `io::onnx`, also as types of `network!`, `guide::onnx`
//! - `zip`: read files of PyTorch and NumPy, `io::pytorch` and `.npz`
//! - `ci-check`: type-check the CUDA code on a machine without CUDA; such a build does not link

// So that generated code can name this crate within itself.
extern crate self as layercake;

mod any_network;
pub mod average;
mod bounds;
#[cfg(feature = "cuda")]
pub mod cuda;
mod device_error;
mod dynamic;
pub mod explain;
mod formula;
pub mod gradient;
mod graph_model;
pub mod guide;
pub mod hook;
mod host;
mod ident;
mod ids;
pub mod init;
pub mod io;
pub mod layers;
mod layout;
pub mod loss;
pub mod model;
pub mod optim;
pub mod random;
pub mod roi;
mod run;
pub mod schedule;
mod summary;
mod tape;
mod tensors;

pub use any_network::AnyNetwork;
pub use device_error::DeviceError;
pub use dfdx;
pub use dynamic::DynTensor;
pub use graph_model::{GraphError, GraphModel};
pub use ids::{ForwardError, IdError};
#[doc(inline)]
pub use layercake_draw::{CustomPart, Drawing};
/// Why the CPU engine refuses to run a graph.
pub use layercake_engine::EngineError;
/// The instruction set that the CPU engine uses, and a check of the one that `LAYERCAKE_SIMD` names. Rounding differs between instruction sets, so
/// results have the same bits only on machines that use the same one.
pub use layercake_engine::{check_instruction_set, instruction_set};
/// Graphs of networks and their shape rules.
pub use layercake_ir as ir;
#[doc = include_str!("model/derive.md")]
#[doc(inline)]
pub use layercake_macros::Model;
pub use model::{HasGraph, Model, NoGraph};
pub use run::backend::Backend;
pub use run::known::upload;
pub use run::network::Network;
pub use summary::Summary;

/// A number type of networks: `f32` or `f64`.
pub trait Scalar: dfdx::shapes::Dtype + num_traits::Float + rand_distr::uniform::SampleUniform + optim::Updated {}

impl Scalar for f32 {}

impl Scalar for f64 {}

/// Passes that several processes make together, to the bits of one. `layercake_train::distributed` connects the processes.
pub mod ranks {
    pub use layercake_engine::{Ranks, Spread, alone, with_ranks};
}

/// Forward passes for code that is generic over networks. Each function has the name of the method of generated networks that calls it.
///
/// The caller states the types of the tensors; they must be those that the network declares.
pub mod generic {
    pub use crate::run::edge::{Input, Inputs, Outputs};
    pub use crate::run::forward::{checked, try_forward, try_forward_eval, try_forward_mut, try_forward_train};
}

/// Declares networks. The [guide](crate::guide::language) describes the language.
#[macro_export]
macro_rules! network {
    ($($tokens:tt)*) => { $crate::__private::network_impl! { ($crate) $($tokens)* } };
}

/// Common imports of a program that declares and trains networks.
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

/// Items that generated code names. Not for direct use: anything here may change.
#[doc(hidden)]
pub mod __private {
    pub use dfdx::nn::tensor_collection::{ModuleVisitor, TensorCollection};
    pub use dfdx::nn::{BuildModule, BuildOnDevice, Module, ModuleMut};
    pub use dfdx::shapes::{Const, Dim, Dtype};
    pub use dfdx::tensor::{Cpu, Gradients, HasErr, NoneTape, OwnedTape, Storage, Tape, Tensor};
    pub use dfdx::tensor_ops::Device;
    pub use layercake_engine::Engine;
    pub use layercake_ir as ir;
    pub use layercake_macros::network_impl;

    /// What a network of `onnx("..")` names.
    #[cfg(feature = "onnx")]
    pub mod onnx {
        pub use crate::io::onnx::typed::{Source, pretrained, pretrained_from};
        pub use crate::io::onnx::{BatchAxis, OnnxError};
    }
    pub use crate::ids::{ForwardError, or_panic};
    pub use crate::init::InitRule;
    pub use crate::layers::{self, Layer};
    pub use crate::model::{HasGraph, NoGraph, chain, fields, forward, init, junction, part, ports};
    pub use crate::run::backend::Backend;
    pub use crate::run::call::{Call, Done, Path};
    pub use crate::run::custom::{call as custom, call_mut as custom_mut};
    pub use crate::run::custom::{part as custom_part, parts as custom_parts, parts_within as custom_parts_within};
    pub use crate::run::edge::{Inputs, Outputs};
    pub use crate::run::forward::{checked, try_forward, try_forward_eval, try_forward_mut, try_forward_train};
    pub use crate::run::network::Network;
    pub use crate::run::portable::{record_f32 as record_portably, run_f32 as run_portably};
    pub use crate::run::runtime::Runtime;
    pub use crate::run::slot::Slot;
    pub use crate::run::value::Value;
    pub use crate::tape::Recording;
    pub use crate::tensors::Tensors;
    pub use crate::{CustomPart, Drawing, Scalar, Summary};
}
