//! The tokens of the part that a mistake is about.

use layercake_ir::Part;
use proc_macro2::TokenStream;
use quote::ToTokens;

use crate::ast::Layer;
use crate::layers::{Choice, Row};
use crate::settings::Settings;

/// The part of an argument.
pub fn of(row: &Row, field: &str) -> Option<Part> {
    row.field(field).map(Choice::part)
}

/// The tokens of a part: the argument's value, the branch or tag, or the layer's kind if the user did not write the part.
pub fn tokens(row: &Row, layer: &Layer, operands: &[TokenStream], settings: &Settings, part: Part) -> TokenStream {
    if let Part::Branch(i) = part {
        return operands.get(i).cloned().unwrap_or_else(|| layer.kind.to_token_stream());
    }
    let setting = settings.list.iter().find(|setting| of(row, setting.name).is_some_and(|own| own.same(part)));
    setting.and_then(|setting| setting.tokens.clone()).unwrap_or_else(|| layer.kind.to_token_stream())
}
