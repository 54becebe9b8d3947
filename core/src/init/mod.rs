//! Initial values of parameters.
//!
//! Networks are initialized with PyTorch's defaults. Other rules are applied to a tensor, or to all parameters whose paths match a pattern:
//!
//! ```
//! use layercake::init::{Init, Nonlinearity, apply, fill};
//! use layercake::prelude::*;
//!
//! network! { Net: [8] -> [2] { fc1: Linear(16), ReLU, fc2: Linear(2) } }
//!
//! let mut net = Net::new(&Cpu::seed_from_u64(0));
//! apply(&mut net, "*.weight", Init::kaiming_normal(Nonlinearity::Relu))?;   // torch.nn.init.kaiming_normal_(w, nonlinearity="relu")
//! apply(&mut net, "*.bias", Init::Constant { value: 0.0 })?;
//! fill(&mut net.fc2.weight, Init::Orthogonal { gain: 1.0 });            // torch.nn.init.orthogonal_(w)
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod apply;
mod default;
mod fan;
mod field;
mod fill;
mod orthogonal;

pub use apply::apply;
pub use default::default_uniform;
pub use fan::{Fans, fans};
pub use fill::{fill, try_fill};
pub use layercake_ir::{Fan, Init, Nonlinearity};

#[doc(hidden)]
pub use field::{InitRule, filled};
