//! The program that expands the macro.

use std::sync::OnceLock;

/// Whether the macro runs for an editor: in rust-analyzer's server of macros, which has this variable.
pub fn is_editor() -> bool {
    static IS_EDITOR: OnceLock<bool> = OnceLock::new();
    *IS_EDITOR.get_or_init(|| std::env::var_os("RUST_ANALYZER_INTERNALS_DO_NOT_USE").is_some())
}
