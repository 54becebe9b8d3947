//! Training an agent.

use layercake::dfdx::nn::tensor_collection::TensorCollection;
use layercake::ir::Graph;
use layercake::model::NoSuchParameter;
use layercake::optim::{Adam, Clip, Group};
use layercake::schedule::Better;
use layercake_train::data::Loader;
use layercake_train::rl::{
    ActorCritic, AgentConfig, Baseline, Dqn, DqnConfig, KnownEnvironment, Reinforce, ReinforceConfig, Replay, Turns,
};
use layercake_train::run::{Purpose, Recipe, RunConfig, RunOutcome};
use layercake_train::{Follow, Seeded, Task, TrainError};

use super::recipes::{recipe, turns};
use super::stage::stage;
use super::{Agent, AgentKind};
use crate::tasks::machine::Machine;
use crate::tasks::run::{Prepared, Trained, train};
use crate::zoo::{ModelError, TrainOptions};

impl Agent {
    /// Rejects options that have no effect on this agent.
    pub(super) fn check(&self, options: &TrainOptions) -> Result<(), ModelError> {
        let known = "--env, --epochs, --lr, --seed, --patience, --threads, --device, --out, --resume, --checkpoint-every, --tensorboard; see also `layercake train --help`";
        let no_effect = |option, reason| Err(ModelError::NoEffect { model: self.name, option, reason, known });
        if options.data_dir.is_some() {
            return no_effect("--data-dir", "it makes its own data");
        }
        if options.validation.is_some() {
            return no_effect("--validation", "its validation is 50 episodes of their own");
        }
        if options.train_size.is_some() {
            return no_effect("--train-size", "it makes its own data");
        }
        if matches!(options.purpose, Purpose::LrRange(_)) {
            return no_effect("--lr-find", "its loss does not say how well it acts");
        }
        if options.purpose == Purpose::Doctor {
            return Err(ModelError::Unsupported {
                model: self.name,
                action: "examined",
                reason: "it learns by acting, and its loss need not fall",
            });
        }
        if options.batch_size.is_some() && self.kind != AgentKind::Dqn {
            return no_effect("--batch-size", "its batch is what it has done since the last update");
        }
        match options.agent.given().into_iter().find(|(model, _, given)| *given && *model != self.name) {
            Some((_, option, _)) => no_effect(option, "it is an option of another agent"),
            None => Ok(()),
        }
    }

    /// The environment and the settings of a run: those in the `config.json` of a run to resume, or the defaults with the user's options.
    pub(super) fn settings(&self, options: &TrainOptions) -> Result<(KnownEnvironment, AgentConfig), ModelError> {
        if let Some(folder) = &options.resume {
            let path = folder.join("config.json");
            let config = RunConfig::read(&path)?;
            let environment = config.source.environment().and_then(KnownEnvironment::from_name);
            return environment.zip(config.agent).ok_or_else(|| {
                let reason = "not the config.json of an agent: it has no environment or no settings of an agent".to_owned();
                ModelError::Train(TrainError::Content { path, reason })
            });
        }
        let environment = options.agent.environment.unwrap_or(self.environments[0]);
        let agent = options.agent;
        let config = match recipe(self.kind, environment).1 {
            AgentConfig::Dqn(config) => {
                let [_, per_update] = turns(&AgentConfig::Dqn(config));
                let config = DqnConfig {
                    double: agent.double,
                    replay: if agent.prioritized { Replay::PRIORITIZED } else { config.replay },
                    keep_memory: !agent.forget_replay,
                    target: if agent.without_target { Follow::copy(1) } else { config.target },
                    batch_size: options.batch_size.unwrap_or(config.batch_size),
                    ..config
                };
                // Without a replay memory, what the agent learns from is what it has just done.
                let newest = DqnConfig { replay: Replay::Newest, memory: per_update, batch_size: per_update, ..config };
                AgentConfig::Dqn(if agent.without_replay { newest } else { config })
            }
            AgentConfig::Reinforce(config) => {
                AgentConfig::Reinforce(ReinforceConfig { baseline: agent.baseline.unwrap_or(config.baseline), ..config })
            }
            config @ AgentConfig::ActorCritic(_) => config,
        };
        if agent.without_replay && (agent.prioritized || agent.forget_replay || options.batch_size.is_some()) {
            return Err(ModelError::Option("`--without replay` leaves no memory that another option could be about".to_owned()));
        }
        Ok((environment, config))
    }

    pub(super) fn train_on<D: Machine>(
        &self,
        environment: KnownEnvironment,
        graph: &'static Graph,
        config: AgentConfig,
        device: &D,
        options: &TrainOptions,
    ) -> Result<RunOutcome, ModelError> {
        let own = recipe(self.kind, environment).0;
        let start = Start { name: self.name, environment, graph, config, device, options, own };
        let stage = || stage(environment);
        match config {
            AgentConfig::Dqn(config) => start.train(|seed| Dqn::new(stage(), config, seed)),
            AgentConfig::Reinforce(config) => start.train(|seed| Reinforce::new(stage(), config, seed)),
            AgentConfig::ActorCritic(config) => start.train(|seed| ActorCritic::new(stage(), config, seed)),
        }
    }
}

/// What a run of any agent begins with.
struct Start<'a, D> {
    name: &'static str,
    environment: KnownEnvironment,
    graph: &'static Graph,
    config: AgentConfig,
    device: &'a D,
    options: &'a TrainOptions,
    own: Recipe,
}

impl<D: Machine> Start<'_, D> {
    fn train<T: Task<D::Net, D, Batch = usize>>(self, agent: impl FnOnce(u64) -> Result<T, TrainError>) -> Result<RunOutcome, ModelError> {
        let Self { name, environment, graph, config, device, options, own } = self;
        let model = Trained { name, graph, agent: Some((environment.name(), config)) };
        train(model, device, options, own, |recipe| {
            let net = device.build(graph)?;
            let mut optimizer: Adam<f32, D> = recipe.adam(&net);
            optimizer.clip = recipe.clip.map(Clip::Norm);
            if let AgentConfig::Reinforce(config) = config {
                value_of_reinforce(&net, &mut optimizer, config.baseline).map_err(|error| ModelError::Option(error.to_string()))?;
            }
            let [turns, per_update] = turns(&config);
            let train = Loader::new(Turns(turns), per_update);
            let (task, selected_by) = (agent(recipe.seed)?, ("validation_mean_return", Better::Higher));
            Ok(Prepared { net, optimizer, items: turns * recipe.epochs, train, task, selected_by, normalize: None, classes: Vec::new() })
        })
    }
}

/// How fast the value learns, of the policy's learning rate: in the few updates there are it must grow from 0 to 100.
const VALUE_RATE: f64 = 10.0;

/// Without a learned baseline the value gets no gradient.
fn value_of_reinforce<M, D>(net: &M, optimizer: &mut Adam<f32, D>, baseline: Baseline) -> Result<(), NoSuchParameter>
where
    M: TensorCollection<f32, D>,
    D: Seeded,
{
    match baseline {
        Baseline::Learned => optimizer.group(net, "critic*", Group { lr_scale: VALUE_RATE, ..Group::default() }),
        Baseline::None | Baseline::Average => optimizer.freeze(net, "critic*"),
    }
}
