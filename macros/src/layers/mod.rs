//! The layers of the language, as `layercake-ir` specifies them, and what other libraries call them.

mod habits;
mod torch;

pub use habits::{Foreign, Meant, foreign, meant, unsupported_option};
use layercake_ir::Op;
pub use layercake_ir::spec::{Axes, Choice, Default, Kind, Outline, Positions, Spec as Row};
use layercake_ir::spec::{Family, Inputs, Variation};
pub use torch::{order, torch_field};

use crate::spelling;

/// All layers that can be written, in the order in which messages list them.
pub fn all() -> impl Iterator<Item = &'static Row> {
    Op::SPECS.iter().copied().filter(|row| row.variant != UNPACK.variant)
}

/// What stands behind a recurrent layer for each tensor that it gives, where it gives several. Users do not write it.
pub const UNPACK: &Row = &layercake_ir::ops::Unpack::SPEC;

/// Is this a layer that joins several values?
pub fn is_join(row: &Row) -> bool {
    row.family == Family::Join
}

/// What the final states of a recurrent layer are called behind its name; none for other layers.
pub fn states(row: &Row) -> Option<&'static [&'static str]> {
    match row.inputs {
        Inputs::States(names) => Some(names),
        _ => None,
    }
}

/// The value that an option has in the layer's example.
pub fn shown(row: &Row, option: &str) -> &'static str {
    let value = row.example.split_once(&format!("{option} = ")).map_or("..", |(_, value)| value);
    value.split([',', ')']).next().unwrap_or(value)
}

/// The row of this exact name.
pub fn find(kind: &str) -> Option<&'static Row> {
    all().find(|row| row.kind == kind)
}

/// What an option makes of a layer, where it is another operation: its row, and its name for the option.
pub fn variation(row: &Row, option: &str) -> Option<(&'static Row, &'static str)> {
    variations(row).find(|(_, variation)| variation.option == option).map(|(row, variation)| (row, variation.field))
}

/// The operations that options make of a layer.
pub fn variations(row: &Row) -> impl Iterator<Item = (&'static Row, Variation)> {
    all().filter_map(|other| Some((other, other.variation?))).filter(|(_, variation)| variation.of == row.kind)
}

/// The row whose name was probably meant: the same letters in another case, or a slip of the keyboard.
pub fn nearest(kind: &str) -> Option<&'static Row> {
    // A layer for images is no misspelling of one for sequences.
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let own = digits(kind);
    let kinds: Vec<&str> =
        all().map(|row| row.kind).filter(|kind| own.is_empty() || digits(kind).is_empty() || digits(kind) == own).collect();
    spelling::nearest(kind, &kinds).and_then(find)
}

/// The row of this name but for its case and underscores: `LSTM`, `max_pool2d`.
pub fn in_other_letters(kind: &str) -> Option<&'static Row> {
    let plain = |text: &str| text.to_lowercase().replace('_', "");
    let own = plain(kind);
    all().find(|row| plain(row.kind) == own)
}

/// Does a word stand for a layer, be it misspelt?
pub fn resembles(kind: &str) -> bool {
    kind.starts_with(char::is_uppercase) || nearest(kind).is_some()
}

/// Does this layer take the options of another, which it names?
pub fn is_unpool(row: &Row) -> bool {
    row.kind == "MaxUnpool2d"
}

/// Is this the name of a step that holds other steps?
pub fn is_combinator(kind: &str) -> bool {
    matches!(kind, "Residual" | "Repeat" | "Sequential") || find(kind).is_some_and(is_join)
}

#[cfg(test)]
mod guide;
#[cfg(test)]
mod tests;
