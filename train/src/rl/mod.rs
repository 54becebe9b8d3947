//! Learning by acting: environments, memories, and agents that the [`Trainer`](crate::Trainer) trains.
//!
//! An agent is a [`Task`](crate::Task) that makes its own data: in each step of the trainer it acts in its environments and returns the loss of what it
//! saw. Checkpoints, resumption to the same bits, schedules, the best weights by validation and run folders are the trainer's.
#![doc = include_str!("../../guide/reinforcement.md")]

mod agents;
mod environment;
mod environments;
mod replay;
mod space;
pub mod tabular;
mod trajectory;
mod vectorized;
pub mod wrappers;

pub use agents::{
    ActorCritic, ActorCriticConfig, AgentConfig, Baseline, Dqn, DqnConfig, Exploration, Recorded, Reinforce, ReinforceConfig, Stage,
    StateMap, TEST_SEEDS, Turns, VALIDATION_SEEDS, play, record,
};
pub use environment::{Environment, Step};
pub use environments::{Acrobot, CartPole, Catch, KnownEnvironment};
pub use replay::{Replay, ReplayMemory, Replayed, SumTree};
pub use space::Space;
pub use trajectory::Trajectory;
pub use vectorized::{Finished, Transition, Vectorized};
