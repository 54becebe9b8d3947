//! The layer in which a pass failed. dfdx's errors have no place for it, so it is kept beside them, for the thread.

use std::cell::RefCell;
use std::fmt;

thread_local! {
    static LAST: RefCell<Option<Place>> = const { RefCell::new(None) };
}

/// A layer that was computed when a device failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Whether it failed in the backward pass.
    pub backward: bool,
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
        f.write_str(if self.backward { "the backward pass of " } else { "" })?;
        write!(f, "`{}` ({}) of `{}` with a batch of {}", self.layer, self.kind, self.graph, self.batch)
    }
}

/// Notes where this thread's last pass failed.
pub(crate) fn note(place: Place) {
    LAST.set(Some(place));
}

/// Runs a layer's part of a pass, and notes the layer if that fails. dfdx panics where it reads a result of a kernel that failed.
pub(crate) fn within<T, Err, P: Fn() -> Place>(place: P, work: impl FnOnce() -> Result<T, Err>) -> Result<T, Err> {
    struct Failing<P: Fn() -> Place>(P);
    impl<P: Fn() -> Place> Drop for Failing<P> {
        fn drop(&mut self) {
            if std::thread::panicking() {
                note((self.0)());
            }
        }
    }
    let failing = Failing(place);
    work().inspect_err(|_| note((failing.0)()))
}

/// Where this thread's last pass failed, once.
pub(crate) fn take() -> Option<Place> {
    LAST.take()
}
