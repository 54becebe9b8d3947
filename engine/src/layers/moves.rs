//! Operations whose output elements are weighted sums of a few input elements: `Permute`, `Pad`, `Upsample`, `AdaptiveAvgPool2d`,
//! `Mean` and `Sum`; and `Amax` and `Amin`, the maximum and minimum of a few elements.

use std::sync::Arc;

use layercake_ir::{
    Shape,
    ops::{self, Interpolation, PadMode, Sizes},
};

use super::{Layer, Reads, Site, map_size, pool2d::partition};
use crate::{
    EngineError,
    kernels::{
        pool2d::Mean,
        runs::{self, Run, Runs},
    },
    plan::{At, Runnable},
};

/// The input elements of an output element, with their weights.
type Taps = Vec<(usize, f64)>;

/// A linear map, applied to each plane.
#[derive(Clone, Debug)]
pub struct Moves {
    forward: Runs,
    backward: Runs,
}

impl Moves {
    /// From the taps of each element of an output plane.
    fn new(from: usize, taps: impl Iterator<Item = Taps>) -> Self {
        let (mut list, mut open): (Vec<Run>, Vec<Run>) = Default::default();
        let (mut to, mut read) = (0, vec![0usize; from]);
        let mut alone = true;
        for taps in taps {
            alone &= taps.len() < 2;
            for (i, &(at, weight)) in taps.iter().enumerate() {
                read[at] += 1;
                let weight = weight as f32;
                match open.get_mut(i) {
                    Some(run) if run.from + run.len == at && run.to + run.len == to && run.weight == weight => run.len += 1,
                    Some(run) => list.push(std::mem::replace(run, Run { from: at, to, len: 1, weight })),
                    None => open.push(Run { from: at, to, len: 1, weight }),
                }
            }
            to += 1;
        }
        list.append(&mut open);
        list.sort_by_key(|run| (run.to, run.from));
        let mut turned: Vec<Run> = list.iter().map(|run| run.turned()).collect();
        turned.sort_by_key(|run| (run.to, run.from));
        let backward = Runs { list: turned, from: to, to: from, alone: read.iter().all(|&count| count < 2) };
        Self { forward: Runs { list, from, to, alone }, backward }
    }

    /// From the taps of each row and column, for maps of this size.
    fn of_axes([height, width]: [usize; 2], rows: &[Taps], columns: &[Taps]) -> Self {
        let place = |row: &Taps, column: &Taps| {
            let line = |&(y, by)| column.iter().map(move |&(x, weight): &(usize, f64)| (y * width + x, by * weight));
            row.iter().flat_map(line).collect()
        };
        Self::new(height * width, rows.iter().flat_map(|row| columns.iter().map(move |column| place(row, column))))
    }

    /// Permutes the axes.
    pub fn permute(op: &ops::Permute, input: &Shape) -> Self {
        let axes = op.axes.as_slice();
        // Leading axes that stay in place form the planes.
        let kept = axes.iter().enumerate().take_while(|(to, from)| to == *from).count();
        let sizes: Vec<usize> = axes[kept..].iter().map(|&axis| input.dim(axis)).collect();
        let steps: Vec<usize> = axes[kept..].iter().map(|&axis| input.dims()[axis + 1..].iter().product()).collect();
        let len = sizes.iter().product();
        Self::new(len, (0..len).map(|to| vec![(place(to, &sizes, &steps), 1.0)]))
    }

    /// Moves channels into pixels. The maps that form one output map are a plane.
    pub fn pixel_shuffle(op: &ops::PixelShuffle, input: &Shape) -> Self {
        let (factor, [height, width]) = (op.factor, map_size(input));
        let len = factor * factor * height * width;
        let source = move |to: usize| {
            let (row, column) = (to / (width * factor), to % (width * factor));
            let map = row % factor * factor + column % factor;
            (map * height + row / factor) * width + column / factor
        };
        Self::new(len, (0..len).map(|to| vec![(source(to), 1.0)]))
    }

