//! Runs a Layercake graph forward and backward on CPU slices, in f32.
//!
//! An [`Engine`] belongs to one network. [`Engine::start`] hands out a [`Run`]: give it inputs and parameters, call
//! [`Run::forward`], read the outputs; after [`Run::backward`] read the gradients.
//!
//! ```
//! use layercake_engine::{Engine, Mode};
//! use layercake_ir::{Builder, INFER, Op, Shape, ops::Linear};
//!
//! let mut builder = Builder::new("Sum");
//! let x = builder.input("input", Shape::new(&[3]))?;
//! let x = builder.add("fc", Op::Linear(Linear { in_features: INFER, out_features: 1, bias: false }), &[x])?;
//! let graph = builder.finish(&[("output", x)]);
//!
//! let engine = Engine::default();
//! let mut run = engine.start(&graph, 2, Mode::Eval, true)?;
//! run.set_input(0, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
//! run.param_mut(0).copy_from_slice(&[1.0, 1.0, 2.0]);
//! run.forward();
//! assert_eq!(run.output(0), [9.0, 21.0]);
//!
//! let mut grads = run.zero_grads();
//! run.backward(&[&[1.0, 10.0]], &mut grads);
//! assert_eq!(grads[0], [41.0, 52.0, 63.0]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # How it works
//!
//! - `plan/` decides, once for a graph, batch size and [`Mode`]: fusion, in-place steps, the buffers that values share, and the split of the batch
//!   into *lanes*.
//! - `layers/` has one operation per file: its needs in a plan, its forward and its backward.
//! - `exec/` runs a plan. A lane is a group of images with buffers of its own that one thread takes through the network, forward and backward. Lanes
//!   wait for each other only for the statistics of a batch, and for the gradient of a large weight, which all threads compute together instead of
//!   once per lane.
//! - `kernels/` has the arithmetic.
//!
//! In inference of small batches, or of large maps, the channels are innermost in memory, and all threads work on one layer at a time ([`Layout`]); batch normalization
//! is folded into the weights of convolutions then.
//!
//! The number of lanes and the order of every sum follow from the shapes, so the same inputs give the same bits on any number of threads. Work runs
//! on the `rayon` pool of the caller.

mod engine;
mod error;
mod exec;
mod kernels;
mod layers;
mod mode;
mod plan;
mod ranks;
pub mod rng;
mod run;

pub use engine::Engine;
pub use error::EngineError;
pub use exec::Memo;
pub use kernels::bce::bce_with_logits;
pub use kernels::memory::zeros;
pub use kernels::simd::{check as check_instruction_set, name as instruction_set};
pub use mode::Mode;
pub use plan::Layout;
pub use ranks::{Ranks, Spread, alone, with_ranks};
pub use run::Run;
