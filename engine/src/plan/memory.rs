//! The memory of a plan, so that a plan that is too large is refused before anything is allocated.

use layercake_ir::{Graph, each_operation};

use super::{Framed, Key, Plan, Runnable};
use crate::{
    EngineError,
    kernels::memory,
    layers::{Axis, map_size, windows},
};

/// More bytes than any machine has. Below this, no size of a plan overflows.
const MOST: u128 = 1 << 46;
/// The bytes per element of the tables with source positions.
const TABLE: u128 = 96;

/// Refuses a graph if a layer's values, frames and tables need more memory than there is, before these are computed.
pub fn check_layers(graph: &Graph, key: Key) -> Result<(), EngineError> {
    match largest(graph, key) {
        Some((index, bytes)) => check(graph, index, key, bytes),
        None => Ok(()),
    }
}

/// Refuses a plan whose buffers need more memory than there is.
pub fn check_plan(plan: &Plan, graph: &Graph, key: Key) -> Result<(), EngineError> {
    match largest(graph, key) {
        Some((index, _)) => check(graph, index, key, plan.bytes()),
        None => Ok(()),
    }
}

fn check(graph: &Graph, index: usize, key: Key, bytes: u128) -> Result<(), EngineError> {
    if bytes <= MOST && memory::is_there(bytes) {
        return Ok(());
    }
    Err(EngineError::TooLarge { layer: graph.nodes()[index].name.to_string(), batch: key.batch, bytes })
}

/// The layer that needs most memory, and the approximate number of bytes.
fn largest(graph: &Graph, key: Key) -> Option<(usize, u128)> {
    (0..graph.nodes().len()).map(|index| (index, layer(graph, index, key))).max_by_key(|&(_, bytes)| bytes)
}

/// The approximate number of bytes of one layer: its values, tensors, data for the backward pass, frame and tables.
fn layer(graph: &Graph, index: usize, key: Key) -> u128 {
    let node = &graph.nodes()[index];
    let inputs: Vec<u128> = node.inputs().iter().map(|&value| graph.shape(value).len() as u128).collect();
    let outputs = node.shapes().map(|shape| shape.len() as u128);
    let values = inputs.iter().copied().chain(outputs).fold(0u128, u128::saturating_add);
    let params = node.op.params().as_slice().iter().fold(0u128, |sum, param| sum.saturating_add(param.shape.len() as u128));
    let input = graph.shape(node.inputs()[0]);
    let kept = each_operation!(&node.op, op => op.kept(input, &node.output), else 0);
    let by_tables = each_operation!(&node.op, op => op.by_tables(), else false);
    let tables = if by_tables { values.saturating_mul(TABLE) } else { params.saturating_mul(size_of::<usize>() as u128) };
    let numbers = values.saturating_add(kept).saturating_add(frame(graph, index)).saturating_mul(key.batch as u128);
    numbers.saturating_add(params).saturating_mul(size_of::<f32>() as u128).saturating_add(tables)
}

/// The number of elements of a convolution's frame, for one image.
fn frame(graph: &Graph, index: usize) -> u128 {
    let node = &graph.nodes()[index];
    let input = graph.shape(node.inputs()[0]);
    let framed = each_operation!(&node.op, op => op.framed(input, &node.output), else None);
    let Some(Framed { window, large, small, channels }) = framed else { return 0 };
    let [down, across] = [0, 1].map(|axis| Axis::most(windows(window, map_size(large), map_size(small), axis)));
    down.saturating_mul(across).saturating_mul(channels as u128)
}

impl Plan {
    /// The number of bytes of one run's buffers.
    pub fn bytes(&self) -> u128 {
        let params: u128 = self.params.iter().map(|param| param.len as u128).sum();
        let lanes: u128 = self.lanes.iter().map(|span| crate::exec::lane_numbers(self, span.images)).sum();
        let packed: u128 = self.steps.iter().map(|step| step.layer.packs() as u128).sum();
        (self.staging() as u128 + params + packed + lanes) * size_of::<f32>() as u128
    }
}

#[cfg(test)]
mod tests {
    use layercake_ir::{Builder, INFER, Shape, ops::Conv2d};

    use super::*;
    use crate::Mode;

    fn planned(input: &[usize], [kernel, stride, padding, dilation]: [usize; 4], channels: usize) -> Result<u128, EngineError> {
        let conv = Conv2d {
            in_channels: INFER,
            out_channels: channels,
            kernel: [kernel; 2],
            stride: [stride; 2],
            padding: [padding; 2],
            dilation: [dilation; 2],
            groups: 1,
            bias: true,
        };
        let mut builder = Builder::new("One");
        let x = builder.input("input", Shape::new(input)).unwrap();
        let y = builder.add("block1.conv", conv, &[x]).unwrap();
        let graph = builder.finish(&[("output", y)]);
        let key = Key { batch: 2, mode: Mode::Train, input_grad: true, layout: None };
        Plan::new(&graph, key).map(|plan| plan.bytes())
    }

    #[test]
    fn a_padding_that_no_window_reads_costs_nothing() {
        let far = 1 << 40;
        for [kernel, stride, padding, dilation] in [[3, 2 * far, far, 1], [2, 1, far, 2 * far + 7], [3, 4 * far, far, far / 2]] {
            let bytes = planned(&[3, 8, 8], [kernel, stride, padding, dilation], 4).unwrap();
            assert!(bytes < 100_000, "{bytes} bytes with {:?}", [kernel, stride, padding, dilation]);
        }
    }

    #[test]
    fn what_is_too_large_is_named() {
        for (padding, channels) in [(1 << 20, 4), (1 << 26, 4), (1 << 28, 1)] {
            let Err(error) = planned(&[3, 8, 8], [3, 1, padding, 1], channels) else { panic!("a padding of {padding} is planned") };
            let EngineError::TooLarge { layer, batch: 2, bytes } = &error else { panic!("{error}") };
            assert!(layer == "block1.conv" && *bytes > 1 << 40, "{error}");
            assert!(error.to_string().contains("`block1.conv`") && error.to_string().contains(&bytes.to_string()), "{error}");
        }
    }
}
