//! The environments with a name.

use std::fmt;

use crate::rl::wrappers::TimeLimit;
use crate::rl::{Acrobot, CartPole, Catch, Environment};

/// An environment with a name on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KnownEnvironment {
    /// [`CartPole`], at most 500 steps.
    CartPole,
    /// [`Acrobot`], at most 500 steps.
    Acrobot,
    /// [`Catch`].
    Catch,
}

/// The time limit of `CartPole-v1` and `Acrobot-v1` in Gymnasium.
const MOST_STEPS: usize = 500;

impl KnownEnvironment {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::CartPole, Self::Acrobot, Self::Catch];

    /// The name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::CartPole => "cart-pole",
            Self::Acrobot => "acrobot",
            Self::Catch => "catch",
        }
    }

    /// A one-line description.
    pub const fn description(self) -> &'static str {
        match self {
            Self::CartPole => "balance a pole on a cart; Gymnasium's CartPole-v1",
            Self::Acrobot => "swing a double pendulum above a line; Gymnasium's Acrobot-v1",
            Self::Catch => "catch a falling ball, seen as a picture of 10x10",
        }
    }

    /// The environment with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.name() == name)
    }

    /// Makes the environment.
    pub fn make(self) -> Box<dyn Environment> {
        match self {
            Self::CartPole => Box::new(TimeLimit::new(CartPole::default(), MOST_STEPS)),
            Self::Acrobot => Box::new(TimeLimit::new(Acrobot::default(), MOST_STEPS)),
            Self::Catch => Box::new(Catch::default()),
        }
    }
}

impl fmt::Display for KnownEnvironment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
