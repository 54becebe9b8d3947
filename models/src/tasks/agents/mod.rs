//! Agents: models that learn by acting.

mod grid_world;
mod play;
mod recipes;
mod stage;
mod train;

pub(crate) use grid_world::GridWorldModel;

use layercake::ir::Graph;
use layercake::prelude::*;
use layercake_train::rl::{KnownEnvironment, TEST_SEEDS};
use layercake_train::run::{RunOutcome, Source};

use super::entry::Run;
use super::machine::{Machine, open_gpu};
use crate::networks::{AcrobotActorCritic, CartPoleActorCritic, CartPoleQ, CatchQ};
use crate::zoo::{DeviceKind, EvalOptions, Evaluation, ModelError, PlayOptions, Played, TrainOptions, ZooModel};
use layercake_train::data::KnownDataset;
use play::play_on;
use stage::stage;

/// How an agent learns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AgentKind {
    Dqn,
    Reinforce,
    ActorCritic,
}

/// An agent as a model of the zoo.
pub(crate) struct Agent {
    pub name: &'static str,
    /// One line for `layercake list`.
    pub description: &'static str,
    pub kind: AgentKind,
    /// The environments that it has a network for, the default first.
    pub environments: &'static [KnownEnvironment],
}

fn no_network(model: &str, known: &[KnownEnvironment], environment: KnownEnvironment) -> ModelError {
    let known: Vec<&str> = known.iter().map(|known| known.name()).collect();
    ModelError::Option(format!("`{model}` has no network for `{environment}`; known: {}", known.join(", ")))
}

impl Agent {
    fn no_network(&self, environment: KnownEnvironment) -> ModelError {
        no_network(self.name, self.environments, environment)
    }

    /// The environment of a run, by its name in `config.json`, or the default.
    fn environment_of(&self, run: &Run) -> Result<KnownEnvironment, ModelError> {
        let Some(name) = run.config.as_ref().and_then(|config| config.source.environment()) else { return Ok(self.environments[0]) };
        KnownEnvironment::from_name(name).ok_or_else(|| ModelError::Option(format!("config.json names the unknown environment `{name}`")))
    }
}

/// Plays the test episodes with the policy of a run.
fn evaluate_on<D: Machine>(run: &Run, graph: &Graph, device: &D, environment: KnownEnvironment) -> Result<Evaluation, ModelError> {
    let net = run.load_graph(graph, device)?;
    let metrics = stage(environment).evaluate(&net, device, TEST_SEEDS)?;
    let (source, items) = (Source::Environment(environment.name().to_owned()), TEST_SEEDS.count() as u64);
    Ok(Evaluation { source, metrics, items, unit: "episodes", seeds: Some(TEST_SEEDS) })
}

impl ZooModel for Agent {
    fn name(&self) -> &'static str {
        self.name
    }

    fn description(&self) -> &'static str {
        self.description
    }

    /// The network of the default environment.
    fn graph(&self) -> Option<&'static Graph> {
        self.graph_in(self.environments[0]).ok()
    }

    fn graph_in(&self, environment: KnownEnvironment) -> Result<&'static Graph, ModelError> {
        Ok(match (self.kind, environment) {
            (AgentKind::Dqn, KnownEnvironment::CartPole) => CartPoleQ::<f32, Cpu>::GRAPH,
            (AgentKind::Dqn, KnownEnvironment::Catch) => CatchQ::<f32, Cpu>::GRAPH,
            (AgentKind::Reinforce | AgentKind::ActorCritic, KnownEnvironment::CartPole) => CartPoleActorCritic::<f32, Cpu>::GRAPH,
            (AgentKind::ActorCritic, KnownEnvironment::Acrobot) => AcrobotActorCritic::<f32, Cpu>::GRAPH,
            (_, environment) => return Err(self.no_network(environment)),
        })
    }

    fn environments(&self) -> &'static [KnownEnvironment] {
        self.environments
    }

    fn default_dataset(&self, _: bool) -> KnownDataset {
        KnownDataset::Digits
    }

    fn train(&self, options: &TrainOptions) -> Result<RunOutcome, ModelError> {
        self.check(options)?;
        let (environment, config) = self.settings(options)?;
        let graph = self.graph_in(environment)?;
        match options.device {
            DeviceKind::Cpu => self.train_on(environment, graph, config, &Cpu::seed_from_u64(options.seed()), options),
            DeviceKind::Cuda => self.train_on(environment, graph, config, &open_gpu(options.seed())?, options),
        }
    }

    fn evaluate(&self, options: &EvalOptions) -> Result<Evaluation, ModelError> {
        options.is_of_one_pass(self.name)?;
        let run = Run::find(&options.checkpoint)?;
        let environment = options.environment.map_or_else(|| self.environment_of(&run), Ok)?;
        let graph = self.graph_in(environment)?;
        match options.device {
            DeviceKind::Cpu => evaluate_on(&run, graph, &Cpu::default(), environment),
            DeviceKind::Cuda => evaluate_on(&run, graph, &open_gpu(0)?, environment),
        }
    }

    fn play(&self, options: &PlayOptions, show: &mut dyn FnMut(&str)) -> Result<Played, ModelError> {
        let run = Run::find(&options.checkpoint)?;
        let environment = options.environment.map_or_else(|| self.environment_of(&run), Ok)?;
        let graph = self.graph_in(environment)?;
        match options.device {
            DeviceKind::Cpu => play_on(&run, graph, &Cpu::default(), environment, options, show),
            DeviceKind::Cuda => play_on(&run, graph, &open_gpu(0)?, environment, options, show),
        }
    }
}
