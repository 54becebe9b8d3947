//! Which argument a shape rule means when it blames a part.

use layercake_ir::Part;
use proc_macro2::TokenStream;
use quote::ToTokens;

use crate::ast::Layer;
use crate::layers::{Default, Kind, Positions, Row};
use crate::settings::{Num, Settings, Value};

/// The part that an argument is; None for those that no rule blames.
pub fn of(row: &Row, field: &str) -> Option<Part> {
    match row.positions {
        Positions::InOut { input, .. } if field == input => Some(Part::In),
        Positions::InOut { output, .. } if field == output => Some(Part::Out),
        Positions::Features(features) if field == features => Some(Part::In),
        _ => row.option(field)?.part,
    }
}

/// The tokens that stand for a part: the argument's value, or the layer's kind where the user wrote none.
pub fn tokens(row: &Row, layer: &Layer, settings: &Settings, part: Part) -> TokenStream {
    let setting = settings.list.iter().find(|setting| of(row, setting.name).is_some_and(|own| own.same(part)));
    setting.and_then(|setting| setting.tokens.clone()).unwrap_or_else(|| layer.kind.to_token_stream())
}

/// Does the output's shape depend on a part? After a mistake about another one, it is still known.
pub fn shapes_output(part: Part) -> bool {
    !matches!(part, Part::In | Part::Groups | Part::Probability | Part::Eps | Part::Momentum | Part::NegativeSlope)
}

/// Gives a part its default value. False if it has none, or has it already.
pub fn reset(row: &Row, settings: &mut Settings, part: Part) -> bool {
    let Some(setting) = settings.list.iter_mut().find(|setting| of(row, setting.name).is_some_and(|own| own.same(part))) else {
        return false;
    };
    let choice = row.option(setting.name);
    let default = match choice.map_or(Default::Infer, |choice| choice.default) {
        Default::Infer => Value::Size(Num::Known(layercake_ir::INFER)),
        Default::Size(size) if choice.is_some_and(|choice| choice.kind == Kind::Pair) => Value::Pair([Num::Known(size), Num::Known(size)]),
        Default::Size(size) => Value::Size(Num::Known(size)),
        Default::Float(number) => Value::Float(Num::Known(number)),
        Default::Bool(value) => Value::Bool(Num::Known(value)),
        Default::Required | Default::Same(_) => return false,
    };
    setting.tokens.take().is_some() && setting.value.replace(default).is_some()
}
