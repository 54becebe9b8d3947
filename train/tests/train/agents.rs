//! Agents as tasks of the trainer: they learn, and a resumed run has the same bits.

use layercake::optim::{Adam, AdamConfig};
use layercake::prelude::*;
use layercake_train::data::Loader;
use layercake_train::rl::wrappers::NormalizeObservation;
use layercake_train::rl::{
    ActorCritic, ActorCriticConfig, Baseline, CartPole, Catch, Dqn, DqnConfig, Environment, Exploration, Reinforce, ReinforceConfig,
    Replay, Space, Stage, Step, Turns,
};
use layercake_train::{Callback, CancellationToken, Checkpoints, Epoch, Follow, Progress, Task, TrainError, Trainer, Until};

network! {
    Q: [4] -> [2] { fc1: Linear(16), ReLU, q: Linear(2) }
    CatchQ: [1, 10, 10] -> [3] { Flatten, fc: Linear(16), ReLU, q: Linear(3) }
    Policy: { state: [4] } -> { logits: [2], value: [1] } {
        from state, actor1: Linear(16), Tanh, actor: Linear(2), output logits,
        from state, critic1: Linear(16), Tanh, critic: Linear(1), output value,
    }
    Choice: { state: [2] } -> { logits: [2], value: [1] } {
        from state, actor: Linear(2), output logits,
        from state, critic: Linear(1), output value,
    }
}

/// Cancels the run after a number of steps in this process.
struct StopAfter {
    stop: CancellationToken,
    steps: usize,
}

impl<M> Callback<M, Cpu> for StopAfter {
    fn on_step(&mut self, progress: &Progress<'_>, _: &M) -> Result<(), TrainError> {
        if progress.step == self.steps {
            self.stop.cancel();
        }
        Ok(())
    }
}

fn bits<M: Model<f32, Cpu>>(net: &M) -> Vec<u32> {
    net.named_tensors().iter().flat_map(|tensor| tensor.to_vec()).map(f32::to_bits).collect()
}

/// The metrics without times.
fn timeless(history: &[Epoch]) -> Vec<Epoch> {
    history.iter().map(|epoch| Epoch { items_per_second: 0.0, seconds: 0.0, ..epoch.clone() }).collect()
}

/// The part of a run in one process.
fn part<M, T>(
    mut net: M,
    mut task: T,
    turns: [usize; 2],
    frozen: &str,
    checkpoints: &Checkpoints,
    stop_at: Option<usize>,
) -> Result<(Vec<u32>, Vec<Epoch>), TrainError>
where
    M: Model<f32, Cpu> + Clone,
    T: Task<M, Cpu, Batch = usize>,
{
    let mut optimizer = Adam::new(&net, AdamConfig { lr: 3e-3, ..Default::default() });
    if !frozen.is_empty() {
        optimizer.freeze(&net, frozen).unwrap();
    }
    let stop = CancellationToken::new();
    let mut watch = StopAfter { stop: stop.clone(), steps: stop_at.unwrap_or(usize::MAX) };
    let trainer = Trainer::new(Until::Epochs(2)).seed(5).checkpoints(checkpoints.clone()).resume(true).cancellation(stop);
    let data = Loader::new(Turns(turns[0]), turns[1]);
    let history = trainer.callback(&mut watch).fit(&mut net, &Cpu::default(), &mut optimizer, &mut task, &data)?;
    Ok((bits(&net), history))
}

/// Interrupted twice, within an epoch and at its end, the run ends with the bits of one that was not.
fn resumes<M, T>(net: impl Fn() -> M, task: impl Fn() -> T, turns: [usize; 2], frozen: &str)
where
    M: Model<f32, Cpu> + Clone,
    T: Task<M, Cpu, Batch = usize>,
{
    let place = tempfile::tempdir().unwrap();
    let folder = |name: &str| Checkpoints::new(place.path().join(name));
    let (whole, history) = part(net(), task(), turns, frozen, &folder("whole"), None).unwrap();
    let steps = turns[0] / turns[1];
    let parts = folder("parts");
    for stop in [3, steps, steps + 2] {
        let error = part(net(), task(), turns, frozen, &parts, Some(stop)).unwrap_err();
        assert!(matches!(error, TrainError::Interrupted { step, .. } if step == stop), "{error}");
    }
    let (resumed, again) = part(net(), task(), turns, frozen, &parts, None).unwrap();
    assert_eq!(timeless(&again), timeless(&history));
    assert!(resumed == whole);
}

