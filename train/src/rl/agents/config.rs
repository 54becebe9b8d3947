//! The settings of any agent.

use serde::{Deserialize, Serialize};

use super::{ActorCriticConfig, DqnConfig, ReinforceConfig};
use crate::TrainError;

/// The settings of an agent, as in a run's `config.json`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AgentConfig {
    /// Of [`Dqn`](super::Dqn).
    Dqn(DqnConfig),
    /// Of [`Reinforce`](super::Reinforce).
    Reinforce(ReinforceConfig),
    /// Of [`ActorCritic`](super::ActorCritic).
    ActorCritic(ActorCriticConfig),
}

impl AgentConfig {
    /// Checks the settings.
    ///
    /// # Errors
    /// The first invalid setting.
    pub fn check(&self) -> Result<(), TrainError> {
        match self {
            Self::Dqn(config) => config.check(),
            Self::Reinforce(config) => config.check(),
            Self::ActorCritic(config) => config.check(),
        }
    }
}

/// Upper bound of counts: what they multiply to still fits into memory or a counter.
const MOST: usize = 10_000_000;

/// Checks counts and numbers that each have a range.
pub(super) fn in_range(counts: &[(&str, usize)], shares: &[(&str, f64)], weights: &[(&str, f64)]) -> Result<(), TrainError> {
    let wrong = |reason: String| Err(TrainError::Setting(reason));
    if let Some((name, count)) = counts.iter().find(|(_, count)| !(1..=MOST).contains(count)) {
        return wrong(format!("`{name}` is {count}; expected 1 to {MOST}"));
    }
    if let Some((name, share)) = shares.iter().find(|(_, share)| !(0.0..=1.0).contains(share)) {
        return wrong(format!("`{name}` is {share}; expected a number in 0..=1"));
    }
    if let Some((name, weight)) = weights.iter().find(|(_, weight)| !weight.is_finite() || *weight < 0.0) {
        return wrong(format!("`{name}` is {weight}; expected 0 or more"));
    }
    Ok(())
}
