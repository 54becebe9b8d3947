//! A whole network as one operation.

use super::prelude::*;
use crate::Graph;
use crate::spec::Spec;

/// Another network, in the place of a layer. Where it has several outputs, one such operation for each, of one name and one behind the
/// other from output 0 on, stand for the one layer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Subgraph {
    /// The network.
    pub graph: &'static Graph,
    /// Which of its outputs this is, from 0.
    pub output: usize,
}

impl Subgraph {
    /// Its specification; it has no options that could be written.
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
            let text = site.start().str(" takes ").num(ports.len());
            let text = text.str(if ports.len() == 1 { " input" } else { " inputs" }).str(", but receives ").num(inputs.len());
            let help = Text::new().str("the current tensor is the first; the tags of the others stand in brackets behind the network");
            return Err(Mistake::new(Part::Layer, text).help(help));
        }
        let mut i = 0;
        while i < ports.len() {
            if !inputs[i].same(&ports[i].shape) {
                let text = site.start().str(" takes ").shape(&ports[i].shape).str(", but receives ").shape(&inputs[i]).str(" ");
                return Err(Mistake::new(Part::Layer, site.from_nth(text, i)));
            }
            i += 1;
        }
        let outputs = self.graph.outputs();
        if self.output < outputs.len() {
            return Ok((self, outputs[self.output].shape));
        }
        let text = Text::new().str("the network ").name(self.graph.name()).str(" has ").num(outputs.len());
        let text = text.str(if outputs.len() == 1 { " output" } else { " outputs" }).str(", and none for tag number ");
        let text = text.num(self.output + 1).str(" behind ").name(site.layer);
        Err(Mistake::new(Part::Layer, text))
    }

    /// Those of the whole network count for its first output.
    pub(crate) const fn multiply_adds(&self, _input: &Shape, _output: &Shape) -> u64 {
        if self.output == 0 { self.graph.flops() / 2 } else { 0 }
    }
}

structural!(Subgraph [infer_all multiply_adds]);
