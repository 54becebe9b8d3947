//! A small world as a model of the zoo: tables instead of a network. The table of Q-learning is saved as the weight of a linear layer, so that it is evaluated,
//! played, shown and exported as a network is.

use std::path::Path;
use std::time::Instant;

use layercake::ir::Graph;
use layercake::prelude::*;
use layercake::schedule::Better;
use layercake_train::data::KnownDataset;
use layercake_train::rl::tabular::{GridWorld, QLearning, draw, greedy, policy_iteration, policy_values, value_iteration};
use layercake_train::rl::{KnownEnvironment, TEST_SEEDS};
use layercake_train::run::{Canvas, Purpose, RUNS, Recipe, RunConfig, RunFolder, RunOutcome, Source, command};
use layercake_train::{Callback, Epoch, Metrics};

use super::play::play_on;
use super::stage::stage;
use super::{evaluate_on, no_network};
use crate::networks::GridWorldTable;
use crate::tasks::entry::Run;
use crate::tasks::machine::open_gpu;
use crate::zoo::{AgentOptions, DeviceKind, EvalOptions, Evaluation, ModelError, PlayOptions, Played, TrainOptions, ZooModel};

const NAME: &str = "gridworld";
const ENVIRONMENT: KnownEnvironment = KnownEnvironment::GridWorld;
const DISCOUNT: f64 = 0.9;
/// Values change by at most this in the last sweep of value iteration.
const TOLERANCE: f64 = 1e-12;
/// Epochs, and episodes of Q-learning in each.
const EPOCHS: usize = 20;
const EPISODES: usize = 1000;
/// The epochs whose values are shown.
const SHOWN: [usize; 3] = [1, 5, EPOCHS];

/// Value iteration and policy iteration, whose values are compared with a linear solve, and Q-learning, whose policy is compared with theirs.
pub(crate) struct GridWorldModel;

/// Rejects options that only apply to networks.
fn check(options: &TrainOptions) -> Result<(), ModelError> {
    if options.purpose == Purpose::Doctor {
        return Err(ModelError::Unsupported { model: NAME, action: "examined", reason: "it learns tables and has no gradients" });
    }
    let given = [
        ("--epochs", options.epochs.is_some()),
        ("--batch-size", options.batch_size.is_some()),
        ("--lr", options.lr.is_some()),
        ("--validation", options.validation.is_some()),
        ("--patience", options.patience.is_some()),
        ("--restore-best", options.restore_best),
        ("--checkpoint-every", options.checkpoint_every.is_some()),
        ("--tensorboard", options.tensorboard.is_some()),
        ("--data-dir", options.data_dir.is_some()),
        ("--from", options.transfer.is_some()),
        ("--weight-decay", options.weight_decay.is_some()),
        ("--clip", options.clip.is_some()),
        ("--train-size", options.train_size.is_some()),
        ("--snapshots", options.snapshots.is_some()),
        ("--dropout", options.dropout.is_some()),
        ("--box-weight", options.box_weight.is_some()),
        ("--loss", options.generator_loss.is_some()),
        ("--lr-find", matches!(options.purpose, Purpose::LrRange(_))),
        ("--device", options.device != DeviceKind::Cpu),
    ];
    match given.into_iter().find(|(_, given)| *given) {
        Some((option, _)) => {
            let reason = "it learns tables and takes no optimizer steps";
            Err(ModelError::NoEffect { model: NAME, option, reason, known: "--seed, --threads, --out" })
        }
        None => {
            only_world(options.agent.environment)?;
            AgentOptions { environment: None, ..options.agent }.has_no_effect(NAME)
        }
    }
}

/// Rejects other environments.
fn only_world(environment: Option<KnownEnvironment>) -> Result<(), ModelError> {
    match environment {
        Some(other) if other != ENVIRONMENT => Err(no_network(NAME, &[ENVIRONMENT], other)),
        _ => Ok(()),
    }
}

/// The table as a network.
fn network(device: &Cpu, learner: &QLearning) -> GridWorldTable<f32, Cpu> {
    let mut net = GridWorldTable::new(device);
    let cells = learner.values();
    // A row for each action.
    let rows: Vec<f32> = (0..4).flat_map(|action| cells.iter().map(move |values| values[action] as f32)).collect();
    net.q.weight.copy_from(&rows);
    net
}

