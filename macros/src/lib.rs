//! The macros of Layercake: `network!`.
//!
//! A pipeline of plain functions over plain data. `parse` turns tokens into the `ast`, each node with the user's tokens;
//! `check` and `names` look at whole networks; `resolve` finds each layer's row in the `layers` table and the values of its
//! arguments; `shape` asks `layercake-ir`'s rules; `expand` prints. Mistakes gather in a `report::Report`, and what is printed
//! after one still names the same types, so that one mistake gives one message.

#[cfg(test)]
mod advice;
mod ast;
mod check;
mod expand;
mod flow;
#[cfg(test)]
mod fuzz;
mod init;
mod layers;
mod lower;
mod model;
mod network;
mod params;
mod parse;
mod parts;
mod python;
mod report;
mod resolve;
mod settings;
mod shape;
mod spelling;
#[cfg(test)]
mod testing;
mod text;
mod value;

use proc_macro::TokenStream;

/// Behind `layercake::network!`, which puts its own crate's path between brackets in front.
#[doc(hidden)]
#[proc_macro]
pub fn network_impl(tokens: TokenStream) -> TokenStream {
    network::network(tokens.into()).into()
}

#[allow(missing_docs, reason = "`layercake::Model` has the text, to which one of here would be added")]
#[proc_macro_derive(Model, attributes(model))]
pub fn derive_model(item: TokenStream) -> TokenStream {
    model::derive(item.into()).into()
}