    /// Pads rows and columns of a map, or of a sequence as a map of height 1.
    pub fn pad(op: &ops::Pad, input: &Shape) -> Self {
        let size = super::map_size(input);
        let [rows, columns] = [0, 1].map(|axis| {
            let ([before, after], size) = (op.sides()[axis], size[axis]);
            let source = |to: usize| match op.mode {
                _ if (before..before + size).contains(&to) => Some(to - before),
                PadMode::Zeros => None,
                PadMode::Replicate => Some(if to < before { 0 } else { size - 1 }),
                // The edge is not repeated.
                PadMode::Reflect => Some(if to < before { before - to } else { 2 * (size - 1) - (to - before) }),
            };
            (0..before + size + after).map(|to| source(to).map(|from| (from, 1.0)).into_iter().collect()).collect::<Vec<Taps>>()
        });
        Self::of_axes(size, &rows, &columns)
    }

    /// Upsamples a map.
    pub fn upsample(op: &ops::Upsample, input: &Shape) -> Self {
        let size = super::map_size(input);
        let [rows, columns] = [0, 1].map(|axis| {
            let (size, scale) = (size[axis], op.scale[axis]);
            let taps = |to: usize| match op.mode {
                Interpolation::Nearest => vec![(to / scale, 1.0)],
                Interpolation::BedOfNails if to.is_multiple_of(scale) => vec![(to / scale, 1.0)],
                Interpolation::BedOfNails => Vec::new(),
                Interpolation::Bilinear => between(op, to, size, scale),
            };
            (0..size * scale).map(taps).collect::<Vec<_>>()
        });
        Self::of_axes(size, &rows, &columns)
    }

    /// Adaptive mean pooling: the windows differ in size by at most one.
    pub fn adaptive_mean(op: &ops::AdaptiveAvgPool2d, input: &Shape) -> Self {
        let size = super::map_size(input);
        let [rows, columns] = [0, 1].map(|axis| {
            let (size, count) = (size[axis], op.output_size[axis]);
            let window = |to: usize| {
                let window = to * size / count..((to + 1) * size).div_ceil(count);
                window.clone().map(|at| (at, 1.0 / window.len() as f64)).collect()
            };
            (0..count).map(window).collect::<Vec<_>>()
        });
        Self::of_axes(size, &rows, &columns)
    }

    /// The sum over axes, times a weight.
    fn over(axes: &Sizes, input: &Shape, weight: f64) -> Self {
        let dims = input.dims();
        // Axes before the first reduced one form the planes.
        let first = (0..dims.len()).find(|&axis| axes.contains(axis)).unwrap_or(0);
        let of = |gone: bool| -> (Vec<usize>, Vec<usize>) {
            let kept = (first..dims.len()).filter(|&axis| axes.contains(axis) == gone);
            kept.map(|axis| (dims[axis], dims[axis + 1..].iter().product::<usize>())).unzip()
        };
        let ((sizes, steps), (gone_sizes, gone_steps)) = (of(false), of(true));
        let len = dims[first..].iter().product();
        let gone: usize = gone_sizes.iter().product();
        let taps = |to: usize| {
            let base = place(to, &sizes, &steps);
            (0..gone).map(|at| (base + place(at, &gone_sizes, &gone_steps), weight)).collect()
        };
        Self::new(len, (0..len / gone).map(taps))
    }

    /// The mean over axes.
    pub fn mean(op: &ops::Mean, input: &Shape) -> Self {
        let gone: usize = op.axes.as_slice().iter().map(|&axis| input.dim(axis)).product();
        Self::over(&op.axes, input, 1.0 / gone as f64)
    }
}

/// The two neighbors of a position of an upsampled axis.
fn between(op: &ops::Upsample, to: usize, size: usize, scale: usize) -> Taps {
    let [first, second] = op.between(to, size, scale);
    if second.1 == 0.0 || first.0 == second.0 { vec![(first.0, 1.0)] } else { vec![first, second] }
}

/// The position of element `at` of a value with these sizes, where `steps` are the strides of its axes.
fn place(at: usize, sizes: &[usize], steps: &[usize]) -> usize {
    let (mut rest, mut place) = (at, 0);
    for (size, step) in sizes.iter().zip(steps).rev() {
        place += rest % size * step;
        rest /= size;
    }
    place
}

