//! Panics of code that is not ours: of a data set, or of a decoder that meets a file nobody thought of.

use std::any::Any;
use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::sync::Once;

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// What `work` gives, or what its panic said. What it has changed half-way must not be used afterwards.
///
/// In a program that is built with `panic = "abort"` there is nothing to be caught: a panic ends it.
pub(super) fn contained<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| text_of(&*panic))
}

/// [`contained`] without the message on standard error, for code whose panics are known and become errors like any other.
///
/// The hook that prints it is the process's. The first call puts one in front that keeps quiet for threads that are in here, and hands all others'
/// panics to the one before.
pub(super) fn contained_quietly<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    static HOOK: Once = Once::new();
    // While a thread unwinds, hooks cannot be changed.
    let install = || {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            // A thread that ends has no flag any more.
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

/// What a panic said.
pub(crate) fn text_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "it did not say why".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panics_become_texts() {
        assert_eq!(contained(|| 3), Ok(3));
        assert_eq!(contained_quietly(|| -> u8 { panic!("number {}", 4) }), Err("number 4".to_owned()));
        assert_eq!(contained_quietly(|| -> u8 { panic!("static") }), Err("static".to_owned()));
        assert_eq!(contained_quietly(|| -> u8 { panic::panic_any(5) }), Err("it did not say why".to_owned()));
        assert!(!QUIET.get(), "only in there");
    }
}
