//! A network as one operation.

use super::prelude::*;
use crate::Graph;
use crate::spec::Spec;

/// A nested network.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Subgraph {
    /// The network.
    pub graph: &'static Graph,
    /// The number of its outputs that are used: the first ones.
    pub outputs: usize,
}

impl Subgraph {
    /// Its specification, which has no options.
    pub const SPEC: Spec = Spec {
        kind: "Network",
        variant: "Subgraph",
        family: Family::Network,
        inputs: Inputs::Any,
        outline: Outline::Unknown,
        ..Spec::PLAIN
    };

    pub(crate) const fn infer_all(self, inputs: &[Shape], site: &Site) -> Result<(Self, Shape), Mistake> {
        let ports = self.graph.inputs();
        if ports.len() != inputs.len() {
            let text = site.start().str(" expects ").num(ports.len());
            let text = text.str(if ports.len() == 1 { " input" } else { " inputs" }).str(", but receives ").num(inputs.len());
            let help = Text::new().str("the current tensor is the first input; the tags of the others go in parentheses after the network");
            return Err(Mistake::new(Part::Layer, text).help(help));
        }
        let mut i = 0;
        while i < ports.len() {
            if !inputs[i].same(&ports[i].shape) {
                let text = site.start().str(" expects ").shape(&ports[i].shape).str(", but receives ").shape(&inputs[i]).str(" ");
                return Err(Mistake::new(Part::Layer, site.from_nth(text, i)));
            }
            i += 1;
        }
        let outputs = self.graph.outputs();
        if 0 < self.outputs && self.outputs <= outputs.len() {
            return Ok((self, outputs[0].shape));
        }
        let text = Text::new().str("the network ").name(self.graph.name()).str(" has ").num(outputs.len());
        let text = text.str(if outputs.len() == 1 { " output" } else { " outputs" }).str(", and none for tag number ");
        let text = text.num(outputs.len() + 1).str(" after ").name(site.layer);
        Err(Mistake::new(Part::Layer, text))
    }

    pub(crate) const fn multiply_adds(&self, _input: &Shape, _output: &Shape) -> u64 {
        self.graph.flops() / 2
    }

    pub(crate) const fn outputs(&self) -> usize {
        self.outputs
    }

    pub(crate) const fn further(&self, index: usize, _: &[Shape], _: &Shape) -> Shape {
        self.graph.outputs()[index].shape
    }
}

structural!(Subgraph [infer_all multiply_adds outputs]);
