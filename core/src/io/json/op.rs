//! Operations as fields: `"op": "Conv2d"`, and their options beside it. All that is known here of an operation is what it derives of serde.

use std::fmt;

use layercake_ir::Op;
use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::{Map, Value};

use super::JsonError;
use super::tree::Tree;

/// The options of an operation, in the order in which its struct has them. None for one that cannot be written.
pub(super) fn options(op: &Op) -> Option<Vec<(String, Tree)>> {
    // Serde writes `"Relu"`, or `{"Conv2d": {..}}`.
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
    let unknown = || JsonError::Operation { place: place(), found: format!("`{kind}`"), known: variants().join(", ") };
    // The names of Rust's variants differ from PyTorch's in capitals only; which of them is right the operation itself knows.
    let variant = *variants().iter().find(|variant| variant.eq_ignore_ascii_case(kind)).ok_or_else(unknown)?;
    let op = match Op::deserialize(Value::from(variant)) {
        Ok(op) => op,
        // It has options.
        Err(_) => with_options(variant, &fields).map_err(|(field, reason)| match field {
            Some(field) => JsonError::Options { place: place(), reason: format!("`{field}`: {reason}") },
            None => JsonError::Options { place: place(), reason },
        })?,
    };
    if op.kind() != kind {
        return Err(unknown());
    }
    let known = options(&op).unwrap_or_default();
    match fields.into_iter().find(|(field, _)| known.iter().all(|(other, _)| other != field)) {
        Some((field, _)) => Err(JsonError::Unknown { place: place(), field }),
        None => Ok(op),
    }
}

/// What serde makes of the options, or the field that it stumbles over and the reason.
fn with_options(variant: &str, fields: &[(String, Tree)]) -> Result<Op, (Option<String>, String)> {
    let read = |fields: &mut dyn Iterator<Item = &(String, Tree)>| {
        let mut options = Map::new();
        for (name, tree) in fields {
            options.insert(name.clone(), serde_json::to_value(tree)?);
        }
        Op::deserialize(Value::Object(Map::from_iter([(variant.to_owned(), Value::Object(options))])))
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

/// The names of all operations that can be read, as serde knows them.
fn variants() -> &'static [&'static str] {
    Op::deserialize(Asker).map_or_else(|Variants(names)| names, |_| &[])
}

/// Reads nothing, but answers with what it was asked for.
struct Asker;

#[derive(Debug)]
struct Variants(&'static [&'static str]);

impl<'de> Deserializer<'de> for Asker {
    type Error = Variants;

    fn deserialize_enum<V: Visitor<'de>>(self, _: &'static str, variants: &'static [&'static str], _: V) -> Result<V::Value, Variants> {
        Err(Variants(variants))
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Variants> {
        Err(Variants(&[]))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf option unit unit_struct newtype_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}

impl Error for Variants {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Variants(&[])
    }
}

impl fmt::Display for Variants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(", "))
    }
}

impl std::error::Error for Variants {}
