//! What can be counted about a network before it runs.

use crate::{Graph, Node, Op, Shape};

impl Graph {
    /// The number of trained parameters.
    pub const fn params(&self) -> usize {
        let mut total: usize = 0;
        let mut i = 0;
        while i < self.nodes().len() {
            total = total.saturating_add(self.nodes()[i].params().count());
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

    /// The number of elements that one sample's forward pass writes: the sum of all outputs.
    pub const fn activations(&self) -> usize {
        let mut total: usize = 0;
        let mut i = 0;
        while i < self.nodes().len() {
            total = total.saturating_add(self.nodes()[i].output.len());
            i += 1;
        }
        total
    }

    /// `[height, width]` of the input region that one element of the last map sees, along the longest path: windows of convolutions
    /// and pools, until the first operation that mixes all positions (`Flatten`, `Linear`). `[1, 1]` for a network without windows.
    pub const fn receptive_field(&self) -> [usize; 2] {
        let mut field = [1usize; 2];
        let mut step = [1usize; 2];
        let mut i = 0;
        while i < self.nodes().len() {
            if let Some(window) = self.nodes()[i].op.window() {
                let mut axis = 0;
                while axis < 2 {
                    field[axis] = field[axis].saturating_add((window.span(axis) - 1).saturating_mul(step[axis]));
                    step[axis] = step[axis].saturating_mul(window.stride[axis]);
                    axis += 1;
                }
            }
            i += 1;
        }
        field
    }
}

impl Node {
    /// Multiply-adds of one sample as the tool torchinfo counts them: each parameter, biases too, once for each position of the
    /// output map that it is used at.
    pub const fn mult_adds(&self) -> u64 {
        let params = self.params().count() as u64;
        match self.op {
            Op::Conv2d(_) => params.saturating_mul(positions(&self.output)),
            _ => params,
        }
    }
}

/// Height times width.
const fn positions(shape: &Shape) -> u64 {
    (shape.dim(1) as u64).saturating_mul(shape.dim(2) as u64)
}
