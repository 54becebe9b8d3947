//! How a batch is split into lanes. This depends on shapes only and never on the number of threads, so results do not depend on the number
//! of threads.

use layercake_ir::{Graph, each_operation};

use super::Runnable;

/// A group of images.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Span {
    /// The first image.
    pub start: usize,
    /// The number of images.
    pub images: usize,
}

/// The maximum number of lanes of a batch of usual size, and so of threads that can work on it. Each lane has its own gradients and scratch memory.
const MOST_LANES: usize = 16;
/// A larger batch has a lane for each so many images, so that as many ranks can work on it.
const IMAGES_OF_A_RANK: usize = 32;
/// Every lane reads all weights, and computes its own sums of the gradients of small ones. A lane is large enough if each weight is used
/// for this many floating-point operations in it. This gives 19 images for LeNet-5, the maximum for a perceptron, and 6 for a VGG.
const OPERATIONS_A_WEIGHT: f64 = 256.0;
/// Larger lanes bring no further gain.
const MOST_IMAGES_NEEDED: f64 = 32.0;
/// If the lanes' copies of a node's gradient are together larger than this, all threads compute the gradient together, each a part of it:
/// summing the copies would take longer than waiting for the slowest lane (about 10 us).
const MOST_COPIES: usize = 200_000;

/// The images of a lane are adjacent, and this many fill a vector of the widest kind. Products with one position (`Linear`) leave the rest
/// of a vector unused.
const VECTOR: usize = 16;

/// Whether most of the arithmetic is in the operations of which this is true, by an operation's node.
fn mostly(graph: &Graph, of: impl Fn(usize) -> bool) -> bool {
    let found = (0..graph.nodes().len()).filter(|&node| of(node)).fold(0u64, |sum, node| sum.saturating_add(graph.node_flops(node)));
    found > graph.flops() / 2
}

/// The lanes of a batch: about a power of two of them, of equal size except for the last, and rounded up to whole vectors where that
/// changes little.
pub fn split(graph: &Graph, batch: usize) -> Vec<Span> {
    let nodes = graph.nodes();
    // Each step of a recurrent layer is a single position, whatever the length of the sequence.
    let recurrent = nodes.iter().any(|node| node.op.recurrent().is_some());
    // Convolutions in tiles, whose transforms work on vectors of images.
    let transforms = || mostly(graph, |node| each_operation!(&nodes[node].op, op => op.transforms(), else false));
    // Maps of each position. A lane of a single image takes its positions as columns; with a few images most of a vector would be empty.
    let by_images = mostly(graph, |node| {
        let input = nodes[node].inputs().first().map(|&input| graph.shape(input));
        input.is_some_and(|input| each_operation!(&nodes[node].op, op => op.by_images(input), else false))
    });
    if by_images && batch < 2 * VECTOR {
        return (0..batch).map(|start| Span { start, images: 1 }).collect();
    }
    let least = if recurrent || by_images || transforms() { VECTOR as f64 } else { 1.0 };
    let needed = (OPERATIONS_A_WEIGHT * graph.params() as f64 / (graph.flops() as f64).max(1.0)).clamp(least, MOST_IMAGES_NEEDED);
    let doublings = (batch as f64 / needed).log2().round().max(0.0) as u32;
    let most = MOST_LANES.max(1 << (batch / IMAGES_OF_A_RANK).max(1).ilog2());
    let lanes = 1usize.checked_shl(doublings).unwrap_or(most).min(most);
    let even = batch.div_ceil(lanes);
    let images = if even * 4 < VECTOR * 3 || lanes == 1 { even } else { even.next_multiple_of(VECTOR) };
    (0..batch).step_by(images).map(|start| Span { start, images: images.min(batch - start) }).collect()
}

/// Whether all threads together compute the gradient of a node with this number of parameters.
pub fn is_wide(params: usize, lanes: usize) -> bool {
    params.saturating_mul(lanes - 1) > MOST_COPIES
}

