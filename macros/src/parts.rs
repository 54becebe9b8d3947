//! Which argument a shape rule means when it blames a part.

use layercake_ir::Part;
use proc_macro2::TokenStream;
use quote::ToTokens;

use crate::ast::Layer;
use crate::layers::{Choice, Row};
use crate::settings::Settings;

/// The part that an argument is.
pub fn of(row: &Row, field: &str) -> Option<Part> {
    row.field(field).map(Choice::part)
}

/// The tokens that stand for a part: the argument's value, the branch or tag, or the layer's kind where the user wrote none.
pub fn tokens(row: &Row, layer: &Layer, operands: &[TokenStream], settings: &Settings, part: Part) -> TokenStream {
    if let Part::Branch(i) = part {
        return operands.get(i).cloned().unwrap_or_else(|| layer.kind.to_token_stream());
    }
    let setting = settings.list.iter().find(|setting| of(row, setting.name).is_some_and(|own| own.same(part)));
    setting.and_then(|setting| setting.tokens.clone()).unwrap_or_else(|| layer.kind.to_token_stream())
}