fn cart_pole() -> Stage {
    // With means that go on from episode to episode.
    Stage::new(|| NormalizeObservation::new(CartPole::default()))
}

fn dqn_config() -> DqnConfig {
    let exploration = Exploration { first: 1.0, last: 0.1, steps: 60 };
    DqnConfig { memory: 64, batch_size: 8, warm_up: 20, exploration, target: Follow::copy(4), ..DqnConfig::default() }
}

#[test]
fn q_learning_resumes_to_the_bit() {
    let net = || Q::new(&Cpu::seed_from_u64(1));
    for config in [
        dqn_config(),
        DqnConfig { replay: Replay::PRIORITIZED, double: true, target: Follow::soft(0.1), ..dqn_config() },
        DqnConfig { replay: Replay::Newest, memory: 4, batch_size: 4, target: Follow::copy(1), ..dqn_config() },
    ] {
        resumes(net, || Dqn::new(cart_pole(), config, 3).unwrap(), [40, 4], "");
    }
    resumes(|| CatchQ::new(&Cpu::seed_from_u64(1)), || Dqn::new(Stage::new(Catch::default), dqn_config(), 3).unwrap(), [40, 4], "");
}

#[test]
fn policies_resume_to_the_bit() {
    let net = || Policy::new(&Cpu::seed_from_u64(1));
    for baseline in Baseline::ALL {
        let config = ReinforceConfig { baseline, episodes: 3, entropy: 0.01, ..Default::default() };
        let frozen = if baseline == Baseline::Learned { "" } else { "critic*" };
        resumes(net, || Reinforce::new(cart_pole(), config, 3).unwrap(), [18, 3], frozen);
    }
    let config = ActorCriticConfig { environments: 3, steps: 5, ..Default::default() };
    resumes(net, || ActorCritic::new(cart_pole(), config, 3).unwrap(), [90, 15], "");
}

