//! Collects mistakes, so that one compilation shows all of them.

use std::fmt::Display;

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;

/// The mistakes so far, each with the tokens to underline.
#[derive(Debug, Default)]
pub struct Report {
    mistakes: Vec<Mistake>,
}

#[derive(Debug)]
struct Mistake {
    place: Place,
    text: String,
}

#[derive(Debug)]
enum Place {
    Tokens(TokenStream),
    At(Span),
    /// Where `syn` reported it.
    Syn(syn::Error),
}

impl Report {
    /// Adds a mistake about `tokens`.
    pub fn add(&mut self, tokens: impl ToTokens, text: impl Display) {
        self.mistakes.push(Mistake { place: Place::Tokens(tokens.into_token_stream()), text: text.to_string() });
    }

    /// Adds a mistake at a place.
    pub fn at(&mut self, span: Span, text: impl Display) {
        self.mistakes.push(Mistake { place: Place::At(span), text: text.to_string() });
    }

    /// Adds an error of `syn`.
    pub fn push(&mut self, error: syn::Error) {
        self.mistakes.push(Mistake { text: error.to_string(), place: Place::Syn(error) });
    }

    /// The number of mistakes.
    pub fn len(&self) -> usize {
        self.mistakes.len()
    }

    /// The mistakes' texts, in the order in which they were found.
    #[cfg(test)]
    pub fn texts(&self) -> Vec<String> {
        self.mistakes.iter().map(|mistake| mistake.text.clone()).collect()
    }

    /// The underlined tokens and the text of each mistake.
    #[cfg(test)]
    pub fn list(&self) -> Vec<(TokenStream, String)> {
        let tokens = |mistake: &Mistake| match &mistake.place {
            Place::Tokens(tokens) => tokens.clone(),
            Place::At(_) | Place::Syn(_) => TokenStream::new(),
        };
        self.mistakes.iter().map(|mistake| (tokens(mistake), mistake.text.clone())).collect()
    }

    /// Appends a note to all mistakes.
    pub fn annotate(&mut self, note: &str) {
        self.mistakes.iter_mut().for_each(|mistake| mistake.text.push_str(note));
    }

    /// Removes the mistakes whose texts `keep` rejects.
    pub fn retain(&mut self, mut keep: impl FnMut(&str) -> bool) {
        self.mistakes.retain(|mistake| keep(&mistake.text));
    }

    /// Moves the mistakes of `other` to the end of this report.
    pub fn append(&mut self, other: &mut Report) {
        self.mistakes.append(&mut other.mistakes);
    }

    /// Calls of `compile_error!`.
    pub fn to_tokens(&self) -> TokenStream {
        self.mistakes.iter().map(|mistake| mistake.error().to_compile_error()).collect()
    }
}

impl Mistake {
    fn error(&self) -> syn::Error {
        match &self.place {
            Place::Tokens(tokens) if tokens.is_empty() => syn::Error::new(Span::call_site(), &self.text),
            Place::Tokens(tokens) => syn::Error::new_spanned(tokens, &self.text),
            Place::At(span) => syn::Error::new(*span, &self.text),
            Place::Syn(error) => error.clone(),
        }
    }
}
