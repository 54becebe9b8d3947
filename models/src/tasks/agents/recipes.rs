//! The default settings of the agents. They were found by experiment; `docs/zoo.md` has the results.

use layercake_train::rl::{ActorCriticConfig, AgentConfig, DqnConfig, Exploration, KnownEnvironment, ReinforceConfig};
use layercake_train::run::Recipe;
use layercake_train::{Follow, LrSchedule};

use super::AgentKind;

/// The hyperparameters and the settings of a kind of agent in an environment. The weights of the epoch with the best validation are kept.
pub(super) fn recipe(kind: AgentKind, environment: KnownEnvironment) -> (Recipe, AgentConfig) {
    let recipe = Recipe { schedule: LrSchedule::Cosine, restore_best: true, ..Recipe::default() };
    match (kind, environment) {
        (AgentKind::Dqn, KnownEnvironment::Catch) => {
            let exploration = Exploration { first: 1.0, last: 0.02, steps: 10_000 };
            let config = DqnConfig { memory: 20_000, exploration, target: Follow::copy(250), ..DqnConfig::default() };
            (Recipe { epochs: 10, batch_size: config.batch_size, lr: 1e-3, clip: Some(10.0), ..recipe }, AgentConfig::Dqn(config))
        }
        (AgentKind::Dqn, _) => {
            let config = DqnConfig::default();
            // With the warm-up 99,000 steps.
            (Recipe { epochs: 49, batch_size: config.batch_size, lr: 1e-3, clip: Some(10.0), ..recipe }, AgentConfig::Dqn(config))
        }
        (AgentKind::Reinforce, _) => {
            let config = ReinforceConfig::default();
            (Recipe { epochs: 20, batch_size: config.episodes, lr: 3e-3, ..recipe }, AgentConfig::Reinforce(config))
        }
        (AgentKind::ActorCritic, environment) => {
            let own = ActorCriticConfig::default();
            // The line is reached by chance at first: more environments find it sooner.
            let (environments, clip) = if environment == KnownEnvironment::Acrobot { (16, Some(10.0)) } else { (own.environments, None) };
            let config = ActorCriticConfig { environments, ..own };
            let recipe = Recipe { epochs: 25, batch_size: config.steps_per_update(), lr: 3e-3, clip, ..recipe };
            (recipe, AgentConfig::ActorCritic(config))
        }
    }
}

/// Steps or episodes in an epoch, and in an update.
pub(super) fn turns(config: &AgentConfig) -> [usize; 2] {
    match config {
        // As many updates as half the steps.
        AgentConfig::Dqn(_) => [2000, 2],
        AgentConfig::Reinforce(config) => [20 * config.episodes, config.episodes],
        AgentConfig::ActorCritic(config) => [100 * config.steps_per_update(), config.steps_per_update()],
    }
}
