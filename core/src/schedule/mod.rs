//! Learning rate schedules.
//!
//! A [`Schedule`] is a function: it computes the learning rate of step `t` from the initial one. Whether a step is a batch or an epoch is up to the
//! training loop.
//!
//! ```
//! use layercake::schedule::{Cosine, Schedule, WarmUp};
//!
//! // Linear warm-up over 100 steps, then a cosine over 900.
//! let schedule = WarmUp { steps: 100, start_factor: 0.01 }.then(100, Cosine { steps: 900, min_lr: 0.0 });
//! assert!((schedule.lr(0.1, 0) - 0.001).abs() < 1e-12);
//! assert_eq!(schedule.lr(0.1, 100), 0.1);
//! // In a loop: `optimizer.cfg.lr = schedule.lr(0.1, step);`
//! ```
//!
//! | here | `torch.optim.lr_scheduler` |
//! |---|---|
//! | [`Constant`] | |
//! | [`Step`], [`MultiStep`], [`Exponential`] | `StepLR`, `MultiStepLR`, `ExponentialLR` |
//! | [`InverseTime`] | `LambdaLR(lambda t: 1 / (1 + k * t))` |
//! | [`Cosine`] | `CosineAnnealingLR` |
//! | [`WarmUp`] | `LinearLR` |
//! | [`OneCycle`] | `OneCycleLR` |
//! | [`Schedule::then`] | `SequentialLR` |
//! | [`Schedule::times`] | `ChainedScheduler`, where each multiplies |
//! | [`ReduceOnPlateau`] | `ReduceLROnPlateau` |

mod cosine;
mod decay;
mod one_cycle;
mod plateau;
mod sequence;
mod warm_up;

pub use cosine::Cosine;
pub use decay::{Constant, Exponential, InverseTime, MultiStep, Step};
pub use one_cycle::{Annealing, OneCycle};
pub use plateau::{Better, Change, ReduceOnPlateau};
pub use sequence::{Then, Times};
pub use warm_up::WarmUp;

/// The learning rate as a function of the step.
pub trait Schedule {
    /// The learning rate of step `step`, counted from 0, for a base learning rate of `base`.
    fn lr(&self, base: f64, step: usize) -> f64;

    /// This schedule for `steps` steps, then `next`, which counts its steps from 0.
    fn then<N: Schedule>(self, steps: usize, next: N) -> Then<Self, N>
    where
        Self: Sized,
    {
        Then { first: self, steps, next }
    }

    /// The composition of two schedules: the base learning rate of `other` is the one that this schedule gives.
    fn times<N: Schedule>(self, other: N) -> Times<Self, N>
    where
        Self: Sized,
    {
        Times { first: self, other }
    }
}

impl<S: Schedule + ?Sized> Schedule for &S {
    fn lr(&self, base: f64, step: usize) -> f64 {
        (**self).lr(base, step)
    }
}

impl<S: Schedule + ?Sized> Schedule for Box<S> {
    fn lr(&self, base: f64, step: usize) -> f64 {
        (**self).lr(base, step)
    }
}
