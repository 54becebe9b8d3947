//! An environment of your own: drive to the middle of a road, and learn it with a policy and a value.
//!
//!     cargo run --release -p layercake-examples --example own_environment

use layercake::optim::{Adam, AdamConfig};
use layercake::prelude::*;
use layercake_train::data::Loader;
use layercake_train::data::rand::{Rng, SeedableRng, rngs::StdRng};
use layercake_train::rl::wrappers::TimeLimit;
use layercake_train::rl::{ActorCritic, ActorCriticConfig, Environment, Space, Stage, Step, Turns};
use layercake_train::{TrainError, Trainer, Until};

/// A car on a road from -1 to 1, which is pushed to the left or to the right. A step costs the distance from the middle.
#[derive(Default)]
struct Road {
    place: f32,
    speed: f32,
}

impl Environment for Road {
    fn observation_space(&self) -> Space {
        Space::symmetric(&[1.0, 1.0])
    }

    fn actions(&self) -> usize {
        3
    }

    fn reset(&mut self, seed: u64) -> Vec<f32> {
        *self = Self { place: StdRng::seed_from_u64(seed).gen_range(-1.0..1.0), speed: 0.0 };
        vec![self.place, self.speed]
    }

    fn step(&mut self, action: usize) -> Step {
        self.speed = 0.9 * self.speed + 0.05 * (action as f32 - 1.0);
        self.place += self.speed;
        // Leaving the road costs as much as staying at its edge for a whole episode.
        let terminated = self.place.abs() > 1.0;
        let reward = if terminated { -40.0 } else { -f64::from(self.place.abs()) };
        Step { observation: vec![self.place, self.speed], reward, terminated, truncated: false }
    }
}

network! {
    Driver: { state: [2] } -> { logits: [3], value: [1] } {
        from state, actor1: Linear(32), Tanh, actor: Linear(3), output logits,
        from state, critic1: Linear(32), Tanh, critic: Linear(1), output value,
    }
}

fn main() -> Result<(), TrainError> {
    let device = Cpu::seed_from_u64(1);
    let mut net = Driver::new(&device);
    let mut optimizer = Adam::new(&net, AdamConfig { lr: 3e-3, ..Default::default() });
    let config = ActorCriticConfig { discount: 0.95, ..Default::default() };
    let mut agent = ActorCritic::new(Stage::new(|| TimeLimit::new(Road::default(), 40)), config, 1)?;
    let turns = Loader::new(Turns(50 * config.steps_per_update()), config.steps_per_update());
    let history = Trainer::new(Until::Epochs(8)).seed(1).fit(&mut net, &device, &mut optimizer, &mut agent, &turns)?;
    history.iter().for_each(|epoch| println!("epoch {}: {}", epoch.epoch, epoch.test));
    let last = history[7].test.get("mean_return").unwrap_or(f64::NAN);
    // From the edge it takes some nine steps to the middle, which cost 4; from the middle nothing.
    assert!(last > -3.0, "a mean return of {last}");
    Ok(())
}
