//! What uses a value of the file.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::Importer;
use crate::import::attributes::Op;
use crate::import::value::{Const, Value};
use crate::proto;

/// Who uses which name.
#[derive(Default)]
pub(in crate::import) struct Uses {
    /// Outputs of the file.
    outputs: HashSet<String>,
    /// How often each name is used, outputs of the file included.
    counts: HashMap<String, usize>,
    /// For each name that one `Add` uses, its other input.
    added: HashMap<String, String>,
    /// For each condition of a `Where`, what is chosen if it holds.
    chosen: HashMap<String, String>,
}

impl Uses {
    pub(super) fn of(graph: &proto::Graph) -> Self {
        let mut uses = Self::default();
        uses.tally(graph, 0);
        for output in &graph.output {
            *uses.counts.entry(output.name.clone()).or_insert(0) += 1;
            uses.outputs.insert(output.name.clone());
        }
        uses
    }

    /// Counts how often each name is used, in branches too.
    fn tally(&mut self, graph: &proto::Graph, depth: usize) {
        for node in &graph.node {
            for name in node.input.iter().filter(|name| !name.is_empty()) {
                *self.counts.entry(name.clone()).or_insert(0) += 1;
            }
            match (node.op_type.as_str(), &node.input[..]) {
                ("Add", [a, b]) => {
                    self.added.insert(a.clone(), b.clone());
                    self.added.insert(b.clone(), a.clone());
                }
                ("Where", [condition, yes, _]) => _ = self.chosen.insert(condition.clone(), yes.clone()),
                _ => {}
            }
            for inner in node.attribute.iter().filter_map(|attribute| attribute.g.as_ref()).filter(|_| depth < 8) {
                self.tally(inner, depth + 1);
                for output in &inner.output {
                    *self.counts.entry(output.name.clone()).or_insert(0) += 1;
                }
            }
        }
    }
}

impl Importer {
    /// The constant that the only `Add` behind an output adds, if nothing else uses the output.
    pub(in crate::import) fn bias_behind(&self, output: &str) -> Option<Rc<Const>> {
        if self.uses.counts.get(output) != Some(&1) {
            return None;
        }
        match self.values.get(self.uses.added.get(output)?)? {
            Value::Const(found) => Some(Rc::clone(found)),
            _ => None,
        }
    }

    /// Whether the output of a node is nothing but the condition under which its first input is chosen.
    pub(in crate::import) fn chooses_its_input(&self, op: &Op<'_>) -> bool {
        let (Some(input), Some(output)) = (op.node.input.first(), op.node.output.first()) else { return false };
        self.uses.counts.get(output) == Some(&1) && self.uses.chosen.get(output) == Some(input)
    }

    /// Whether the first output of a node is one of the file.
    pub(in crate::import) fn is_output(&self, op: &Op<'_>) -> bool {
        op.node.output.first().is_some_and(|name| self.uses.outputs.contains(name))
    }

    /// Whether anything uses an output of a node.
    pub(in crate::import) fn is_used(&self, op: &Op<'_>, output: usize) -> bool {
        op.node.output.get(output).is_some_and(|name| self.uses.counts.contains_key(name))
    }
}
