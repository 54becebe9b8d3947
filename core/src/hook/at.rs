//! Places in a network.

use std::fmt;

use layercake_ir::{Graph, Node};

use super::HookError;

/// A place in a network: an output or an input of a layer.
///
/// Names are those of the network's [`Summary`](crate::Summary): `conv1`, `features.conv2d_1` in a nested network. The name of an input of the network
/// stands for its value. The name of a layer that is applied several times (`reuse`) stands for all applications.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct At {
    layer: String,
    side: Side,
    number: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Side {
    Input,
    Output,
}

impl At {
    /// The output of a layer, as all layers after it receive it: PyTorch's `register_forward_hook` and `register_full_backward_pre_hook`.
    pub fn output(layer: impl Into<String>) -> Self {
        Self { layer: layer.into(), side: Side::Output, number: 0 }
    }

    /// The input of a layer, as this layer alone receives it: PyTorch's `register_forward_pre_hook` and `register_full_backward_hook`.
    pub fn input(layer: impl Into<String>) -> Self {
        Self { layer: layer.into(), side: Side::Input, number: 0 }
    }

    /// The output or input of this number, counted from 0, of a layer with several.
    #[must_use]
    pub fn number(self, number: usize) -> Self {
        Self { number, ..self }
    }

    /// The layer's name.
    pub fn layer(&self) -> &str {
        &self.layer
    }

    /// The value of a graph without nested networks that flows here; of a layer that is applied several times, the last.
    pub(crate) fn value_in<Err: fmt::Display>(&self, graph: &Graph) -> Result<usize, HookError<Err>> {
        let points = self.points(graph)?;
        Ok(points[points.len() - 1].value(graph))
    }

    /// The places of a graph without nested networks that this names.
    pub(super) fn points<Err: fmt::Display>(&self, graph: &Graph) -> Result<Vec<Point>, HookError<Err>> {
        let inputs = graph.inputs().iter().filter(|port| port.name == self.layer && self.side == Side::Output);
        let mut points: Vec<Point> = inputs.map(|port| Point::Value(port.value)).collect();
        let mut count = points.len();
        if self.number > 0 {
            points.clear();
        }
        // A layer that is applied again has a name of its own, and is also meant by the name of the first.
        let is_meant = |node: &Node| node.name == self.layer || node.shares.is_some_and(|owner| graph.nodes()[owner].name == self.layer);
        for (index, node) in graph.nodes().iter().enumerate().filter(|(_, node)| is_meant(node)) {
            count = if self.side == Side::Output { node.outputs() } else { node.inputs().len() };
            if self.number < count {
                points.push(match self.side {
                    Side::Output => Point::Value(node.value + self.number),
                    Side::Input => Point::Edge(index, self.number),
                });
            }
        }
        if count == 0 {
            return Err(HookError::unknown(graph, &self.layer));
        }
        if points.is_empty() {
            return Err(HookError::Number { graph: graph.name.to_string(), at: self.clone(), count });
        }
        Ok(points)
    }
}

/// The first output of the layer of this name.
impl From<&str> for At {
    fn from(layer: &str) -> Self {
        Self::output(layer)
    }
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = if self.side == Side::Input { "input" } else { "output" };
        write!(f, "{side} {} of `{}`", self.number, self.layer)
    }
}

/// A place in a graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Point {
    /// A value, for all that use it.
    Value(usize),
    /// What the node of this index receives as its input of that number.
    Edge(usize, usize),
}

impl Point {
    /// The value that flows there.
    pub(super) fn value(self, graph: &Graph) -> usize {
        match self {
            Self::Value(value) => value,
            Self::Edge(node, input) => graph.nodes()[node].inputs()[input],
        }
    }
}
