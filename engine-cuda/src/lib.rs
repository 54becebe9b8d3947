//! Turns a Layercake graph into launches of CUDA kernels, in `f32`, as data: kernels as text in CUDA C, their arguments, and the places of all
//! buffers in one allocation. `layercake` runs them, with its feature `cuda`.
//!
//! ```
//! use layercake_engine::Mode;
//! use layercake_engine_cuda::{Key, Plan};
//! use layercake_ir::{Builder, INFER, Op, Shape, ops::{Linear, Relu}};
//!
//! let mut builder = Builder::new("Net");
//! let x = builder.input("input", Shape::new(&[3]))?;
//! let x = builder.add("fc", Op::Linear(Linear { in_features: INFER, out_features: 2, bias: true }), &[x])?;
//! let x = builder.add("relu", Op::Relu(Relu {}), &[x])?;
//! let graph = builder.finish(&[("output", x)]);
//!
//! let plan = Plan::new(&graph, Key { batch: 2, mode: Mode::Train, input_grad: false })?;
//! // The function is in the launch of the product.
//! assert_eq!(plan.forward.len(), 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod arena;
mod emit;
mod function;
mod kernel;
mod loss;
mod many;
mod ops;
mod plan;
mod steps;
mod traffic;

pub use kernel::{Arg, Kernel, Kind, Place, Task, Work};
pub use loss::{cross_entropy, ones};
pub use many::{Many, Rows, norm_factor};
pub use plan::{Key, Plan, Unsupported};
