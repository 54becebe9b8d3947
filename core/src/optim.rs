//! Optimizers: dfdx's own, which update a network as they update any dfdx module.
//!
//! | here | PyTorch |
//! |---|---|
//! | [`Sgd`] with [`Momentum::Classic`] or [`Momentum::Nesterov`] | `torch.optim.SGD` |
//! | [`Adam`] | `torch.optim.Adam` |
//! | [`Adam`] with [`WeightDecay::Decoupled`] | `torch.optim.AdamW` |
//! | [`RMSprop`] | `torch.optim.RMSprop` |

pub use dfdx::optim::{Adam, AdamConfig, Momentum, Optimizer, OptimizerUpdateError, RMSprop, RMSpropConfig, Sgd, SgdConfig, WeightDecay};
