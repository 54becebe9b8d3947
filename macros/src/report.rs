//! Gathers mistakes, so that one compile shows all of them.

use std::fmt::Display;

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;

/// The mistakes found so far, each with the tokens to underline.
#[derive(Debug, Default)]
pub struct Report {
    errors: Vec<syn::Error>,
}

impl Report {
    /// Adds a mistake about `tokens`.
    pub fn add(&mut self, tokens: impl ToTokens, text: impl Display) {
        let tokens = tokens.into_token_stream();
        let first = tokens.clone().into_iter().next().map_or_else(Span::call_site, |token| token.span());
        let error = if tokens.is_empty() { syn::Error::new(first, text) } else { syn::Error::new_spanned(tokens, text) };
        self.errors.push(error);
    }

    /// Adds a mistake at a place.
    pub fn at(&mut self, span: Span, text: impl Display) {
        self.errors.push(syn::Error::new(span, text));
    }

    /// Adds what `syn` found.
    pub fn push(&mut self, error: syn::Error) {
        self.errors.push(error);
    }

    /// The number of mistakes.
    pub fn len(&self) -> usize {
        self.errors.len()
    }

    /// The mistakes' texts, in the order in which they were found.
    #[cfg(test)]
    pub fn texts(&self) -> Vec<String> {
        self.errors.iter().map(ToString::to_string).collect()
    }

    /// Moves the mistakes of `other` to the end of this report.
    pub fn append(&mut self, other: &mut Report) {
        self.errors.append(&mut other.errors);
    }

    /// Calls of `compile_error!`.
    pub fn to_tokens(&self) -> TokenStream {
        self.errors.iter().map(syn::Error::to_compile_error).collect()
    }
}
