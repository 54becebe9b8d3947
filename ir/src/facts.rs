//! What can be counted about a network before it runs.

use crate::ops::Window;
use crate::{Graph, Node, Op};

impl Graph {
    /// The number of trained parameters.
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
    /// Biases, activations, pooling and normalisation are not counted, as PyTorch's `FlopCounterMode` does not count them.
    pub const fn flops(&self) -> u64 {
        let mut total: u64 = 0;
        let mut i = 0;
        while i < self.nodes().len() {
            total = total.saturating_add(self.node_flops(i));
            i += 1;
        }
        total
    }

    /// The part of node `index` in [`Graph::flops`].
    pub const fn node_flops(&self, index: usize) -> u64 {
        let node = &self.nodes()[index];
        let inputs = node.inputs();
        if inputs.is_empty() {
            return 0;
        }
        node.op.multiply_adds(self.shape(inputs[0]), &node.output).saturating_mul(2)
    }

    /// The sum of the nodes' [`Node::mult_adds`].
    pub const fn mult_adds(&self) -> u64 {
        let mut total: u64 = 0;
        let mut i = 0;
        while i < self.nodes().len() {
            total = total.saturating_add(self.nodes()[i].mult_adds());
            i += 1;
        }
        total
    }

    /// The number of elements that one sample's forward pass writes: the sum of all outputs.
    pub const fn activations(&self) -> usize {
        let mut total: usize = 0;
        let mut i = 0;
        while i < self.nodes().len() {
            let written = match self.nodes()[i].op {
                Op::Subgraph(op) if op.output == 0 => op.graph.activations(),
                Op::Subgraph(_) => 0,
                _ => self.nodes()[i].output.len(),
            };
            total = total.saturating_add(written);
            i += 1;
        }
        total
    }

    /// The most elements that are alive at once in one sample's forward pass at inference: at each operation its inputs, its output, and
    /// what later operations still need. Without working in place, which the engine does where it can.
    ///
    /// # Panics
    /// If there are more than [`MAX_VALUES`] values.
    pub const fn peak_activations(&self) -> usize {
        let last_use = self.last_use();
        let mut peak = 0;
        let mut node = 0;
        while node < self.nodes().len() {
            let now = self.inputs().len() + node;
            let mut live: usize = 0;
            let mut value = 0;
            while value <= now {
                // A value is needed from when it is made until its last use.
                if value == now || last_use[value] >= now {
                    live = live.saturating_add(self.shape(value).len());
                }
                value += 1;
            }
            if let Op::Subgraph(op) = self.nodes()[node].op {
                live = live.saturating_add(op.graph.peak_activations());
            }
            if live > peak {
                peak = live;
            }
            node += 1;
        }
        peak
    }

    /// For each value, the number of the last value that is made from it; the outputs are needed to the end.
    const fn last_use(&self) -> [usize; MAX_VALUES] {
        assert!(self.inputs().len() + self.nodes().len() <= MAX_VALUES, "a network has at most 2048 values");
        let mut last = [0; MAX_VALUES];
        let mut node = 0;
        while node < self.nodes().len() {
            let inputs = self.nodes()[node].inputs();
            let mut i = 0;
            while i < inputs.len() {
                last[inputs[i]] = self.inputs().len() + node;
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

    /// `[height, width]` of the input region that one element of the last map sees, along the path on which it grows largest: windows
    /// of convolutions and pools, until the operations that mix all positions (`Flatten`, `Linear`). `[1, 1]` for a network without
    /// windows. An operation that makes a map larger counts as seeing one element.
    ///
    /// # Panics
    /// If there are more than [`MAX_VALUES`] values.
    pub const fn receptive_field(&self) -> [usize; 2] {
        self.reach(Reach { field: [1; 2], step: [1; 2] }).field
    }

    /// The largest reach of any value, where the inputs have `begin`.
    const fn reach(&self, begin: Reach) -> Reach {
        assert!(self.inputs().len() + self.nodes().len() <= MAX_VALUES, "a network has at most 2048 values");
        let mut reaches = [begin; MAX_VALUES];
        let mut most = begin;
        let mut node = 0;
        while node < self.nodes().len() {
            let now = self.inputs().len() + node;
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
            reaches[now] = reach;
            most = most.or(reach);
            node += 1;
        }
        most
    }
}

/// The most values, inputs and nodes together, of a network whose facts are worked out: twice those of the deepest published ones.
pub const MAX_VALUES: usize = 2048;

/// How far one element sees: the region's size, and the distance in the input between two neighbours.
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

    /// Neighbours of a larger map stand closer together; those that fall between two elements of the input count as one apart.
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
            Op::Subgraph(op) if op.output == 0 => op.graph.params(),
            _ => self.op.params().count(),
        }
    }

    /// Multiply-adds of one sample as the tool torchinfo counts them: each parameter, biases too, once for each position of the
    /// output map that it is used at.
    pub const fn mult_adds(&self) -> u64 {
        let params = self.op.params().count() as u64;
        match self.op {
            Op::Subgraph(op) if op.output == 0 => op.graph.mult_adds(),
            // Of what slides a window, convolutions alone have parameters.
            op if op.window().is_some() || matches!(op, Op::ConvTranspose2d(_)) => {
                params.saturating_mul((self.output.len() / self.output.dim(0)) as u64)
            }
            _ => params,
        }
    }
}
