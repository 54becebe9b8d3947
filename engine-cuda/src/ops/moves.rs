//! Operations that move elements: permutations, parts, joins along an axis, zeros at the sides.

use layercake_ir::ops::{self, PadMode};
use layercake_ir::{Op, Shape};

use crate::emit::{At, int};
use crate::kernel::{Arg, Kernel};

use super::Operation;

/// The batch, and the axes of a shape; a shuffle of pixels divides two of them.
const AXES: usize = 6;

/// A box of elements in a tensor: the first one, and the distances along its axes.
#[derive(Clone, Copy, Debug)]
struct Strided {
    begin: usize,
    steps: [usize; AXES],
}

impl Strided {
    /// All elements of `sizes`, the batch first.
    fn whole(sizes: [usize; AXES]) -> Self {
        Self { begin: 0, steps: std::array::from_fn(|axis| sizes[axis + 1..].iter().product()) }
    }

    /// From an index of an axis on.
    fn from(mut self, axis: usize, index: usize) -> Self {
        self.begin += index * self.steps[axis];
        self
    }
}

/// Elements that go from an input to an output. The sizes are those of both boxes; that of the batch is filled in.
#[derive(Clone, Copy, Debug)]
struct Move {
    input: usize,
    output: usize,
    sizes: [usize; AXES],
    from: Strided,
    to: Strided,
}

#[derive(Clone, Debug)]
pub struct Moves {
    moves: Vec<Move>,
    /// Whether the outputs have elements that come from nowhere: zeros.
    zeros: bool,
    /// Whether the inputs have elements that go nowhere: their gradient is zero.
    drops: bool,
}

/// The sizes of a shape with the batch, of 1, before it, and axes of 1 behind it.
fn sizes(shape: &Shape) -> [usize; AXES] {
    std::array::from_fn(|axis| if axis == 0 { 1 } else { shape.dims().get(axis - 1).copied().unwrap_or(1) })
}

impl Moves {
    /// None if it is another operation.
    pub fn new(op: &Op, inputs: &[&Shape], outputs: &[&Shape]) -> Option<Self> {
        let (input, output) = (inputs[0], outputs[0]);
        Some(match op {
            Op::Permute(op) => Self::permuted(op, input, output),
            Op::Transpose(op) => Self::permuted(&op.permutation(input.rank()), input, output),
            Op::PixelShuffle(op) => Self::shuffled(op.factor, input),
            Op::Slice(op) => Self::parts(op.axis, &[(op.start, *output)], input),
            Op::Select(op) => Self::parts(op.axis, &[(op.index, input.with_dim(op.axis, 1))], input),
            Op::Chunk(op) => Self::parts(op.axis, &behind(op.axis, outputs), input),
            Op::Split(op) => Self::parts(op.axis, &behind(op.axis, outputs), input),
            Op::Concat(op) => {
                let whole = sizes(output);
                let part = |(input, (begin, shape)): (usize, (usize, Shape))| {
                    let sizes = sizes(&shape);
                    let to = Strided::whole(whole).from(op.axis + 1, begin);
                    Move { input, output: 0, sizes, from: Strided::whole(sizes), to }
                };
                Self { moves: behind(op.axis, inputs).into_iter().enumerate().map(part).collect(), zeros: false, drops: false }
            }
            Op::Pad(op) if matches!(op.mode, PadMode::Zeros) => {
                let [[top, _], [left, _]] = op.sides();
                let to = Strided::whole(sizes(output));
                let to = if input.rank() == 3 { to.from(2, top).from(3, left) } else { to.from(2, left) };
                let whole = sizes(input);
                let only = Move { input: 0, output: 0, sizes: whole, from: Strided::whole(whole), to };
                Self { moves: vec![only], zeros: true, drops: false }
            }
            _ => return None,
        })
    }

    fn permuted(op: &ops::Permute, input: &Shape, output: &Shape) -> Self {
        let mut from = Strided::whole(sizes(input));
        let steps = from.steps;
        for (axis, &source) in op.axes.as_slice().iter().enumerate() {
            from.steps[axis + 1] = steps[source + 1];
        }
        let only = Move { input: 0, output: 0, sizes: sizes(output), from, to: Strided::whole(sizes(output)) };
        Self { moves: vec![only], zeros: false, drops: false }
    }

