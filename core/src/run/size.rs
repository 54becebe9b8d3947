//! The sizes of the portable path's tensors.

use layercake_ir::{Graph, Node, Op};

/// The number of elements of the largest tensor that a layer needs for a batch: an input, an output, or the columns of a convolution.
pub(crate) fn largest(graph: &Graph, node: &Node, batch: usize) -> u128 {
    let elements = |shape: &layercake_ir::Shape| shape.dims().iter().map(|&size| size as u128).product::<u128>();
    let inputs = node.inputs().iter().map(|&value| elements(graph.shape(value)));
    let outputs = node.values().map(|value| elements(graph.shape(value)));
    let most = inputs.chain(outputs).chain(columns(graph, node)).max().unwrap_or(0);
    most.saturating_mul(batch as u128)
}

/// What a layer gathers of one sample: for each channel and tap a plane of the output's size; for attention, the scores of all heads.
fn columns(graph: &Graph, node: &Node) -> Option<u128> {
    let input = graph.shape(node.inputs()[0]);
    let (channels, positions) = (input.dim(0) as u128, || node.output.dims()[1..].iter().map(|&size| size as u128).product::<u128>());
    let taps = |kernel: &[usize]| kernel.iter().map(|&size| size as u128).product::<u128>();
    match node.op {
        Op::Conv1d(op) => Some(channels * taps(&[op.kernel]) * positions()),
        Op::Conv2d(op) => Some(channels * taps(&op.kernel) * positions()),
        Op::MaskedConv2d(op) => Some(channels * taps(&op.kernel) * positions()),
        Op::ConvTranspose2d(op) => Some(channels * taps(&op.kernel) * positions()),
        Op::MultiheadAttention(op) => Some(op.heads as u128 * channels * channels),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use layercake_ir::ops::{Conv2d, Tanh};
    use layercake_ir::{Builder, INFER, Shape};

    use super::*;

    #[test]
    fn the_columns_of_a_convolution_are_larger_than_its_output() {
        let mut builder = Builder::new("Net");
        let x = builder.input("x", Shape::new(&[3, 10, 8])).unwrap();
        let conv = Conv2d {
            in_channels: INFER,
            out_channels: 2,
            kernel: [3, 5],
            stride: [1; 2],
            padding: [0; 2],
            dilation: [1; 2],
            groups: 1,
            bias: true,
        };
        let x = builder.add("conv", conv, &[x]).unwrap();
        let x = builder.add("tanh", Tanh {}, &[x]).unwrap();
        let graph = builder.finish(&[("y", x)]);
        assert_eq!(largest(&graph, &graph.nodes()[0], 7), 7 * 3 * 15 * 8 * 4);
        assert_eq!(largest(&graph, &graph.nodes()[1], 7), 7 * 2 * 8 * 4);
    }
}
