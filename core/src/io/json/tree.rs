//! JSON with ordered fields and without duplicate fields; `serde_json::Value` guarantees neither.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Number, Value};

/// The maximum integer: larger than any size, and the product of two does not overflow.
pub(super) const MOST_NUMBER: u64 = 1 << 32;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Tree {
    /// A value that is neither a list nor an object.
    Leaf(Value),
    List(Vec<Tree>),
    Object(Vec<(String, Tree)>),
}

impl Tree {
    /// Describes the value, for error messages.
    pub(super) fn describe(&self) -> String {
        match self {
            Tree::Leaf(value) => short(&value.to_string()),
            Tree::List(items) => format!("a list of {}", items.len()),
            Tree::Object(_) => "an object".to_owned(),
        }
    }
}

/// Shortens a part of a file for a message.
pub(super) fn short(text: &str) -> String {
    match text.char_indices().nth(MOST_SHOWN) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}..", &text[..end]),
    }
}

const MOST_SHOWN: usize = 80;

impl From<&str> for Tree {
    fn from(text: &str) -> Self {
        Tree::Leaf(text.into())
    }
}

impl From<usize> for Tree {
    fn from(number: usize) -> Self {
        Tree::Leaf(number.into())
    }
}

impl Serialize for Tree {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Tree::Leaf(value) => value.serialize(serializer),
            Tree::List(items) => items.serialize(serializer),
            Tree::Object(fields) => {
                let mut map = serializer.serialize_map(Some(fields.len()))?;
                fields.iter().try_for_each(|(name, tree)| map.serialize_entry(name, tree))?;
                map.end()
            }
        }
    }
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Planter)
    }
}

struct Planter;

impl<'de> Visitor<'de> for Planter {
    type Value = Tree;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Tree, E> {
        Ok(Tree::Leaf(Value::Null))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Tree, E> {
        Ok(Tree::Leaf(value.into()))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Tree, E> {
        if number > MOST_NUMBER {
            return Err(E::custom(format_args!("the number {number} is above the limit {MOST_NUMBER}")));
        }
        Ok(Tree::Leaf(number.into()))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Tree, E> {
        Ok(Tree::Leaf(number.into()))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Tree, E> {
        Ok(Tree::Leaf(Number::from_f64(number).map_or(Value::Null, Value::Number)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Tree, E> {
        Ok(text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Tree, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Tree::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Tree, A::Error> {
        let mut fields: Vec<(String, Tree)> = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            // Far more than any operation has options. Without the limit, the search for duplicates could take quadratic time.
            if fields.len() == MOST_FIELDS {
                return Err(A::Error::custom(format_args!("an object with more than {MOST_FIELDS} fields")));
            }
            if fields.iter().any(|(other, _)| *other == name) {
                return Err(A::Error::custom(format_args!("duplicate field `{}`", short(&name))));
            }
            fields.push((name, map.next_value()?));
        }
        Ok(Tree::Object(fields))
    }
}

const MOST_FIELDS: usize = 64;
