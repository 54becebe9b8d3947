//! The environments with a name.

use std::fmt;

use crate::rl::tabular::GridWorld;
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
    /// [`GridWorld::small`], at most 200 steps.
    GridWorld,
}

/// The time limit of `CartPole-v1` and `Acrobot-v1` in Gymnasium.
const MOST_STEPS: usize = 500;
/// The time limit of the small world: a policy may go against a wall forever.
const MOST_STEPS_IN_WORLD: usize = 200;

impl KnownEnvironment {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::CartPole, Self::Acrobot, Self::Catch, Self::GridWorld];

    /// The name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::CartPole => "cart-pole",
            Self::Acrobot => "acrobot",
            Self::Catch => "catch",
            Self::GridWorld => "gridworld",
        }
    }

    /// A one-line description.
    pub const fn description(self) -> &'static str {
        match self {
            Self::CartPole => "balance a pole on a cart; Gymnasium's CartPole-v1",
            Self::Acrobot => "swing a double pendulum above a line; Gymnasium's Acrobot-v1",
            Self::Catch => "catch a falling ball, seen as a picture of 10x10",
            Self::GridWorld => "reach the goal of a small world with walls and pits",
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
            Self::GridWorld => Box::new(TimeLimit::new(GridWorld::small(), MOST_STEPS_IN_WORLD)),
        }
    }
}

impl fmt::Display for KnownEnvironment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
