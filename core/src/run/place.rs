//! The layer in which a pass failed. dfdx's errors have no place for it, so it is kept beside them, for the thread.

use std::cell::RefCell;
use std::fmt;

thread_local! {
    static LAST: RefCell<Option<Place>> = const { RefCell::new(None) };
}

/// A layer that was computed when a device failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The network's name.
    pub graph: String,
    /// The layer's name.
    pub layer: String,
    /// Its operation.
    pub kind: &'static str,
    /// The batch size.
    pub batch: usize,
    /// The size of the largest tensor that the layer needs.
    pub bytes: u128,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` ({}) of `{}` with a batch of {}", self.layer, self.kind, self.graph, self.batch)
    }
}

/// Notes where this thread's last pass failed.
pub(crate) fn note(place: Place) {
    LAST.set(Some(place));
}

/// Where this thread's last pass failed, once.
pub(crate) fn take() -> Option<Place> {
    LAST.take()
}
