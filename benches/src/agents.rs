//! Steps a second of Q-learning on CartPole, beside Stable-Baselines3.
//!
//! Both sides run the whole loop: environment, exploration, replay memory, updates with Adam and the target network, without evaluation. They take turns.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use layercake::optim::{Adam, AdamConfig, Clip};
use layercake::prelude::*;
use layercake_train::data::Loader;
use layercake_train::rl::{Dqn, DqnConfig, Exploration, KnownEnvironment, Stage, Turns};
use layercake_train::{Follow, Pass, Seeded, Step, Task, TrainError, Trainer, Until};

use crate::BenchError;
use crate::serve::processor_time;

network! {
    /// The network of Stable-Baselines3's `MlpPolicy` for DQN.
    Small: [4] -> [2] { fc1: Linear(64), ReLU, fc2: Linear(64), ReLU, q: Linear(2) }
    /// That of the model zoo.
    Large: [4] -> [2] { fc1: Linear(128), ReLU, fc2: Linear(128), ReLU, q: Linear(2) }
}

/// What both sides do alike.
#[derive(Clone, Copy)]
struct Setting {
    name: &'static str,
    width: usize,
    batch: usize,
    /// Steps of the environment per update.
    every: usize,
}

/// The settings that Stable-Baselines3 has by default, and those of the zoo.
const SETTINGS: [Setting; 2] = [
    Setting { name: "64-64, batch 32, an update per 4 steps", width: 64, batch: 32, every: 4 },
    Setting { name: "128-128, batch 64, an update per 2 steps", width: 128, batch: 64, every: 2 },
];
/// Steps of a turn.
const STEPS: usize = 8_000;
const WARM_UP: usize = 500;

/// Prints a table of the medians.
pub fn run(threads: usize, rounds: usize) -> Result<(), BenchError> {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build_global()?;
    let python = std::env::var_os("TORCH_PY").ok_or(BenchError::Missing("the variable TORCH_PY names no Python with stable-baselines3"))?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/torch/agents.py");
    println!("| DQN on CartPole, threads: {threads} | clock | Layercake, steps/s | Stable-Baselines3 | ratio |\n|--|--|--:|--:|--:|");
    for setting in SETTINGS {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for round in 0..rounds {
            ours.push(measure(setting, round as u64)?);
            let Setting { width, batch, every, .. } = setting;
            let words = [width, batch, every, STEPS, WARM_UP, threads, round].map(|number| number.to_string());
            let output =
                Command::new(&python).arg(&script).args(words).output().map_err(|error| BenchError::Io("stable-baselines3", error))?;
            let text = String::from_utf8_lossy(&output.stdout);
            let speeds: Vec<f64> = text.lines().last().unwrap_or_default().split(' ').filter_map(|word| word.trim().parse().ok()).collect();
            theirs.push(speeds.try_into().map_err(|_| BenchError::Missing("peers/torch/agents.py printed no steps per second"))?);
        }
        for (i, clock) in ["wall", "processor"].into_iter().enumerate() {
            let of = |speeds: &[[f64; 2]]| speeds.iter().map(|speeds| speeds[i]).collect::<Vec<_>>();
            let ratios = of(&ours).iter().zip(of(&theirs)).map(|(ours, theirs)| ours / theirs).collect();
            println!("| {} | {clock} | {:.0} | {:.0} | {:.1} |", setting.name, median(of(&ours)), median(of(&theirs)), median(ratios));
        }
    }
    Ok(())
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}

/// Steps a second by the clock and by the processor.
fn measure(setting: Setting, seed: u64) -> Result<[f64; 2], BenchError> {
    let device = Cpu::seed_from_u64(seed);
    let done = if setting.width == 64 {
        timed(Small::new(&device), &device, setting, seed)
    } else {
        timed(Large::new(&device), &device, setting, seed)
    };
    done.map_err(|error| BenchError::Agent(error.to_string()))
}

/// An agent without its evaluations.
struct Acting<M>(Dqn<M>);

impl<M, D: Seeded> Task<M, D> for Acting<M>
where
    Dqn<M>: Task<M, D, Batch = usize>,
{
    type Batch = usize;

    fn loss(&mut self, model: &mut M, turns: usize, pass: Pass<D>) -> Result<Step<D>, TrainError> {
        self.0.loss(model, turns, pass)
    }
}

fn timed<M>(mut net: M, device: &Cpu, setting: Setting, seed: u64) -> Result<[f64; 2], TrainError>
where
    M: Network<f32, Cpu> + Model<f32, Cpu> + Clone,
{
    let config = DqnConfig {
        memory: 50_000,
        batch_size: setting.batch,
        warm_up: WARM_UP,
        exploration: Exploration { first: 1.0, last: 0.05, steps: STEPS / 10 },
        target: Follow::copy(100),
        ..DqnConfig::default()
    };
    let mut optimizer = Adam::new(&net, AdamConfig { lr: 1e-4, ..Default::default() });
    optimizer.clip = Some(Clip::Norm(10.0));
    let mut task = Acting(Dqn::new(Stage::new(|| KnownEnvironment::CartPole.make()), config, seed)?);
    let data = Loader::new(Turns(STEPS), setting.every);
    let (begin, before) = (Instant::now(), processor_time());
    Trainer::new(Until::Epochs(1)).seed(seed).fit(&mut net, device, &mut optimizer, &mut task, &data)?;
    let seconds = begin.elapsed().as_secs_f64();
    let processor = before.zip(processor_time()).map_or(f64::NAN, |(before, after)| (after - before) / 1e3);
    Ok([seconds, processor].map(|seconds| (STEPS + WARM_UP) as f64 / seconds))
}
