//! Combined schedules.

use serde::{Deserialize, Serialize};

use super::Schedule;

/// Two schedules one after the other: see [`Schedule::then`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Then<A, B> {
    /// The first schedule.
    pub first: A,
    /// The number of steps of the first schedule.
    pub steps: usize,
    /// The second schedule.
    pub next: B,
}

/// The composition of two schedules: see [`Schedule::times`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Times<A, B> {
    /// The first schedule.
    pub first: A,
    /// The schedule whose base is the first one's learning rate.
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
