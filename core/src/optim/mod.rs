//! Optimizers.
//!
//! ```
//! use layercake::optim::{Adam, AdamConfig, Clip, Group};
//! use layercake::prelude::*;
//!
//! network! { Net: [4] -> [2] { body: Linear(8), Tanh, head: Linear(2) } }
//!
//! let device = Cpu::seed_from_u64(0);
//! let mut net = Net::new(&device);
//! let mut optimizer = Adam::new(&net, AdamConfig { lr: 1e-2, ..AdamConfig::adamw() });
//! optimizer.clip = Some(Clip::Norm(1.0));
//! optimizer.group(&net, "*.bias", Group { weight_decay: Some(0.0), ..Default::default() })?;
//! optimizer.freeze(&net, "body")?;
//!
//! let x: Tensor<Rank2<3, 4>, f32, _> = device.sample_normal();
//! let mut gradients = net.forward_mut(x.traced(net.alloc_grads())).square().mean().backward();
//! optimizer.step(&mut net, &mut gradients)?;
//! net.zero_grads(&mut gradients);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | here | PyTorch |
//! |---|---|
//! | [`Sgd`] with [`Momentum::Classic`] or [`Momentum::Nesterov`] | `torch.optim.SGD` |
//! | [`Adagrad`] | `torch.optim.Adagrad` |
//! | [`RMSprop`] | `torch.optim.RMSprop` |
//! | [`Adam`] | `torch.optim.Adam` |
//! | [`Adam`] with [`AdamConfig::adamw`] | `torch.optim.AdamW` |
//! | [`Lbfgs`] | `torch.optim.LBFGS` |
//! | [`Optim::group`], [`Optim::freeze`] | `param_groups`, `requires_grad` |
//! | [`Optim::clip`], [`clip_grad_norm`], [`clip_grad_value`], [`grad_norm`] | `clip_grad_norm_`, `clip_grad_value_`, `get_total_norm` |
//! | [`Optim::save`], [`Optim::load`] | `state_dict`, `load_state_dict` |
//!
//! # Differences from dfdx's optimizers
//! These are dfdx optimizers too ([`Optimizer`]), and dfdx's own optimizers work on every network. These add AdaGrad, L-BFGS, parameter groups, freezing,
//! clipping, and a state that can be saved (dfdx's is private). dfdx's `Sgd` and `Adam` agree with PyTorch; its `RMSprop` does not: it adds `eps`
//! under the root and starts its average of squares from 1.

mod adagrad;
mod adam;
#[cfg(test)]
mod agreement;
mod apply;
mod clip;
#[cfg(feature = "cuda")]
mod fused;
mod groups;
mod lbfgs;
mod measured;
mod option;
pub(crate) mod presence;
mod rmsprop;
mod rule;
mod sgd;
mod share;
mod state;
mod step;
mod stored;

pub use adagrad::{Adagrad, AdagradConfig};
pub use adam::{Adam, AdamConfig};
pub use clip::{Clip, clip_grad_norm, clip_grad_value, grad_norm, try_grad_norm};
pub use dfdx::optim::{Momentum, Optimizer, OptimizerUpdateError, WeightDecay};
pub use groups::Group;
pub use lbfgs::{Lbfgs, LbfgsConfig, LineSearch};
pub use measured::{BeforeStep, ParameterStep};
pub use option::InvalidOption;
pub use rmsprop::{RMSprop, RMSpropConfig};
pub use rule::{At, InPlace, Rule, Updated};
pub use sgd::{Sgd, SgdConfig};
pub use share::NotOnHost;
pub use step::{Optim, StepError};
