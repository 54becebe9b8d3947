//! `#[model(forward)]`: forward through the fields in order.

use proc_macro2::TokenStream;

use super::expand::Printer;

/// The traits and methods that run the model.
pub fn items(_: &Printer) -> TokenStream {
    TokenStream::new()
}
