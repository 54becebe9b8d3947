//! Replay memory: the transitions that an agent learns from again.

mod file;
mod memory;
mod rows;
mod sum_tree;

pub use memory::{ReplayMemory, Replayed};
pub use sum_tree::SumTree;

use serde::{Deserialize, Serialize};

/// Which transitions of a memory are drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Replay {
    /// All with the same probability.
    #[default]
    Uniform,
    /// By their last error `e`, with a probability proportional to `(|e| + 0.01)^alpha` (Schaul et al., 2016). The loss of each is weighted by
    /// `(N p)^-beta`, divided by the largest weight of the batch, which corrects a part of the bias.
    Prioritized {
        /// How much the error counts: 0 is uniform.
        alpha: f64,
        /// How much of the bias is corrected: 1 for all of it.
        beta: f64,
    },
    /// The newest ones, in their order: as if there were no memory.
    Newest,
}

impl Replay {
    /// The values of the paper for the proportional variant.
    pub const PRIORITIZED: Self = Self::Prioritized { alpha: 0.6, beta: 0.4 };
}
