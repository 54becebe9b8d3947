//! The patches of the data that excite a channel most, and the part of a picture that a unit sees.

use layercake_ir::spec::Family;
use layercake_ir::{Graph, Op};

use super::ExplainError;
use super::probe::{Network, Outcome, Probe};
use crate::hook::At;
use crate::host::wide;
use crate::run::backend::Backend;
use crate::{DynTensor, Scalar};

/// A patch of a picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Patch {
    /// The number of the picture among those that were given.
    pub picture: usize,
    /// What the channel gives there.
    pub value: f64,
    /// The row and column in the layer's output.
    pub at: [usize; 2],
}

/// The patches that excite each channel of a layer most: of each picture the position of the largest value.
#[derive(Debug)]
pub struct Patches {
    layer: At,
    most: usize,
    seen: usize,
    /// For each channel, the best so far, the best first.
    channels: Vec<Vec<Patch>>,
}

impl Patches {
    /// An empty list, of at most `most` patches for each channel of a layer.
    pub fn new(layer: impl Into<At>, most: usize) -> Self {
        Self { layer: layer.into(), most, seen: 0, channels: Vec::new() }
    }

    /// Adds the pictures of a batch.
    ///
    /// # Errors
    /// Returns an error if the layer does not exist or gives no maps `[channels, height, width]`, if the pictures do not fit the network, or if the device fails.
    pub fn add<E: Scalar, D: Backend<E>>(&mut self, network: Network<'_, E, D>, pictures: &DynTensor<E, D>) -> Outcome<(), D> {
        let maps = Probe::new(network, Some(&self.layer))?.value(pictures.value())?;
        let &[batch, channels, height, width] = maps.dims() else {
            let (layer, found) = (self.layer.layer().to_owned(), maps.dims()[1..].to_vec());
            return Err(ExplainError::Layer { layer, method: "a search for patches", expected: "[channels, height, width]", found });
        };
        self.channels.resize(channels, Vec::new());
        for (plane, values) in maps.to_vec().chunks_exact(height * width).enumerate() {
            let best = values.iter().enumerate().max_by(|(_, a), (_, b)| wide(**a).total_cmp(&wide(**b)));
            let Some((position, &value)) = best else { continue };
            let at = [position / width, position % width];
            let patch = Patch { picture: self.seen + plane / channels, value: wide(value), at };
            let list = &mut self.channels[plane % channels];
            let place = list.partition_point(|other| other.value >= patch.value);
            list.insert(place, patch);
            list.truncate(self.most);
        }
        self.seen += batch;
        Ok(())
    }

    /// The patches of each channel, the best first. Empty before pictures were added.
    pub fn channels(&self) -> &[Vec<Patch>] {
        &self.channels
    }
}

/// The rows and columns of the input that a unit at a row and column of a layer depends on, as `[top, left, bottom, right]`, the last two beyond the end. Clipped to
/// the picture. Layers that mix positions other than by windows, such as `Flatten` and attention, depend on all of it.
///
/// # Errors
/// Returns an error if the layer does not exist, or if it or the input has no height and width.
pub fn seen_region<Err: std::fmt::Display>(
    graph: &Graph,
    layer: impl Into<At>,
    [row, column]: [usize; 2],
) -> Result<[usize; 4], ExplainError<Err>> {
    let layer = layer.into();
    let flat = graph.inlined();
    let value = layer.value_in(&flat)?;
    let picture = flat.inputs()[0].shape;
    let shape = flat.shape(value);
    if picture.rank() != 3 || shape.rank() != 3 {
        let (name, found) = (layer.layer().to_owned(), shape.dims().to_vec());
        return Err(ExplainError::Layer { layer: name, method: "the region of a unit", expected: "[channels, height, width]", found });
    }
    let [high, wide] = [shape.dim(1), shape.dim(2)];
    if row >= high || column >= wide {
        return Err(ExplainError::Position { layer: layer.layer().to_owned(), at: vec![row, column], sizes: vec![high, wide] });
    }
    // For each value, the rows and columns that are needed of it: the first and the one behind the last.
    let mut needed: Vec<Option<[[isize; 2]; 2]>> = vec![None; flat.values()];
    needed[value] = Some([row, column].map(|i| [i as isize, i as isize + 1]));
    for node in flat.nodes().iter().rev() {
        let Some(region) = node.values().filter_map(|value| needed[value]).reduce(united) else { continue };
        for &input in node.inputs() {
            let from = through(&node.op, region, flat.shape(input), &node.output);
            needed[input] = Some(needed[input].map_or(from, |other| united(other, from)));
        }
    }
    let [rows, columns] = needed[0].unwrap_or([[0, 0]; 2]);
    let clip = |i: isize, axis: usize| i.clamp(0, picture.dim(axis) as isize) as usize;
    Ok([clip(rows[0], 1), clip(columns[0], 2), clip(rows[1], 1), clip(columns[1], 2)])
}