/// Without the memory a checkpoint is smaller, and the run goes on nevertheless.
#[test]
fn a_memory_may_be_forgotten() {
    let place = tempfile::tempdir().unwrap();
    let checkpoints = Checkpoints::new(place.path());
    let config = DqnConfig { keep_memory: false, ..dqn_config() };
    let run = |stop| part(Q::new(&Cpu::seed_from_u64(1)), Dqn::new(cart_pole(), config, 3).unwrap(), [40, 4], "", &checkpoints, stop);
    run(Some(5)).unwrap_err();
    let files: Vec<_> =
        std::fs::read_dir(checkpoints.latest().unwrap().unwrap()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(files.iter().any(|name| name == "target.safetensors") && !files.iter().any(|name| name == "replay.safetensors"), "{files:?}");
    assert_eq!(run(None).unwrap().1.len(), 2);
}

/// A choice with one right answer: action 1 where the first number is larger, for a reward of 1; ten in an episode.
#[derive(Default)]
struct Larger {
    steps: u64,
    seed: u64,
}

impl Larger {
    fn observation(&self) -> Vec<f32> {
        let bit = (self.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> self.steps) & 1;
        vec![bit as f32, 1.0 - bit as f32]
    }
}

impl Environment for Larger {
    fn observation_space(&self) -> Space {
        Space::symmetric(&[1.0; 2])
    }

    fn actions(&self) -> usize {
        2
    }

    fn reset(&mut self, seed: u64) -> Vec<f32> {
        *self = Self { steps: 0, seed };
        self.observation()
    }

    fn step(&mut self, action: usize) -> Step {
        let reward = f64::from(u8::from((self.observation()[0] == 1.0) == (action == 1)));
        self.steps += 1;
        Step { observation: self.observation(), reward, terminated: self.steps == 10, truncated: false }
    }
}

/// Each agent finds the ten right answers of an episode.
#[test]
fn every_agent_learns() {
    fn learns<M: Model<f32, Cpu> + Clone>(
        name: &str,
        mut net: M,
        mut task: impl Task<M, Cpu, Batch = usize>,
        turns: [usize; 2],
        frozen: &str,
    ) {
        let mut optimizer = Adam::new(&net, AdamConfig { lr: 0.03, ..Default::default() });
        if !frozen.is_empty() {
            optimizer.freeze(&net, frozen).unwrap();
        }
        let data = Loader::new(Turns(turns[0]), turns[1]);
        let history = Trainer::new(Until::Epochs(2)).fit(&mut net, &Cpu::default(), &mut optimizer, &mut task, &data).unwrap();
        assert_eq!(history[1].test.get("mean_return"), Some(10.0), "{name}: {history:?}");
        assert_eq!(history[1].test.get("return_deviation"), Some(0.0));
        let [first, last] = [0, 1].map(|epoch| history[epoch].train.get("return").unwrap());
        assert!(first < last, "{name} knew it from the beginning: {history:?}");
    }
    network! { LargerQ: [2] -> [2] { q: Linear(2) } }
    let device = Cpu::seed_from_u64(1);
    let stage = || Stage::new(Larger::default);
    for (name, config) in [
        ("dqn", DqnConfig { discount: 0.0, ..dqn_config() }),
        ("double dqn by priority", DqnConfig { discount: 0.0, double: true, replay: Replay::PRIORITIZED, ..dqn_config() }),
    ] {
        learns(name, LargerQ::new(&device), Dqn::new(stage(), config, 1).unwrap(), [400, 2], "");
    }
    for baseline in Baseline::ALL {
        let config = ReinforceConfig { baseline, discount: 0.0, episodes: 4, ..Default::default() };
        let frozen = if baseline == Baseline::Learned { "" } else { "critic*" };
        learns(baseline.name(), Choice::new(&device), Reinforce::new(stage(), config, 1).unwrap(), [160, 4], frozen);
    }
    let config = ActorCriticConfig { discount: 0.0, environments: 4, steps: 5, ..Default::default() };
    learns("actor-critic", Choice::new(&device), ActorCritic::new(stage(), config, 1).unwrap(), [1000, 20], "");
}

/// Settings out of range, and networks that do not fit, are refused before the first step.
#[test]
fn what_does_not_fit() {
    let stage = || Stage::new(CartPole::default);
    let message = |config: DqnConfig| Dqn::<Q>::new(stage(), config, 0).unwrap_err().to_string();
    assert_eq!(message(DqnConfig { discount: 1.5, ..dqn_config() }), "`discount` is 1.5; expected a number in 0..=1");
    assert_eq!(message(DqnConfig { memory: 0, ..dqn_config() }), "`memory` is 0; expected 1 to 10000000");
    assert!(message(DqnConfig { target: Follow::copy(0), ..dqn_config() }).contains("`every` 0"));
    let mut net = CatchQ::new(&Cpu::default());
    let mut optimizer = Adam::new(&net, AdamConfig::default());
    let mut task = Dqn::new(stage(), dqn_config(), 0).unwrap();
    let mut trainer = Trainer::new(Until::Epochs(1));
    let error = trainer.fit(&mut net, &Cpu::default(), &mut optimizer, &mut task, &Loader::new(Turns(4), 2)).unwrap_err();
    assert_eq!(error.to_string(), "`CatchQ` takes [[1, 10, 10]], but the observations of the environment are [4]");
    let mut net = Policy::new(&Cpu::default());
    let mut optimizer = Adam::new(&net, AdamConfig::default());
    let mut task = Dqn::new(stage(), dqn_config(), 0).unwrap();
    let mut trainer = Trainer::new(Until::Epochs(1));
    let error = trainer.fit(&mut net, &Cpu::default(), &mut optimizer, &mut task, &Loader::new(Turns(4), 2)).unwrap_err();
    assert_eq!(error.to_string(), "`Policy` returns [[2], [1]]; the agent needs [2] for the value of each action");
    let mut task = ActorCritic::new(stage(), ActorCriticConfig::default(), 0).unwrap();
    let mut trainer = Trainer::new(Until::Epochs(1));
    let error = trainer.fit(&mut net, &Cpu::default(), &mut optimizer, &mut task, &Loader::new(Turns(4), 2)).unwrap_err();
    assert_eq!(error.to_string(), "a batch of 2 steps; the agent takes 16 in each of 8 environments");
}
