//! Data, training, checkpoints and run folders. One program, but for `memory.rs`, which measures its whole process.

mod agents;
mod api;
mod best;
mod detection;
mod distributed;
mod embedding;
mod files;
mod gymnasium;
mod health;
mod idx;
mod in_turn;
mod metrics;
mod per_position;
mod readers;
mod report;
mod resume;
mod run_folder;
mod settings;
mod supervised;
#[cfg(feature = "tables")]
mod tables;
mod tensorboard;
mod trainer;
mod weights;