    /// `[channels, height, factor, width, factor]` from `[channels, factor, factor, height, width]`.
    fn shuffled(factor: usize, input: &Shape) -> Self {
        let (channels, height, width) = (input.dim(0) / (factor * factor), input.dim(1), input.dim(2));
        let from = Strided::whole([1, channels, factor, factor, height, width]);
        let [batch, channel, down, across, row, column] = from.steps;
        let from = Strided { steps: [batch, channel, row, down, column, across], ..from };
        let sizes = [1, channels, height, factor, width, factor];
        Self { moves: vec![Move { input: 0, output: 0, sizes, from, to: Strided::whole(sizes) }], zeros: false, drops: false }
    }

    /// Parts along an axis, each with its first index.
    fn parts(axis: usize, parts: &[(usize, Shape)], input: &Shape) -> Self {
        let part = |(output, (begin, shape)): (usize, &(usize, Shape))| {
            let sizes = sizes(shape);
            let from = Strided::whole(self::sizes(input)).from(axis + 1, *begin);
            Move { input: 0, output, sizes, from, to: Strided::whole(sizes) }
        };
        let all: usize = parts.iter().map(|(_, shape)| shape.dim(axis)).sum();
        Self { moves: parts.iter().enumerate().map(part).collect(), zeros: false, drops: all < input.dim(axis) }
    }
}

/// Shapes one behind the other along an axis, each with its first index.
fn behind(axis: usize, shapes: &[&Shape]) -> Vec<(usize, Shape)> {
    let mut next = 0;
    let place = |shape: &&Shape| {
        next += shape.dim(axis);
        (next - shape.dim(axis), **shape)
    };
    shapes.iter().map(place).collect()
}

impl Move {
    /// The number of elements, and the arguments that describe both boxes.
    fn args(&self, batch: usize, [from, to]: [Strided; 2]) -> (usize, Vec<Arg>) {
        let n = batch * self.sizes.iter().product::<usize>();
        let numbers = [from.begin, to.begin].into_iter().chain(self.sizes[1..].iter().copied()).chain(from.steps).chain(to.steps);
        (n, std::iter::once(n).chain(numbers).map(int).collect())
    }
}

const BOXES: &str = "int n, int from_begin, int to_begin, int size1, int size2, int size3, int size4, int size5, int from0, int from1, int from2, \
                     int from3, int from4, int from5, int to0, int to1, int to2, int to3, int to4, int to5";

impl Operation for Moves {
    fn takes_functions(&self) -> bool {
        !self.zeros
    }

    fn forward(&mut self, at: &mut At) {
        if self.zeros {
            let y = at.y(0);
            at.zero(y, at.len());
        }
        for part in &self.moves {
            let (n, boxes) = part.args(at.batch(), [part.from, part.to]);
            let kernel = Kernel::new(
                "move_forward",
                &format!("const float *from, float *to, {BOXES}"),
                &at.act(),
                include_str!("../kernels/move_forward.cu"),
            );
            let args = [vec![at.x(part.input), at.y(part.output)], boxes].concat();
            at.each(kernel, n, args);
        }
    }

    fn backward(&mut self, at: &mut At) {
        let mut filled = false;
        for part in &self.moves {
            // A part that nothing depends on gives zeros.
            let Some([g, y]) = at.dy(part.output) else { continue };
            let Some([dx, add]) = at.dx(part.input) else { continue };
            let partial = self.drops || self.moves.iter().any(|other| other.input == part.input && other.output != part.output);
            if partial && add == Arg::Int(0) && !filled {
                at.zero(dx, at.batch() * at.shape(part.input).len());
                filled = true;
            }
            let (n, boxes) = part.args(at.batch(), [part.to, part.from]);
            let signature = format!("const float *g, const float *y, float *to, int add, {BOXES}");
            let kernel = Kernel::new("move_backward", &signature, &at.pull(), include_str!("../kernels/move_backward.cu"));
            let args = [vec![g, y, dx, add], boxes].concat();
            at.each(kernel, n, args);
        }
    }
}
