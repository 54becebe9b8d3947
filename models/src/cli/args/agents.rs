//! The arguments of models that act.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::values::{Device, threads};

/// Options of models that act.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Options of agents")]
pub(crate) struct AgentArgs {
    /// The environment (see `layercake list`) [default: cart-pole].
    #[arg(long = "env", value_name = "NAME")]
    pub(crate) environment: Option<String>,
    /// What reinforce subtracts from the returns [default: learned].
    #[arg(long, value_enum, value_name = "KIND")]
    pub(crate) baseline: Option<Baseline>,
    /// Double Q-learning: the network chooses the action that the target network evaluates.
    #[arg(long)]
    pub(crate) double: bool,
    /// Draw from the replay memory by priority.
    #[arg(long)]
    pub(crate) prioritized: bool,
    /// Leave out a part of Q-learning, to see what it is for; both if given twice or with a comma.
    #[arg(long, value_enum, value_delimiter = ',', value_name = "PART")]
    pub(crate) without: Vec<Without>,
    /// Leave the replay memory out of the checkpoints: they are smaller, but a resumed run begins with an empty memory, and has other bits.
    #[arg(long)]
    pub(crate) forget_replay: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Baseline {
    /// Nothing.
    None,
    /// A moving average of the returns.
    Average,
    /// The value of the state, learned by the network.
    Learned,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Without {
    /// No replay memory: learn from the newest steps only.
    Replay,
    /// No target network: the network estimates its own targets.
    Target,
}

/// Play an episode with a trained agent, without exploration.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  layercake play dqn --checkpoint runs/dqn-cart-pole-1 --out episode.png
  layercake play dqn --checkpoint runs/dqn-catch-1 --terminal --seed 7")]
pub(crate) struct PlayArgs {
    /// The model (see `layercake list`).
    pub(crate) model: String,
    /// A run folder, or a file of parameters: .safetensors, .pt or .npz.
    #[arg(long, value_name = "PATH")]
    pub(crate) checkpoint: PathBuf,
    /// The environment [default: the one in config.json, otherwise cart-pole].
    #[arg(long = "env", value_name = "NAME")]
    pub(crate) environment: Option<String>,
    /// Seed of the episode.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) seed: u64,
    /// The animation to write, an animated PNG file [default: episode.png, or none with --terminal].
    #[arg(long, value_name = "FILE.png")]
    pub(crate) out: Option<PathBuf>,
    /// Draw the environment with characters while it plays.
    #[arg(long)]
    pub(crate) terminal: bool,
    /// The device; cuda needs a build with the feature `cuda`.
    #[arg(long, value_enum, default_value_t = Device::Cpu)]
    pub(crate) device: Device,
    /// Number of threads [default: one per core].
    #[arg(long, value_name = "N", value_parser = threads)]
    pub(crate) threads: Option<usize>,
}
