//! The layers of the language, as `layercake-ir` specifies them, and their names in other libraries.

mod habits;
mod torch;

pub use habits::{Foreign, Meant, foreign, meant, unsupported_option};
use layercake_ir::Op;
pub use layercake_ir::spec::{Axes, Choice, Default, Kind, Outline, Positions, Spec as Row};
use layercake_ir::spec::{Family, Inputs, Variation};
pub use torch::{order, torch_field};

use crate::spelling;

/// All layers, in the order of messages.
pub fn all() -> impl Iterator<Item = &'static Row> {
    Op::SPECS.iter().copied()
}

/// Whether this layer joins several values.
pub fn is_join(row: &Row) -> bool {
    row.family == Family::Join
}

/// Whether this layer joins values of one shape element by element.
pub fn is_elementwise(row: &Row) -> bool {
    row.inputs == Inputs::Alike
}

/// The names of a recurrent layer's states; None for other layers.
pub fn states(row: &Row) -> Option<&'static [&'static str]> {
    match row.inputs {
        Inputs::States(names) => Some(names),
        _ => None,
    }
}

/// The names of the inputs that a layer may be given besides the current tensor; none for other layers.
pub fn named_inputs(row: &Row) -> &'static [&'static str] {
    match row.inputs {
        Inputs::Named(names) => names,
        _ => &[],
    }
}

/// Whether this layer does not look at the current tensor.
pub fn is_source(row: &Row) -> bool {
    row.inputs == Inputs::Batch
}

/// The value of an option in the layer's example.
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
    // A `2d` layer is not a misspelling of a `1d` layer.
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let own = digits(kind);
    let kinds: Vec<&str> =
        all().map(|row| row.kind).filter(|kind| own.is_empty() || digits(kind).is_empty() || digits(kind) == own).collect();
    spelling::nearest(kind, &kinds).and_then(find)
}

/// The row of this name, ignoring case and underscores: `LSTM`, `max_pool2d`.
pub fn in_other_letters(kind: &str) -> Option<&'static Row> {
    let plain = |text: &str| text.to_lowercase().replace('_', "");
    let own = plain(kind);
    all().find(|row| plain(row.kind) == own)
}

/// Whether a word is a layer's name, possibly misspelled.
pub fn resembles(kind: &str) -> bool {
    kind.starts_with(char::is_uppercase) || nearest(kind).is_some()
}

/// Whether this layer takes the options of another layer that it names.
pub fn is_unpool(row: &Row) -> bool {
    row.kind == "MaxUnpool2d"
}

/// Whether this is the name of a step that contains other steps.
pub fn is_combinator(kind: &str) -> bool {
    matches!(kind, "Residual" | "Repeat" | "Sequential") || find(kind).is_some_and(is_join)
}

#[cfg(test)]
mod guide;
#[cfg(test)]
mod tests;