#[cfg(test)]
mod tests {
    use layercake_ir::{
        Builder, INFER, Op, Shape,
        ops::{self, Linear},
    };

    use super::*;
    use crate::{
        Mode,
        plan::{Key, Plan},
    };

    #[test]
    fn convolutions_in_tiles_have_lanes_of_whole_vectors() {
        let conv = ops::Conv2d {
            in_channels: INFER,
            out_channels: 64,
            kernel: [3; 2],
            stride: [1; 2],
            padding: [1; 2],
            dilation: [1; 2],
            groups: 1,
            bias: true,
        };
        let mut builder = Builder::new("Tiles");
        let x = builder.input("input", Shape::new(&[64, 8, 8])).unwrap();
        let y = builder.add("conv", Op::Conv2d(conv), &[x]).unwrap();
        let graph = builder.finish(&[("output", y)]);
        let plan = Plan::new(&graph, Key { batch: 32, mode: Mode::Train, input_grad: true, layout: None }).unwrap();
        assert_eq!(plan.lanes, [0, 16].map(|start| Span { start, images: 16 }));
        // The step uses the tiles that the lanes were planned for.
        assert!(format!("{:?}", plan.steps[0].layer).contains("tiled: Some"));
    }

    #[test]
    fn maps_of_each_position_have_whole_vectors_or_one_image() {
        let mut builder = Builder::new("Positions");
        let x = builder.input("input", Shape::new(&[128, 64])).unwrap();
        let y = builder.add("fc", Op::Linear(Linear { in_features: INFER, out_features: 64, bias: true }), &[x]).unwrap();
        let graph = builder.finish(&[("output", y)]);
        let images = |batch| split(&graph, batch).iter().map(|lane| lane.images).collect::<Vec<_>>();
        assert_eq!((images(1), images(3), images(31)), (vec![1], vec![1; 3], vec![1; 31]));
        assert_eq!((images(32), images(64), images(100)), (vec![16; 2], vec![16; 4], vec![16, 16, 16, 16, 16, 16, 4]));
    }

    #[test]
    fn so_have_those_that_are_done_by_phases() {
        let (kernel, stride, padding, output_padding, dilation) = ([4; 2], [2; 2], [1; 2], [0; 2], [1; 2]);
        let (in_channels, out_channels, groups, bias) = (INFER, 32, 1, true);
        let op = ops::ConvTranspose2d { in_channels, out_channels, kernel, stride, padding, output_padding, dilation, groups, bias };
        let mut builder = Builder::new("Phases");
        let x = builder.input("input", Shape::new(&[64, 7, 7])).unwrap();
        let y = builder.add("conv", Op::ConvTranspose2d(op), &[x]).unwrap();
        let lanes = split(&builder.finish(&[("output", y)]), 64);
        assert_eq!(lanes, [0, 16, 32, 48].map(|start| Span { start, images: 16 }));
    }

    #[test]
    fn lanes_cover_the_batch() {
        let mut builder = Builder::new("Small");
        let x = builder.input("input", Shape::new(&[4])).unwrap();
        let x = builder.add("fc", Op::Linear(Linear { in_features: INFER, out_features: 3, bias: true }), &[x]).unwrap();
        let graph = builder.finish(&[("output", x)]);
        for batch in [1, 2, 31, 32, 33, 63, 64, 65, 100, 1000, 100_001] {
            let lanes = split(&graph, batch);
            assert!(lanes.len() <= MOST_LANES.max(batch / IMAGES_OF_A_RANK));
            let mut next = 0;
            for lane in &lanes {
                assert!(lane.start == next && lane.images > 0);
                next += lane.images;
            }
            assert_eq!(next, batch);
        }
        assert_eq!(split(&graph, 1).len(), 1);
        assert_eq!(split(&graph, 128).len(), 4);
        // Work for 1,024 ranks.
        assert_eq!(split(&graph, 1024 * 32).len(), 1024);
    }
}
