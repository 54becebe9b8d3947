//! The attributes of a node.

use std::cell::RefCell;

use crate::proto;

use super::value::{Outcome, Stop};

/// A node. It notes which attributes were asked for: one that nobody asked for is not supported.
pub(super) struct Op<'a> {
    pub node: &'a proto::Node,
    asked: RefCell<Vec<&'static str>>,
}

impl<'a> Op<'a> {
    pub(super) fn of(node: &'a proto::Node) -> Self {
        Self { node, asked: RefCell::new(Vec::new()) }
    }

    pub(super) fn kind(&self) -> &'a str {
        &self.node.op_type
    }

    pub(super) fn find(&self, name: &'static str) -> Option<&'a proto::Attribute> {
        self.asked.borrow_mut().push(name);
        self.node.attribute.iter().find(|attribute| attribute.name == name)
    }

    /// States that these attributes make no difference.
    pub(super) fn ignore(&self, names: &[&'static str]) {
        self.asked.borrow_mut().extend(names);
    }

    pub(super) fn int(&self, name: &'static str, default: i64) -> i64 {
        self.find(name).and_then(|attribute| attribute.i).unwrap_or(default)
    }

    pub(super) fn ints(&self, name: &'static str) -> Option<&'a [i64]> {
        self.find(name).map(|attribute| attribute.ints.as_slice())
    }

    /// Sizes and distances.
    pub(super) fn sizes(&self, name: &'static str) -> Outcome<Option<Vec<usize>>> {
        let Some(ints) = self.ints(name) else { return Ok(None) };
        let sizes = ints.iter().map(|&int| usize::try_from(int)).collect::<Result<_, _>>();
        sizes.map(Some).map_err(|_| Stop::from(format!("`{name}` is {ints:?}")))
    }

    pub(super) fn float(&self, name: &'static str, default: f64) -> f64 {
        // The shortest decimal that gives this f32: 0.01 and not 0.00999999977648258.
        let shortest = |number: f32| number.to_string().parse().unwrap_or(f64::from(number));
        self.find(name).and_then(|attribute| attribute.f).map_or(default, shortest)
    }

    pub(super) fn text(&self, name: &'static str, default: &'static str) -> String {
        self.find(name).and_then(|attribute| attribute.s.as_ref()).map_or(default.to_owned(), |s| String::from_utf8_lossy(s).into_owned())
    }

    pub(super) fn texts(&self, name: &'static str) -> Vec<String> {
        let found = self.find(name).map(|attribute| &attribute.strings[..]).unwrap_or_default();
        found.iter().map(|s| String::from_utf8_lossy(s).into_owned()).collect()
    }

    /// An attribute that nobody asked for.
    pub(super) fn strange(&self) -> Option<&'a str> {
        let asked = self.asked.borrow();
        self.node.attribute.iter().map(|attribute| attribute.name.as_str()).find(|name| !asked.contains(name))
    }
}