/// The largest distance of two lists of numbers.
fn farthest(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

impl ZooModel for GridWorldModel {
    fn name(&self) -> &'static str {
        NAME
    }

    fn description(&self) -> &'static str {
        "value iteration, policy iteration and Q-learning (Watkins, 1989) with tables, in a small world"
    }

    fn graph(&self) -> Option<&'static Graph> {
        Some(GridWorldTable::<f32, Cpu>::GRAPH)
    }

    fn environments(&self) -> &'static [KnownEnvironment] {
        &[ENVIRONMENT]
    }

    fn default_dataset(&self, _: bool) -> KnownDataset {
        KnownDataset::Digits
    }

    fn train(&self, options: &TrainOptions) -> Result<RunOutcome, ModelError> {
        check(options)?;
        // An interrupted run leaves nothing but its configuration.
        let resumed = options.resume.as_deref().map(RunFolder::open).transpose()?;
        let recipe = match &resumed {
            Some(run) => run.config().recipe,
            None => Recipe { epochs: EPOCHS, seed: options.seed(), ..Recipe::default() },
        };
        let config = RunConfig {
            layercake: env!("CARGO_PKG_VERSION").to_owned(),
            model: NAME.to_owned(),
            source: Source::Environment(NAME.to_owned()),
            data_dir: None,
            device: DeviceKind::Cpu.name().to_owned(),
            threads: rayon::current_num_threads(),
            recipe,
            normalize: None,
            classes: Vec::new(),
            agent: None,
            transfer: None,
            command: command(),
            variant: None,
            own: None,
            text: None,
        };
        let mut run = match (resumed, &options.out) {
            (Some(run), _) => run,
            (None, Some(path)) => RunFolder::create(path, config)?,
            (None, None) => RunFolder::create_numbered(Path::new(RUNS), config)?,
        };
        let world = GridWorld::small();
        let iterated = value_iteration(&world, DISCOUNT, TOLERANCE);
        let (policy, of_policy) = policy_iteration(&world, DISCOUNT);
        let solved = policy_values(&world, &greedy(&world, &iterated, DISCOUNT), DISCOUNT);
        println!("value iteration and policy iteration:\n{}", world.arrows(&policy));
        let known = Metrics::new()
            .with("value_iteration_error", farthest(&iterated, &solved))
            .with("policy_iteration_error", farthest(&of_policy, &solved));
        let mut learner = QLearning::new(&world, DISCOUNT, recipe.seed);
        let (device, stage) = (Cpu::default(), stage(ENVIRONMENT));
        let mut pictures = vec![draw(&world, &iterated, &policy)];
        for epoch in 1..=recipe.epochs {
            let begin = Instant::now();
            let reward = learner.episodes(EPISODES);
            let (values, learned) = (learner.state_values(), learner.policy());
            let same = |state: &usize| learned[*state] == policy[*state];
            let free: Vec<usize> = (0..world.states()).filter(|&state| world.is_free(state)).collect();
            let agreement = free.iter().filter(|state| same(state)).count() as f64 / free.len() as f64;
            let net = network(&device, &learner);
            let mut test = Metrics::new().with("policy_accuracy", agreement).with("q_learning_error", farthest(&values, &solved));
            test.extend(known.iter());
            test.extend(stage.evaluate(&net, &device, TEST_SEEDS)?.iter());
            if SHOWN.contains(&epoch) {
                pictures.push(draw(&world, &values, &learned));
            }
            let seconds = begin.elapsed().as_secs_f64();
            let (train, unit) = (Metrics::new().with("return", reward), "episodes".to_owned());
            let items_per_second = EPISODES as f64 / seconds;
            let epoch = Epoch { epoch, train, test, unit, items_per_second, seconds, ..Epoch::default() };
            run.on_epoch(&epoch, &net)?;
        }
        println!("Q-learning after {} episodes:\n{}", recipe.epochs * EPISODES, world.arrows(&learner.policy()));
        run.draw_network(GridWorldTable::<f32, Cpu>::GRAPH)?;
        run.save_picture("values.png", &named(&pictures))?;
        let path = run.path().to_owned();
        let summary = Box::new(run.finish(GridWorldTable::<f32, Cpu>::GRAPH.params())?);
        Ok(RunOutcome::Run { folder: path, summary, selected_by: ("test_policy_accuracy", Better::Higher) })
    }

    fn evaluate(&self, options: &EvalOptions) -> Result<Evaluation, ModelError> {
        options.is_of_one_pass(NAME)?;
        only_world(options.environment)?;
        let run = Run::find(&options.checkpoint)?;
        match options.device {
            DeviceKind::Cpu => evaluate_on(&run, GridWorldTable::<f32, Cpu>::GRAPH, &Cpu::default(), ENVIRONMENT),
            DeviceKind::Cuda => evaluate_on(&run, GridWorldTable::<f32, Cpu>::GRAPH, &open_gpu(0)?, ENVIRONMENT),
        }
    }

    fn play(&self, options: &PlayOptions, show: &mut dyn FnMut(&str)) -> Result<Played, ModelError> {
        only_world(options.environment)?;
        let run = Run::find(&options.checkpoint)?;
        match options.device {
            DeviceKind::Cpu => play_on(&run, GridWorldTable::<f32, Cpu>::GRAPH, &Cpu::default(), ENVIRONMENT, options, show),
            DeviceKind::Cuda => play_on(&run, GridWorldTable::<f32, Cpu>::GRAPH, &open_gpu(0)?, ENVIRONMENT, options, show),
        }
    }
}

/// The exact values, and those of Q-learning after some epochs, with their names.
fn named(pictures: &[Canvas]) -> Canvas {
    let names = std::iter::once("exact".to_owned()).chain(SHOWN.map(|epoch| format!("Q: {} episodes", epoch * EPISODES)));
    let cells: Vec<Canvas> = pictures.iter().zip(names).map(|(picture, name)| picture.named(&name, 0)).collect();
    Canvas::grid(&cells, 2)
}
