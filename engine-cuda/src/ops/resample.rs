//! Rows and columns of maps that are sums of others with fixed weights: upsampling with weights, padding, adaptive means. The weights are tables in the
//! kernel's text; the backward pass is the same kernel with the transposed tables.

use layercake_ir::ops::{self, Interpolation, PadMode};
use layercake_ir::{Op, Shape};

use crate::emit::{At, int};
use crate::function::number;
use crate::kernel::{Arg, Kernel};

use super::Operation;
use super::convolution::map;

/// For each element of an axis, the elements it is made of, with their weights.
type Taps = Vec<Vec<(usize, f64)>>;

/// More entries than this make a text that takes long to compile.
const MOST: usize = 4096;

pub struct Resample {
    /// Of rows and of columns.
    forward: [Taps; 2],
    backward: [Taps; 2],
    planes: usize,
    input: [usize; 2],
    output: [usize; 2],
}

impl Resample {
    /// None if it is another operation, or too large.
    pub fn new(op: &Op, input: &Shape, output: &Shape) -> Option<Self> {
        let (input_size, output_size) = (map(input), map(output));
        let axis = |axis: usize| {
            let (size, out) = (input_size[axis], output_size[axis]);
            Some(match op {
                Op::Upsample(op) => (0..out).map(|i| upsampled(op, i, size, op.scale[axis])).collect::<Taps>(),
                Op::Pad(op) => (0..out).map(|i| padded(op.mode, i, op.sides()[axis][0], size)).collect(),
                Op::AdaptiveAvgPool2d(_) => (0..out).map(|i| pooled(i, size, out)).collect(),
                _ => return None,
            })
        };
        if output_size.iter().sum::<usize>() > MOST {
            return None;
        }
        let forward = [axis(0)?, axis(1)?];
        let entries: usize = forward.iter().flatten().map(Vec::len).sum();
        let backward = [0, 1].map(|axis| transposed(&forward[axis], input_size[axis]));
        (entries <= MOST).then(|| Self { forward, backward, planes: input.dim(0), input: input_size, output: output_size })
    }

    /// `rows` and `columns` of the map that is written, from one of `from` columns.
    fn launch(&self, at: &mut At, name: &'static str, taps: &[Taps; 2], head: String, [from, to]: [[usize; 2]; 2], mut args: Vec<Arg>) {
        let head = format!("{head}{}{}", table("row", &taps[0]), table("column", &taps[1]));
        let signature = "const float *g, const float *y, float *out, int add, int from_h, int from_w, int to_h, int to_w, int n";
        let kernel = Kernel::new(name, signature, &head, include_str!("../kernels/resample.cu"));
        let n = at.batch() * self.planes * to[0] * to[1];
        args.extend([from[0], from[1], to[0], to[1], n].map(int));
        at.each(kernel, n, args);
    }
}

/// As PyTorch's `Upsample`.
fn upsampled(op: &ops::Upsample, i: usize, size: usize, scale: usize) -> Vec<(usize, f64)> {
    match op.mode {
        Interpolation::Nearest => vec![(i / scale, 1.0)],
        Interpolation::BedOfNails if i.is_multiple_of(scale) => vec![(i / scale, 1.0)],
        Interpolation::BedOfNails => Vec::new(),
        Interpolation::Bilinear => op.between(i, size, scale).to_vec(),
    }
}

fn padded(mode: PadMode, i: usize, before: usize, size: usize) -> Vec<(usize, f64)> {
    let at = match mode {
        _ if (before..before + size).contains(&i) => i - before,
        PadMode::Zeros => return Vec::new(),
        PadMode::Replicate if i < before => 0,
        PadMode::Replicate => size - 1,
        PadMode::Reflect if i < before => before - i,
        PadMode::Reflect => size - 2 - (i - before - size),
    };
    vec![(at, 1.0)]
}

fn pooled(i: usize, size: usize, out: usize) -> Vec<(usize, f64)> {
    let (begin, end) = (i * size / out, ((i + 1) * size).div_ceil(out));
    (begin..end).map(|at| (at, 1.0 / (end - begin) as f64)).collect()
}

fn transposed(taps: &Taps, size: usize) -> Taps {
    let mut all = vec![Vec::new(); size];
    for (i, taps) in taps.iter().enumerate() {
        taps.iter().for_each(|&(at, weight)| all[at].push((i, weight)));
    }
    all
}

/// Where the entries of each element begin, which elements they are, and their weights.
fn table(name: &str, taps: &Taps) -> String {
    let mut next = 0;
    let begins = taps.iter().map(|taps| {
        next += taps.len();
        next.to_string()
    });
    let begins = std::iter::once("0".to_owned()).chain(begins).collect::<Vec<_>>().join(", ");
    // One more entry, since an array is not empty.
    let entries = || taps.iter().flatten().copied().chain([(0, 0.0)]);
    let places = entries().map(|(at, _)| at.to_string()).collect::<Vec<_>>().join(", ");
    let weights = entries().map(|(_, weight)| number(weight)).collect::<Vec<_>>().join(", ");
    format!(
        "__device__ static const int {name}_begins[] = {{{begins}}};\n__device__ static const int {name}_places[] = {{{places}}};\n\
         __device__ static const float {name}_weights[] = {{{weights}}};\n"
    )
}

impl Operation for Resample {
    fn forward(&mut self, at: &mut At) {
        let head = format!("{}#define IN(i) g[i]\n#define OUT(i, sum) out[i] = ACT(sum)\n", at.act());
        let args = vec![at.x(0), Arg::At(crate::Place::Nowhere), at.y(0), Arg::Int(0)];
        self.launch(at, "resample_forward", &self.forward, head, [self.input, self.output], args);
    }

    fn backward(&mut self, at: &mut At) {
        let Some([g, y]) = at.dy(0) else { return };
        let Some([dx, add]) = at.dx(0) else { return };
        let head = format!("{}#define IN(i) DY(i)\n#define OUT(i, sum) GIVE(out[i], sum, add)\n", at.pull());
        self.launch(at, "resample_backward", &self.backward, head, [self.output, self.input], vec![g, y, dx, add]);
    }
}
