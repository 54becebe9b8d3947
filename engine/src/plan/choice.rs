//! Which layout a plan has.

use layercake_ir::{Graph, Op, each_operation};

use super::{At, Given, Key, Runnable, lanes};
use crate::{Mode, layers::channels::Order};

/// Which axis of the values is innermost in memory, and so fills the vectors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// The images of a lane. A batch is divided into lanes, each of which a thread takes through the network.
    Images,
    /// The channels of a position. All threads work on one layer at a time, so a single image fills both vectors and threads. For inference.
    Channels,
}

/// From this many images on, they fill the vectors of a lane.
const MANY: usize = 16;
/// Maps of fewer positions are short work for many threads, and their weights are used a few times only. With many images in a lane, these are
/// faster then.
const LEAST_POSITIONS: usize = 64;
/// Less work than this, in floating-point operations, is done before another thread is awake.
const LEAST_WORK: u64 = 1 << 24;
/// With fewer output channels most of a vector is empty.
const LEAST_CHANNELS: usize = 12;

/// The layout of a plan. It follows from the graph, the batch and the mode, so that the bits do.
pub fn layout(graph: &Graph, key: Key) -> Layout {
    match key.layout {
        _ if key.mode != Mode::Infer => Layout::Images,
        Some(layout) => layout,
        None if suits(graph, key) => Layout::Channels,
        None => Layout::Images,
    }
}

/// Whether most of the work is in layers that have a form with the channels innermost. The others run on one thread, as all do in a single lane.
fn suits(graph: &Graph, key: Key) -> bool {
    let all = graph.flops();
    if all.saturating_mul(key.batch as u64) < LEAST_WORK {
        return false;
    }
    let with_form: Vec<usize> = (0..graph.nodes().len()).filter(|&index| has_form(graph, key, index)).collect();
    let work = |counts: &dyn Fn(usize) -> bool| -> u64 {
        with_form.iter().filter(|&&index| counts(index)).map(|&index| graph.node_flops(index)).sum()
    };
    let positions = |index: usize| {
        let output = &graph.nodes()[index].output;
        output.len() / output.dim(0)
    };
    let least = if lanes::split(graph, key.batch).len() == 1 { all / 2 } else { all / 10 * 9 };
    work(&|_| true) > least && (key.batch < MANY || work(&|index| positions(index) >= LEAST_POSITIONS) > all / 2)
}

fn has_form(graph: &Graph, key: Key, index: usize) -> bool {
    let op = &graph.nodes()[index].op;
    let narrow = matches!(op, Op::Conv2d(_) | Op::Conv1d(_)) && graph.nodes()[index].output.dim(0) < LEAST_CHANNELS;
    let at = At { graph, index, key, norms: &mut Vec::new() };
    let given = Given { first: 0, order: Order::Channels };
    !narrow && each_operation!(op, op => op.form(&at, given).is_some(), else false)
}

#[cfg(test)]
mod tests {
    use layercake_ir::{
        Builder, INFER, Shape,
        ops::{Conv2d, Lstm, Relu, Steps},
    };

    use super::*;

    fn chosen(input: &[usize], outputs: usize, batch: usize, mode: Mode, layout: Option<Layout>) -> Layout {
        let mut builder = Builder::new("One");
        let x = builder.input("input", Shape::new(input)).unwrap();
        let [kernel, stride, padding, dilation] = [[3; 2], [1; 2], [1; 2], [1; 2]];
        let conv = Conv2d { in_channels: INFER, out_channels: outputs, kernel, stride, padding, dilation, groups: 1, bias: true };
        let x = builder.add("conv", conv, &[x]).unwrap();
        let x = builder.add("relu", Relu {}, &[x]).unwrap();
        super::layout(&builder.finish(&[("output", x)]), Key { batch, mode, input_grad: false, layout })
    }

    #[test]
    fn it_follows_from_shapes_batch_and_mode() {
        let maps = [64, 56, 56];
        assert_eq!(chosen(&maps, 64, 1, Mode::Infer, None), Layout::Channels);
        assert_eq!(chosen(&maps, 64, 8, Mode::Infer, None), Layout::Channels);
        assert_eq!(chosen(&maps, 64, 64, Mode::Infer, None), Layout::Channels);
        assert_eq!(chosen(&[512, 4, 4], 512, 8, Mode::Infer, None), Layout::Channels);
        assert_eq!(chosen(&[512, 4, 4], 512, 64, Mode::Infer, None), Layout::Images);
        assert_eq!(chosen(&maps, 64, 1, Mode::Eval, None), Layout::Images);
        assert_eq!(chosen(&maps, 64, 1, Mode::Train, Some(Layout::Channels)), Layout::Images);
        // Little work, and few channels.
        assert_eq!(chosen(&[3, 8, 8], 16, 1, Mode::Infer, None), Layout::Images);
        assert_eq!(chosen(&maps, 4, 8, Mode::Infer, None), Layout::Images);
        assert_eq!(chosen(&[3, 8, 8], 16, 1, Mode::Infer, Some(Layout::Channels)), Layout::Channels);
    }

    #[test]
    fn recurrent_layers_keep_the_images_innermost() {
        let mut builder = Builder::new("Steps");
        let x = builder.input("input", Shape::new(&[64, 256])).unwrap();
        let (layers, bidirectional, dropout, bias, output, states) = (1, false, 0.0, true, Steps::All, false);
        let lstm = Lstm { in_features: INFER, hidden: 256, layers, bidirectional, dropout, bias, output, states };
        let x = builder.add("lstm", lstm, &[x]).unwrap();
        let graph = builder.finish(&[("output", x)]);
        assert_eq!(super::layout(&graph, Key { batch: 1, mode: Mode::Infer, input_grad: false, layout: None }), Layout::Images);
    }
}
