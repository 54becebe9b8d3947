//! From one node to the next.

use std::rc::Rc;

use super::Importer;
use crate::import::attributes::Op;
use crate::import::value::{Outcome, Stop, Value};
use crate::import::{
    activation, attention, cast, convolution, einsum, elementwise, extremum, fold, integers, literal, logic, lookup, moves, norm, pool,
    product, recurrent, reduce, repeat, reshape, resize, samples,
};
use crate::{Refusal, proto};

/// The most nodes that are refused before the rest is not looked at.
const MOST_REFUSALS: usize = 1000;

impl Importer {
    pub(super) fn run(&mut self, nodes: &[proto::Node], depth: usize) {
        for node in nodes {
            if self.refusals.len() >= MOST_REFUSALS {
                return;
            }
            let op = Op::of(node);
            let outcome = self.convert(&op, depth);
            let outcome = match (outcome, op.strange()) {
                (Ok(_), Some(attribute)) => Err(Stop::Because(format!("the attribute `{attribute}` is not supported"))),
                (outcome, _) => outcome,
            };
            let values = match outcome {
                Ok(values) => values,
                Err(stop) => {
                    if let Stop::Because(reason) = stop {
                        self.refuse(node, reason);
                    }
                    Vec::new()
                }
            };
            let values = values.into_iter().chain(std::iter::repeat(Value::Unknown));
            for (name, value) in node.output.iter().zip(values).filter(|(name, _)| !name.is_empty()) {
                self.values.insert(name.clone(), value);
            }
        }
    }

    fn refuse(&mut self, node: &proto::Node, reason: String) {
        let name = if node.name.is_empty() { node.output.first() } else { Some(&node.name) };
        let operator = if node.domain.is_empty() { node.op_type.clone() } else { format!("{}.{}", node.domain, node.op_type) };
        self.refusals.push(Refusal { node: name.cloned().unwrap_or_default(), operator, reason });
    }

    fn convert(&mut self, op: &Op<'_>, depth: usize) -> Outcome {
        if !(op.node.domain.is_empty() || op.node.domain == "ai.onnx") {
            return Err("operators of this domain are not supported".into());
        }
        if op.kind() == "If" {
            return self.branch(op, depth);
        }
        if let Some(found) = samples::fold(self, op)? {
            return Ok(found);
        }
        if let Some(folded) = fold::fold(self, op)? {
            for result in &folded {
                self.spend(result.elements.len())?;
            }
            return Ok(folded.into_iter().map(|result| Value::Const(Rc::new(result))).collect());
        }
        integers::check(self, op)?;
        let before = self.refusals.len();
        let outcome = None
            .or_else(|| elementwise::convert(self, op))
            .or_else(|| logic::convert(self, op))
            .or_else(|| cast::convert(self, op))
            .or_else(|| activation::convert(self, op))
            .or_else(|| product::convert(self, op))
            .or_else(|| convolution::convert(self, op))
            .or_else(|| pool::convert(self, op))
            .or_else(|| resize::convert(self, op))
            .or_else(|| norm::convert(self, op))
            .or_else(|| reshape::convert(self, op))
            .or_else(|| repeat::convert(self, op))
            .or_else(|| moves::convert(self, op))
            .or_else(|| lookup::convert(self, op))
            .or_else(|| reduce::convert(self, op))
            .or_else(|| extremum::convert(self, op))
            .or_else(|| einsum::convert(self, op))
            .or_else(|| attention::convert(self, op))
            .or_else(|| recurrent::convert(self, op));
        debug_assert_eq!(before, self.refusals.len(), "an operator returns its refusal");
        outcome.unwrap_or_else(|| Err(Stop::from("there is no layer for this operator")))
    }

    /// `If` whose condition is known: the nodes of one branch, in place of the node.
    fn branch(&mut self, op: &Op<'_>, depth: usize) -> Outcome {
        let (yes, no) = (op.find("then_branch"), op.find("else_branch"));
        let condition = self.constant(op, 0)?.single().ok_or("the condition is not a constant")?;
        if depth >= 8 {
            return Err("more than 8 branches in one another".into());
        }
        let branch = if condition != 0.0 { yes } else { no };
        let graph = branch.and_then(|attribute| attribute.g.as_ref()).ok_or("a branch is missing")?;
        for tensor in &graph.initializer {
            let found = literal::read(tensor).map_err(|reason| format!("the tensor `{}`: {reason}", tensor.name))?;
            self.values.insert(tensor.name.clone(), Value::Const(Rc::new(found)));
        }
        self.run(&graph.node, depth + 1);
        Ok(graph.output.iter().map(|output| self.values.get(&output.name).cloned().unwrap_or(Value::Unknown)).collect())
    }
}