impl Layer for Moves {
    fn reads(&self) -> Reads {
        Reads::Nothing
    }

    fn forward(&self, at: &mut Site, y: &mut [f32]) {
        runs::apply(&self.forward, at.images(), at.x(0), y, false);
    }

    fn input_grad(&self, _: usize, at: &mut Site, dy: &[f32], dx: &mut [f32], add: bool) {
        runs::apply(&self.backward, at.images(), dy, dx, add);
    }
}

/// The maximum or minimum over axes.
#[derive(Clone, Debug)]
pub struct Extreme {
    runs: Runs,
    minimum: bool,
}

impl Extreme {
    /// Over these axes of a value of this shape.
    fn new(axes: &ops::Sizes, input: &Shape, minimum: bool) -> Self {
        Self { runs: Moves::over(axes, input, 1.0).forward, minimum }
    }

    fn find(&self, images: usize, x: &[f32], y: &mut [f32]) {
        if self.minimum { runs::min_forward(&self.runs, images, x, y) } else { runs::max_forward(&self.runs, images, x, y) }
    }
}

impl Layer for Extreme {
    fn reads(&self) -> Reads {
        Reads::Inputs
    }

    /// A plane of maxima (minima), which are computed again, and the number of elements that share each.
    fn scratch(&self, images: usize, backward: bool) -> [usize; 2] {
        [0, if backward { 2 * self.runs.to * images } else { 0 }]
    }

    fn forward(&self, at: &mut Site, y: &mut [f32]) {
        self.find(at.images(), at.x(0), y);
    }

    fn input_grad(&self, _: usize, at: &mut Site, dy: &[f32], dx: &mut [f32], add: bool) {
        if !add {
            dx.fill(0.0);
        }
        let (images, x) = (at.images(), at.x(0));
        let (from, to) = (self.runs.from * images, self.runs.to * images);
        for ((x, dy), dx) in x.chunks_exact(from).zip(dy.chunks_exact(to)).zip(dx.chunks_exact_mut(from)) {
            let (found, counts) = at.spare[..2 * to].split_at_mut(to);
            self.find(images, x, found);
            runs::max_backward(&self.runs, images, [x, found, dy], dx, counts);
        }
    }
}

/// Implements [`Runnable`] for operations that move elements by tables.
macro_rules! by_tables {
    ($($op:ident: |$this:ident, $at:ident| $layer:expr;)*) => {
        $(impl Runnable for ops::$op {
            fn layer(&self, $at: &mut At<'_>) -> Result<Arc<dyn Layer>, EngineError> {
                let $this = self;
                Ok($layer)
            }

            fn by_tables(&self) -> bool {
                true
            }
        })*
    };
}

by_tables! {
    Upsample: |op, at| Arc::new(Moves::upsample(op, at.input()));
    Permute: |op, at| Arc::new(Moves::permute(op, at.input()));
    Transpose: |op, at| Arc::new(Moves::permute(&op.permutation(at.input().rank()), at.input()));
    PixelShuffle: |op, at| Arc::new(Moves::pixel_shuffle(op, at.input()));
    Pad: |op, at| Arc::new(Moves::pad(op, at.input()));
    Mean: |op, at| Arc::new(Moves::mean(op, at.input()));
    Sum: |op, at| Arc::new(Moves::over(&op.axes, at.input(), 1.0));
    Amax: |op, at| Arc::new(Extreme::new(&op.axes, at.input(), false));
    Amin: |op, at| Arc::new(Extreme::new(&op.axes, at.input(), true));
    AdaptiveAvgPool2d: |op, at| adaptive_mean(op, at.input());
}

/// Equal windows give the same as a mean pool.
fn adaptive_mean(op: &ops::AdaptiveAvgPool2d, input: &Shape) -> Arc<dyn Layer> {
    let (size, output) = (map_size(input), op.output_size);
    if (0..2).all(|axis| size[axis].is_multiple_of(output[axis])) {
        return Arc::new(Mean { slide: partition(size, output), count_padding: false });
    }
    Arc::new(Moves::adaptive_mean(op, input))
}
