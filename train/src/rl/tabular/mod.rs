//! Reinforcement learning with tables, before any network: a small world whose states can be counted.
//!
//! [`GridWorld`] is known as a model (where each action leads, with which probability), from which [`value_iteration`] and [`policy_iteration`] compute the
//! best values, and as an environment, in which [`QLearning`] finds them by acting.
//!
//! ```
//! use layercake_train::rl::tabular::{GridWorld, QLearning, policy_iteration, value_iteration};
//!
//! let world = GridWorld::small();
//! let values = value_iteration(&world, 0.9, 1e-10);
//! let (policy, same) = policy_iteration(&world, 0.9);
//! assert!(values.iter().zip(&same).all(|(a, b)| (a - b).abs() < 1e-6));
//! println!("{}", world.arrows(&policy));
//!
//! let mut learner = QLearning::new(&world, 0.9, 1);
//! learner.episodes(100);
//! println!("{}", world.arrows(&learner.policy()));
//! ```

mod grid;
mod iteration;
mod picture;
mod q_learning;

pub use grid::{Action, GridWorld};
pub use iteration::{greedy, policy_iteration, policy_values, value_iteration};
pub use picture::draw;
pub use q_learning::QLearning;
