//! The fields of a JSON object, taken out one by one; a field that remains is an error.

use serde_json::Value;

use super::JsonError;
use super::tree::{Tree, short};

pub(super) struct Fields {
    /// The place of the object, for messages.
    pub place: String,
    fields: Vec<(String, Tree)>,
}

impl Fields {
    /// The fields of a value that must be an object.
    pub(super) fn of(tree: Tree, place: String) -> Result<Self, JsonError> {
        match tree {
            Tree::Object(fields) => Ok(Self { place, fields }),
            other => Err(JsonError::Options { place, reason: format!("expected an object, found {}", other.describe()) }),
        }
    }

    /// Takes a field, if it exists.
    pub(super) fn take(&mut self, field: &str) -> Option<Tree> {
        let at = self.fields.iter().position(|(name, _)| name == field)?;
        Some(self.fields.remove(at).1)
    }

    fn need(&mut self, field: &str) -> Result<Tree, JsonError> {
        self.take(field).ok_or_else(|| JsonError::Missing { place: self.place.clone(), field: field.to_owned() })
    }

    pub(super) fn list(&mut self, field: &str) -> Result<Vec<Tree>, JsonError> {
        match self.need(field)? {
            Tree::List(items) => Ok(items),
            other => Err(self.wrong(field, "a list", &other)),
        }
    }

    pub(super) fn text(&mut self, field: &str) -> Result<String, JsonError> {
        match self.need(field)? {
            Tree::Leaf(Value::String(text)) => Ok(text),
            other => Err(self.wrong(field, "a string", &other)),
        }
    }

    /// A name.
    pub(super) fn name(&mut self) -> Result<String, JsonError> {
        let name = self.text("name")?;
        if name.is_empty() || name.len() > MOST_NAME || name.contains(char::is_control) {
            return Err(self.wrong("name", "1 to 256 bytes without control characters", &Tree::from(&*name)));
        }
        Ok(name)
    }

    /// The error for a field of the wrong type.
    pub(super) fn wrong(&self, field: &str, expected: &str, found: &Tree) -> JsonError {
        let (place, field, expected) = (self.place.clone(), field.to_owned(), expected.to_owned());
        JsonError::Type { place, field, expected, found: found.describe() }
    }

    /// Returns an error if a field remains.
    pub(super) fn done(self) -> Result<(), JsonError> {
        match self.fields.into_iter().next() {
            None => Ok(()),
            Some((field, _)) => Err(JsonError::Unknown { place: self.place, field: short(&field) }),
        }
    }
}

const MOST_NAME: usize = 256;
