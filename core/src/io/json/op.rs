//! Operations as fields: `"op": "Conv2d"`, and their options beside it. All that is known here of an operation is what it derives of serde.

use layercake_ir::Op;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::JsonError;
use super::tree::{Tree, short};

/// The options of an operation, in the order in which its struct has them. None for one that cannot be written.
pub(super) fn options(op: &Op) -> Option<Vec<(String, Tree)>> {
    // Serde writes `"ReLU"`, or `{"Conv2d": {..}}`.
    let text = serde_json::to_string(op).ok()?;
    match serde_json::from_str(&text).ok()? {
        Tree::Object(mut variant) => match variant.pop()? {
            (_, Tree::Object(options)) => Some(options),
            _ => None,
        },
        Tree::Leaf(_) => Some(Vec::new()),
        Tree::List(_) => None,
    }
}

/// The operation of this name with these options.
pub(super) fn read(kind: &str, fields: Vec<(String, Tree)>, place: &str) -> Result<Op, JsonError> {
    let place = || place.to_owned();
    if !Op::KINDS.contains(&kind) {
        return Err(JsonError::Operation { place: place(), found: short(kind), known: Op::KINDS.join(", ") });
    }
    let op = match Op::deserialize(Value::from(kind)) {
        Ok(op) => op,
        // It has options.
        Err(_) => with_options(kind, &fields).map_err(|(field, reason)| match field {
            Some(field) => JsonError::Options { place: place(), reason: format!("`{field}`: {}", short(&reason)) },
            None => JsonError::Options { place: place(), reason: short(&reason) },
        })?,
    };
    let known = options(&op).unwrap_or_default();
    match fields.into_iter().find(|(field, _)| known.iter().all(|(other, _)| other != field)) {
        Some((field, _)) => Err(JsonError::Unknown { place: place(), field: short(&field) }),
        None => Ok(op),
    }
}

/// What serde makes of the options, or the field that it stumbles over and the reason.
fn with_options(kind: &str, fields: &[(String, Tree)]) -> Result<Op, (Option<String>, String)> {
    let read = |fields: &mut dyn Iterator<Item = &(String, Tree)>| {
        let mut options = Map::new();
        for (name, tree) in fields {
            options.insert(name.clone(), serde_json::to_value(tree)?);
        }
        Op::deserialize(Value::Object(Map::from_iter([(kind.to_owned(), Value::Object(options))])))
    };
    read(&mut fields.iter()).map_err(|error| {
        let reason = error.to_string();
        // Serde says which field is missing, but not which is wrong: the one without which it stumbles over something else.
        let guilty = |name: &str| {
            let without = read(&mut fields.iter().filter(|(other, _)| other != name));
            !reason.starts_with("missing field") && without.is_err_and(|error| error.to_string() != reason)
        };
        (fields.iter().map(|(name, _)| name).find(|name| guilty(name)).cloned(), reason)
    })
}
