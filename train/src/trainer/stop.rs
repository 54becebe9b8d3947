//! The wish to end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A wish to end a training, from another thread or the handler of a signal. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Nobody wishes it yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Wishes it. Was it wished before?
    pub fn wish(&self) -> bool {
        self.0.swap(true, Ordering::SeqCst)
    }

    /// Is it wished?
    pub fn is_wished(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}
