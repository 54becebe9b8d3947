//! From one number type to another.

use super::attributes::Op;
use super::importer::Importer;
use super::value::{Kind, Outcome, Value};
use super::{logic, lookup};
use crate::proto::data_type::{self, BFLOAT16, BOOL, DOUBLE, FLOAT, FLOAT16, INT32, INT64};

pub(super) fn convert(i: &mut Importer, op: &Op<'_>) -> Option<Outcome> {
    match op.kind() {
        "Cast" => Some(cast(i, op)),
        _ => None,
    }
}

/// The kind of a number type; None for what is not read.
pub(super) fn kind(number: i32) -> Option<Kind> {
    match number {
        FLOAT | FLOAT16 | BFLOAT16 | DOUBLE => Some(Kind::Float),
        BOOL => Some(Kind::Truth),
        INT32 | INT64 => Some(Kind::Integer),
        number if data_type::is_integer(number) => Some(Kind::Wrapping),
        _ => None,
    }
}

/// Numbers stay what they are; only truth values are computed.
fn cast(i: &mut Importer, op: &Op<'_>) -> Outcome {
    op.ignore(&["saturate", "round_mode"]);
    let mut x = i.data(op, 0)?;
    let number = op.int("to", 0) as i32;
    let name = data_type::name(number);
    let to = kind(number).ok_or_else(|| format!("{name} numbers are not supported"))?;
    if i.shape(x).is_ids() {
        if to == Kind::Integer {
            return Ok(vec![Value::Data(x)]);
        }
        x = lookup::numbers(i, op, x)?;
    }
    match (x.kind, to) {
        (from, to) if from == to && to != Kind::Wrapping => Ok(vec![Value::Data(x)]),
        (_, Kind::Truth) => logic::is_not_zero(i, op, x).map(|value| vec![Value::Data(value)]),
        (Kind::Float, _) => Err(format!("numbers cannot become {name} numbers, which would have to be rounded").into()),
        // Integers of other widths, and of small ones, would wrap around.
        (Kind::Integer | Kind::Wrapping, Kind::Wrapping) => Err(format!("integers cannot become {name} numbers").into()),
        (_, kind) => Ok(vec![Value::Data(super::value::Data { kind, ..x })]),
    }
}
