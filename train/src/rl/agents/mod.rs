//! Agents: tasks of the trainer that act.

mod actor_critic;
mod config;
mod dqn;
mod draw;
mod exploration;
mod forward;
mod reinforce;
mod stage;
mod turns;
mod variance;

pub use actor_critic::{ActorCritic, ActorCriticConfig};
pub use config::AgentConfig;
pub use dqn::{Dqn, DqnConfig};
pub use draw::{Recorded, StateMap, record};
pub use exploration::Exploration;
pub use reinforce::{Baseline, Reinforce, ReinforceConfig};
pub use stage::{Stage, TEST_SEEDS, VALIDATION_SEEDS, play};
pub use turns::Turns;

use std::fs;
use std::path::Path;

use layercake::io::write_atomically;

use super::Vectorized;
use crate::TrainError;
use crate::checkpoint::at;

/// The file of a checkpoint with the places of the environments.
const ENVIRONMENTS: &str = "environments.json";

/// Saves the places of the environments.
fn save_places(lanes: &Vectorized, folder: &Path) -> Result<(), TrainError> {
    let path = folder.join(ENVIRONMENTS);
    let text = serde_json::to_string(&lanes.places()).expect("plain data can be written as JSON");
    write_atomically(&path, text.as_bytes()).map_err(|source| at(&path, source))
}

/// Brings the environments to the places that [`save_places`] wrote.
fn load_places(lanes: &mut Vectorized, folder: &Path) -> Result<(), TrainError> {
    let path = folder.join(ENVIRONMENTS);
    let text = fs::read_to_string(&path).map_err(|source| at(&path, source))?;
    let places = serde_json::from_str(&text).map_err(|error| error.to_string());
    places.and_then(|places| lanes.restore(places)).map_err(|reason| TrainError::Content { path, reason })
}
