//! `#[derive(Model)]`: a struct of networks, layers and tensors becomes a model.
//!
//! `attributes` parses `#[model(..)]`, `structure` the fields, `typing` the meaning of the generic parameters; `expand`,
//! `forward`, `junctions` and `graph` generate code, which uses `layercake::__private::part` to visit the fields.

mod attributes;
mod expand;
mod forward;
mod graph;
mod junctions;
mod structure;
#[cfg(test)]
mod tests;
mod typing;

use proc_macro2::TokenStream;

use crate::report::Report;

/// Expands the derive.
pub fn derive(item: TokenStream) -> TokenStream {
    let input: syn::DeriveInput = match syn::parse2(item) {
        Ok(input) => input,
        Err(error) => return error.to_compile_error(),
    };
    let mut report = Report::default();
    let model = structure::Model::read(&input, &mut report);
    let mistakes = report.to_tokens();
    // After a mistake the same items are declared as far as possible, so that code that uses them causes no further messages.
    let items = model.map(|model| expand::model(&model, report.len() == 0));
    quote::quote!(#mistakes #items)
}
