//! The device of a command.

use clap::ValueEnum;

/// The device of a command.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Device {
    /// The processor.
    #[default]
    Cpu,
    /// The first GPU; needs the feature `cuda`.
    Cuda,
}

impl Device {
    /// Its name in `config.json`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Cuda => "cuda",
        }
    }

    /// The device of this name; the CPU if there is none.
    pub fn named(name: &str) -> Self {
        if name == Self::Cuda.name() { Self::Cuda } else { Self::Cpu }
    }
}
