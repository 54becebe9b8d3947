//! Catching panics of user code and third-party decoders.

use std::any::Any;
use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::sync::Once;

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Runs `work` and returns its result or panic message. Data that `work` modified must not be used after a panic.
///
/// With `panic = "abort"` panics cannot be caught.
pub(super) fn contained<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| text_of(&*panic))
}

/// [`contained`] without the message on stderr, for code with known panics that become errors.
///
/// The first call installs a panic hook that is silent for threads inside this function and calls the previous hook for all others.
pub(super) fn contained_quietly<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    static HOOK: Once = Once::new();
    // Hooks cannot be changed while a thread unwinds.
    let install = || {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            // A thread being destroyed has no flag any more.
            if !QUIET.try_with(Cell::get).unwrap_or(false) {
                before(info);
            }
        }));
    };
    if !std::thread::panicking() {
        HOOK.call_once(install);
    }
    let was = QUIET.replace(true);
    let outcome = contained(work);
    QUIET.set(was);
    outcome
}

/// The message of a panic.
pub(crate) fn text_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panics_become_texts() {
        assert_eq!(contained(|| 3), Ok(3));
        assert_eq!(contained_quietly(|| -> u8 { panic!("number {}", 4) }), Err("number 4".to_owned()));
        assert_eq!(contained_quietly(|| -> u8 { panic!("static") }), Err("static".to_owned()));
        assert_eq!(contained_quietly(|| -> u8 { panic::panic_any(5) }), Err("no message".to_owned()));
        assert!(!QUIET.get(), "reset afterwards");
    }
}
