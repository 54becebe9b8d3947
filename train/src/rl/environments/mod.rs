//! Environments, and the list of those with a name.

mod acrobot;
mod cart_pole;
mod catch;
mod known;

pub use acrobot::Acrobot;
pub use cart_pole::CartPole;
pub use catch::Catch;
pub use known::KnownEnvironment;

use rand::rngs::StdRng;

use crate::data::stream;

/// The random numbers of an episode.
pub(super) fn episode(seed: u64) -> StdRng {
    stream("episode", seed, [0; 2])
}
