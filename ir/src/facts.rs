//! Facts about a network that are known before it runs.

use crate::ops::Window;
use crate::spec::Sequence;
use crate::{Graph, Node, Op, Shape};

impl Graph {
    /// The number of layers.
    pub const fn layers(&self) -> usize {
        self.nodes().len()
    }

    /// The number of trained parameters, without those of custom layers ([`crate::ops::Custom`]).
    pub const fn params(&self) -> usize {
        let mut total: usize = 0;
        let mut i = 0;
        while i < self.nodes().len() {
            total = total.saturating_add(self.nodes()[i].param_count());
            i += 1;
        }
        total
    }

    /// The floating-point operations of one sample's forward pass: 2 for each multiply-add of the convolutions and matrix products.
    /// Biases, activations, pooling and normalization are not counted, as PyTorch's `FlopCounterMode` does not count them.
    pub const fn flops(&self) -> u64 {
        let mut total: u64 = 0;
        let mut i = 0;
        while i < self.nodes().len() {
            total = total.saturating_add(self.node_flops(i));
            i += 1;
        }
        total
    }

    /// The floating-point operations of node `index` in [`Graph::flops`].
    pub const fn node_flops(&self, index: usize) -> u64 {
        let node = &self.nodes()[index];
        let inputs = node.inputs();
        if inputs.is_empty() {
            return 0;
        }
        // No operation's cost depends on more inputs.
        let mut shapes = [Shape::UNKNOWN; 4];
        let count = if inputs.len() < shapes.len() { inputs.len() } else { shapes.len() };
        let mut i = 0;
        while i < count {
            shapes[i] = *self.shape(inputs[i]);
            i += 1;
        }
        node.op.multiply_adds(shapes.split_at(count).0, &node.output).saturating_mul(2)
    }

    /// The sum of the nodes' [`Graph::node_mult_adds`].
    pub const fn mult_adds(&self) -> u64 {
        let mut total: u64 = 0;
        let mut i = 0;
        while i < self.nodes().len() {
            total = total.saturating_add(self.node_mult_adds(i));
            i += 1;
        }
        total
    }

    /// The multiply-adds of node `index` for one sample as torchinfo counts them: each parameter, including biases, once per position of
    /// the output or step of the sequence where it is used; 0 for custom layers.
    pub const fn node_mult_adds(&self, index: usize) -> u64 {
        let node = &self.nodes()[index];
        match node.op.recurrent() {
            // If only the last step is output, the number of steps is known from the input.
            Some(_) => (node.op.params().count() as u64).saturating_mul(self.shape(node.inputs()[0]).dim(0) as u64),
            None => node.mult_adds(),
        }
    }

    /// The number of elements that one sample's forward pass writes: the sum of all outputs.
    pub const fn activations(&self) -> usize {
        let mut total: usize = 0;
        let mut i = 0;
        while i < self.nodes().len() {
            let node = &self.nodes()[i];
            if let Op::Subgraph(op) = node.op {
                total = total.saturating_add(op.graph.activations());
            } else {
                let mut output = 0;
                while output < node.outputs() {
                    total = total.saturating_add(node.shape(output).len());
                    output += 1;
                }
            }
            i += 1;
        }
        total
    }

    /// The maximum number of elements that are alive at once in one sample's forward pass at inference: the inputs and outputs of an operation and
    /// the values that later operations need. In-place operation, which the engine uses where possible, is not taken into account.
    ///
    /// # Panics
    /// If there are more than [`MAX_VALUES`] values.
    pub const fn peak_activations(&self) -> usize {
        let mut last_use = self.last_use();
        // The sum over all values may exceed `usize`.
        let mut live: u128 = 0;
        let mut input = 0;
        while input < self.inputs().len() {
            if last_use[input] > 0 {
                live += self.shape(input).len() as u128;
            }
            input += 1;
        }
        let mut peak: u128 = 0;
        let mut node = 0;
        while node < self.nodes().len() {
            let now = node + 1;
            let mut output = 0;
            while output < self.nodes()[node].outputs() {
                live += self.nodes()[node].shape(output).len() as u128;
                output += 1;
            }
            let mut most = live;
            if let Op::Subgraph(op) = self.nodes()[node].op {
                most += op.graph.peak_activations() as u128;
            }
            if most > peak {
                peak = most;
            }
            // Values that are no longer needed are freed, each once.
            let inputs = self.nodes()[node].inputs();
            let mut i = 0;
            while i < inputs.len() {
                if last_use[inputs[i]] == now {
                    last_use[inputs[i]] = 0;
                    live -= self.shape(inputs[i]).len() as u128;
                }
                i += 1;
            }
            let mut output = 0;
            while output < self.nodes()[node].outputs() {
                if last_use[self.nodes()[node].value + output] < now {
                    live -= self.nodes()[node].shape(output).len() as u128;
                }
                output += 1;
            }
            node += 1;
        }
        if peak > usize::MAX as u128 { usize::MAX } else { peak as usize }
    }

    /// For each value, 1 more than the index of the last node that uses it, or 0 if none does; the outputs are needed to the end.
    const fn last_use(&self) -> [usize; MAX_VALUES] {
        assert!(self.values() <= MAX_VALUES, "a network has at most 2048 values");
        let mut last = [0; MAX_VALUES];
        let mut node = 0;
        while node < self.nodes().len() {
            let inputs = self.nodes()[node].inputs();
            let mut i = 0;
            while i < inputs.len() {
                last[inputs[i]] = node + 1;
                i += 1;
            }
            node += 1;
        }
        let mut i = 0;
        while i < self.outputs().len() {
            last[self.outputs()[i].value] = usize::MAX;
            i += 1;
        }
        last
    }