fn united(a: [[isize; 2]; 2], b: [[isize; 2]; 2]) -> [[isize; 2]; 2] {
    [0, 1].map(|axis| [a[axis][0].min(b[axis][0]), a[axis][1].max(b[axis][1])])
}

/// What an operation needs of an input for a region of its output.
fn through(op: &Op, region: [[isize; 2]; 2], input: &layercake_ir::Shape, output: &layercake_ir::Shape) -> [[isize; 2]; 2] {
    let all =
        || if input.rank() == 3 { [[0, input.dim(1) as isize], [0, input.dim(2) as isize]] } else { [[isize::MIN / 4, isize::MAX / 4]; 2] };
    if input.rank() != 3 || output.rank() != 3 {
        return all();
    }
    if matches!(op, Op::Conv2d(_) | Op::MaskedConv2d(_) | Op::MaxPool2d(_) | Op::AvgPool2d(_))
        && let Some(window) = op.window()
    {
        return [0, 1].map(|axis| {
            let [stride, padding] = [window.stride[axis], window.padding[axis]].map(|size| size as isize);
            let reach = ((window.kernel[axis] - 1) * window.dilation[axis]) as isize;
            [region[axis][0] * stride - padding, (region[axis][1] - 1) * stride - padding + reach + 1]
        });
    }
    let same = input.dim(1) == output.dim(1) && input.dim(2) == output.dim(2);
    let pointwise = match op {
        Op::Softmax(_) | Op::LogSoftmax(_) | Op::Softmin(_) | Op::Glu(_) => false,
        Op::BatchNorm2d(_) | Op::LocalResponseNorm(_) | Op::Concat(_) => true,
        op => match op.spec().family {
            Family::Activation | Family::Regularization => true,
            Family::Join => !matches!(op, Op::MatMul(_)),
            _ => false,
        },
    };
    if same && pointwise { region } else { all() }
}

#[cfg(test)]
mod tests {
    use layercake_ir::{Builder, INFER, Shape, ops};

    use super::*;

    #[test]
    fn regions_by_hand() {
        let mut b = Builder::new("Net");
        let conv = |kernel, stride, padding| ops::Conv2d {
            in_channels: INFER,
            out_channels: 2,
            kernel: [kernel; 2],
            stride: [stride; 2],
            padding: [padding; 2],
            dilation: [1; 2],
            groups: 1,
            bias: true,
        };
        let x = b.input("input", Shape::new(&[1, 20, 24])).unwrap();
        let one = b.add("conv1", conv(3, 2, 1), &[x]).unwrap();
        let relu = b.add("relu", ops::Relu {}, &[one]).unwrap();
        let two = b.add("conv2", conv(5, 1, 2), &[relu]).unwrap();
        let sum = b.add("sum", ops::Add {}, &[two, relu]).unwrap();
        let graph = b.finish(&[("output", sum)]);
        let region = |layer: &str, at| seen_region::<String>(&graph, layer, at);
        assert_eq!(region("conv1", [0, 0]), Ok([0, 0, 2, 2]));
        assert_eq!(region("relu", [3, 4]), Ok([5, 7, 8, 10]));
        assert_eq!(region("sum", [3, 5]), Ok([1, 5, 12, 16]));
        assert!(matches!(region("sum", [10, 0]), Err(ExplainError::Position { .. })));
        assert_eq!(region("sums", [0, 0]).unwrap_err().to_string(), "`Net` has no layer `sums`; did you mean `sum`?");
    }
}
