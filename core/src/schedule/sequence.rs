//! Schedules made of schedules.

use serde::{Deserialize, Serialize};

use super::Schedule;

/// One schedule after another: see [`Schedule::then`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Then<A, B> {
    /// The first.
    pub first: A,
    /// How long it lasts.
    pub steps: usize,
    /// The second.
    pub next: B,
}

/// Two schedules at once: see [`Schedule::times`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Times<A, B> {
    /// The first.
    pub first: A,
    /// What it gives goes into this one.
    pub other: B,
}

impl<A: Schedule, B: Schedule> Schedule for Then<A, B> {
    fn lr(&self, base: f64, step: usize) -> f64 {
        if step < self.steps { self.first.lr(base, step) } else { self.next.lr(base, step - self.steps) }
    }
}

impl<A: Schedule, B: Schedule> Schedule for Times<A, B> {
    fn lr(&self, base: f64, step: usize) -> f64 {
        self.other.lr(self.first.lr(base, step), step)
    }
}
