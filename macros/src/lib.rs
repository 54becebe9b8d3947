//! The macros of Layercake: `network!` and `#[derive(Model)]`.
//!
//! `network!` is a pipeline of plain functions over plain data, one module a stage, in the order of `network::network`:
//!
//! 1. `parse` turns tokens into the `ast`, whose nodes keep the user's tokens.
//! 2. `check` applies the rules that concern a whole network or block: names, cycles, ports.
//! 3. `lower` expands templates and repetitions and resolves tags and branches: the steps become nodes and values. `resolve` finds each
//!    layer's row in the table `layers` and the values of its arguments (`settings`).
//! 4. `shape` computes every shape with the rules of `layercake-ir`, or leaves the call of the rule to the compiler.
//! 5. `expand` prints the struct, its facts and its methods.
//!
//! `onnx` takes the place of 3 and 4 for a network that is read from a file.
//!
//! For an editor `editor` adds items that only rust-analyzer sees.
//!
//! Mistakes gather in a `report::Report`. Code printed after a mistake still declares the same types, so one mistake gives one message.
//!
//! `model` is `#[derive(Model)]`.

#[cfg(test)]
mod advice;
mod ast;
mod check;
mod editor;
mod expand;
mod flow;
#[cfg(test)]
mod fuzz;
mod host;
mod init;
mod layers;
mod lower;
mod model;
mod network;
mod onnx;
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

/// The implementation of `layercake::network!`, which passes its own crate's path in parentheses first.
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
