//! `#[derive(Model)]`: a struct of networks, layers and tensors becomes a model.
//!
//! `attributes` reads `#[model(..)]`, `structure` what the struct is made of, `typing` what its generic parameters mean; `expand`,
//! `forward` and `junctions` print. What they print leans on `layercake::__private::part`, which says how fields are walked over.

mod attributes;
mod expand;
mod forward;
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
    // After a mistake the same items stand, as far as they are known, so that what uses them gives no message of its own.
    let items = model.map(|model| expand::model(&model, report.len() == 0));
    quote::quote!(#mistakes #items)
}