    /// `[height, width]` of the input region that one element of the last image depends on, along the path where it grows largest: windows
    /// of convolutions and pools, up to the operations that mix all positions (`Flatten`, `Linear`). `[1, 1]` for a network without
    /// windows. Upsampling counts as depending on one element.
    ///
    /// # Panics
    /// If there are more than [`MAX_VALUES`] values.
    pub const fn receptive_field(&self) -> [usize; 2] {
        self.reach(Reach { field: [1; 2], step: [1; 2] }).field
    }

    /// Whether the [receptive field](Graph::receptive_field) is meaningful: the network has an image as input and windows, and no layer
    /// works on a sequence, whose steps depend on each other.
    pub const fn has_receptive_field(&self) -> bool {
        let mut i = 0;
        let mut map = false;
        while i < self.inputs().len() {
            map = map || self.inputs()[i].shape.rank() == 3;
            i += 1;
        }
        map && self.slides() && !self.reads_sequences()
    }

    /// Whether the network has a two-dimensional window.
    const fn slides(&self) -> bool {
        let mut i = 0;
        while i < self.nodes().len() {
            let node = &self.nodes()[i];
            let here = match node.op {
                Op::Subgraph(op) => op.graph.slides(),
                op => op.window().is_some() && node.output.rank() == 3,
            };
            if here {
                return true;
            }
            i += 1;
        }
        false
    }

    /// Whether a layer works on `[length, features]` or `[channels, length]`.
    const fn reads_sequences(&self) -> bool {
        let mut i = 0;
        while i < self.nodes().len() {
            let node = &self.nodes()[i];
            let here = match node.op {
                Op::Subgraph(op) => op.graph.reads_sequences(),
                op => match op.spec().sequence {
                    Sequence::Always => true,
                    Sequence::OfTwoAxes => node.output.rank() == 2,
                    Sequence::Never => op.window().is_some() && node.output.rank() == 2,
                },
            };
            if here {
                return true;
            }
            i += 1;
        }
        false
    }

    /// The largest reach of any value, if the inputs have `begin`.
    const fn reach(&self, begin: Reach) -> Reach {
        assert!(self.values() <= MAX_VALUES, "a network has at most 2048 values");
        let mut reaches = [begin; MAX_VALUES];
        let mut most = begin;
        let mut node = 0;
        while node < self.nodes().len() {
            let inputs = self.nodes()[node].inputs();
            let mut reach = reaches[inputs[0]];
            let mut i = 1;
            while i < inputs.len() {
                reach = reach.or(reaches[inputs[i]]);
                i += 1;
            }
            if let Op::Subgraph(op) = self.nodes()[node].op {
                reach = op.graph.reach(reach);
            }
            if let Some(window) = self.nodes()[node].op.window() {
                reach = reach.through(&window);
            }
            if let Some(times) = self.nodes()[node].op.magnify() {
                reach = reach.magnified(times);
            }
            let mut output = 0;
            while output < self.nodes()[node].outputs() {
                reaches[self.nodes()[node].value + output] = reach;
                output += 1;
            }
            most = most.or(reach);
            node += 1;
        }
        most
    }
}

/// The maximum number of values (inputs and outputs of nodes) of a network whose facts are computed: twice those of the deepest published networks.
pub const MAX_VALUES: usize = 2048;

/// The receptive field of one element: the region's size, and the distance in the input between two neighbors.
#[derive(Clone, Copy)]
struct Reach {
    field: [usize; 2],
    step: [usize; 2],
}

impl Reach {
    const fn through(mut self, window: &Window) -> Self {
        let mut axis = 0;
        while axis < 2 {
            self.field[axis] = self.field[axis].saturating_add((window.span(axis) - 1).saturating_mul(self.step[axis]));
            self.step[axis] = self.step[axis].saturating_mul(window.stride[axis]);
            axis += 1;
        }
        self
    }

    /// Upsampling moves neighbors closer together; neighbors between two elements of the input count as one apart.
    const fn magnified(mut self, times: [usize; 2]) -> Self {
        let mut axis = 0;
        while axis < 2 {
            self.step[axis] = self.step[axis].div_ceil(if times[axis] == 0 { 1 } else { times[axis] });
            axis += 1;
        }
        self
    }

    /// The larger of two, along each axis.
    const fn or(mut self, other: Self) -> Self {
        let mut axis = 0;
        while axis < 2 {
            if other.field[axis] > self.field[axis] {
                self.field[axis] = other.field[axis];
            }
            if other.step[axis] > self.step[axis] {
                self.step[axis] = other.step[axis];
            }
            axis += 1;
        }
        self
    }
}

impl Node {
    /// The number of trained parameters that the node owns.
    pub const fn param_count(&self) -> usize {
        match self.op {
            _ if self.shares.is_some() => 0,
            Op::Subgraph(op) => op.graph.params(),
            _ => self.op.params().count(),
        }
    }

    /// [`Graph::node_mult_adds`] as far as it is known from the node alone: for a recurrent layer, those of one step.
    pub const fn mult_adds(&self) -> u64 {
        if let Op::Subgraph(op) = self.op {
            return op.graph.mult_adds();
        }
        (self.op.params().count() as u64).saturating_mul(self.op.uses(&self.output) as u64)
    }
}
