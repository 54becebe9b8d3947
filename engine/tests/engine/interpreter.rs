//! A slow, simple interpreter of graphs in f64: the reference that the engine is compared with. Everything is batch-major, with one loop
//! per dimension, and each backward is next to its forward.

use layercake_engine::{Mode, rng};
use layercake_ir::{Graph, Node, Op, Shape, ops::Window};

use crate::{curves, drawn, joins, maps, norms, picks, products, sequences};

/// The results of a run.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub outputs: Vec<Vec<f64>>,
    /// The gradients of all tensors; zero for buffers.
    pub param_grads: Vec<Vec<f64>>,
    pub input_grads: Vec<Vec<f64>>,
    /// All tensors after the run: running statistics change.
    pub params: Vec<Vec<f64>>,
}

/// The inputs of a run.
#[derive(Clone, Debug)]
pub struct Case<'a> {
    pub graph: &'a Graph,
    pub batch: usize,
    pub mode: Mode,
    pub seed: u64,
    pub inputs: Vec<Vec<f64>>,
    pub params: Vec<Vec<f64>>,
    pub output_grads: Vec<Vec<f64>>,
}

/// Runs forward and backward.
pub fn run(case: &Case) -> Outcome {
    let graph = case.graph;
    let mut params = case.params.clone();
    let mut values = case.inputs.clone();
    let first = graph.first_tensors();
    for (index, node) in graph.nodes().iter().enumerate() {
        let own = first[index]..first[index] + node.op.params().as_slice().len();
        let y = Place::new(case, index).forward(node, &taken(node, &values), &mut params[own]);
        values.extend(parts(node, case.batch, y));
    }
    let outputs = graph.outputs().iter().map(|port| values[port.value].clone()).collect();
    let mut grads: Vec<Vec<f64>> = values.iter().map(|value| vec![0.0; value.len()]).collect();
    for (port, grad) in graph.outputs().iter().zip(&case.output_grads) {
        add(&mut grads[port.value], grad);
    }
    let mut param_grads: Vec<Vec<f64>> = params.iter().map(|param| vec![0.0; param.len()]).collect();
    for (index, node) in graph.nodes().iter().enumerate().rev() {
        let own = first[index]..first[index] + node.op.params().as_slice().len();
        let (x, y, place) = (taken(node, &values), &values[node.value], Place::new(case, index));
        let dy = &together(node, case.batch, &grads);
        let known = drawn::backward(case, index, &x, dy).or_else(|| picks::backward(case, index, &x, dy));
        let known = known.or_else(|| joins::backward(graph, node, case.batch, &x, dy));
        let known = known.or_else(|| products::backward(case, index, &x, dy));
        let known = known.or_else(|| sequences::backward(case, index, &x, &case.params[own.clone()], dy, &mut param_grads[own.clone()]));
        let dx = match known {
            Some(dx) => dx,
            None => vec![place.backward(node, x[0], y, dy, &case.params[own.clone()], &mut param_grads[own])],
        };
        for (&input, dx) in node.inputs().iter().zip(&dx) {
            add(&mut grads[input], dx);
        }
    }
    let input_grads = grads[..graph.inputs().len()].to_vec();
    Outcome { outputs, param_grads, input_grads, params }
}

/// The inputs of a node.
fn taken<'a>(node: &Node, values: &'a [Vec<f64>]) -> Vec<&'a [f64]> {
    node.inputs().iter().map(|&value| values[value].as_slice()).collect()
}

/// Splits `whole`, where the outputs of a node are consecutive for each sample, into one list per output.
fn parts(node: &Node, batch: usize, whole: Vec<f64>) -> Vec<Vec<f64>> {
    if node.outputs() == 1 {
        return vec![whole];
    }
    let (mut begin, all) = (0, whole.len() / batch);
    let part = |shape: &Shape| {
        let from = begin;
        begin += shape.len();
        (0..batch).flat_map(|sample| whole[sample * all + from..][..shape.len()].to_vec()).collect()
    };
    node.shapes().map(part).collect()
}

/// The inverse of [`parts`], for the gradients of a node's outputs.
fn together(node: &Node, batch: usize, grads: &[Vec<f64>]) -> Vec<f64> {
    let sample = |sample: usize| {
        node.values().zip(node.shapes()).flat_map(move |(value, shape)| grads[value][sample * shape.len()..][..shape.len()].to_vec())
    };
    (0..batch).flat_map(sample).collect()
}

fn add(to: &mut [f64], from: &[f64]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
}

/// The node that is evaluated.
struct Place<'a> {
    case: &'a Case<'a>,
    index: usize,
    input_dims: Vec<usize>,
}

impl<'a> Place<'a> {
    fn new(case: &'a Case<'a>, index: usize) -> Self {
        let graph = case.graph;
        Self { case, index, input_dims: graph.shape(graph.nodes()[index].inputs()[0]).dims().to_vec() }
    }

    fn forward(&self, node: &Node, inputs: &[&[f64]], params: &mut [Vec<f64>]) -> Vec<f64> {
        let (batch, x) = (self.case.batch, inputs[0]);
        if let Some(y) = drawn::forward(self.case, self.index, inputs).or_else(|| picks::forward(self.case, self.index, inputs)) {
            return y;
        }
        if let Some(y) = joins::forward(self.case.graph, node, batch, inputs) {
            return y;
        }
        if let Some(y) = sequences::forward(self.case, self.index, inputs, params) {
            return y;
        }
        let (dims, params_now) = (&self.input_dims[..], &*params);
        let known = curves::forward(node, dims, x, params_now);
        let known = known.or_else(|| norms::forward(node, dims, x, params_now));
        if let Some(y) = known.or_else(|| maps::forward(node, dims, x, params_now)) {
            return y;
        }
        let mut y = vec![0.0; batch * node.output.len()];
        match &node.op {
            Op::Linear(op) => self.linear(op.in_features, op.out_features, |row, i, o| {
                if i == 0 && op.bias {
                    y[row * op.out_features + o] += params[1][o];
                }
                y[row * op.out_features + o] += params[0][o * op.in_features + i] * x[row * op.in_features + i];
            }),
            Op::DropConnect(op) => self.linear(op.in_features, op.out_features, |row, i, o| {
                let weight = o * op.in_features + i;
                if i == 0 && op.bias {
                    y[row * op.out_features + o] += params[1][o];
                }
                y[row * op.out_features + o] += params[0][weight] * self.mask(op.p, weight) * x[row * op.in_features + i];
            }),
            Op::Conv2d(op) => {
                let positions = node.output.dim(1) * node.output.dim(2);
                if op.bias {
                    y.iter_mut().enumerate().for_each(|(at, y)| *y = params[1][at / positions % op.out_channels]);
                }
                self.convolve(node, |to, weight, from| y[to] += params[0][weight] * x[from]);
            }
            Op::MaxPool2d(op) => {
                self.windows(node, op.window(), |to, taps| y[to] = taps.iter().map(|&from| x[from]).fold(f64::MIN, f64::max))
            }
            Op::AvgPool2d(op) => {
                let count = self.counts(node);
                self.windows(node, op.window(), |to, taps| y[to] = taps.iter().map(|&from| x[from]).sum::<f64>() / count(to));
            }
            Op::Flatten(_) => y.copy_from_slice(x),
            Op::Relu(_) => map(&mut y, x, |x| x.max(0.0)),
            Op::LeakyRelu(op) => map(&mut y, x, |x| if x > 0.0 { x } else { op.negative_slope * x }),
            Op::Tanh(_) => map(&mut y, x, f64::tanh),
            Op::Sigmoid(_) => map(&mut y, x, |x| 1.0 / (1.0 + (-x).exp())),
            Op::Softmax(op) => self.lines(op.axis, |line| {
                let sum: f64 = line.iter().map(|&at| x[at].exp()).sum();
                line.iter().for_each(|&at| y[at] = x[at].exp() / sum);
            }),
            Op::LogSoftmax(op) => self.lines(op.axis, |line| {
                let sum: f64 = line.iter().map(|&at| x[at].exp()).sum();
                line.iter().for_each(|&at| y[at] = x[at] - sum.ln());
            }),
            Op::StochasticDepth(op) => {
                y.iter_mut().zip(x).enumerate().for_each(|(at, (y, x))| *y = x * self.mask(op.p, at / node.output.len()))
            }
            Op::Dropout2d(op) => y.iter_mut().zip(x).enumerate().for_each(|(at, (y, x))| *y = x * self.mask(op.p, at / self.positions())),
            Op::Dropout(op) => y.iter_mut().zip(x).enumerate().for_each(|(at, (y, x))| *y = x * self.mask(op.p, at)),
            Op::BatchNorm1d(op) => self.norm_forward((op.eps, op.momentum, op.affine), x, &mut y, params),
            Op::BatchNorm2d(op) => self.norm_forward((op.eps, op.momentum, op.affine), x, &mut y, params),
            other => panic!("the interpreter does not know {}", other.kind()),
        }
        y
    }

    fn backward(&self, node: &Node, x: &[f64], y: &[f64], dy: &[f64], params: &[Vec<f64>], grads: &mut [Vec<f64>]) -> Vec<f64> {
        let dims = &self.input_dims[..];
        let known = curves::backward(node, dims, [x, dy], params, grads);
        let known = known.or_else(|| norms::backward(node, dims, [x, dy], params, grads));
        if let Some(dx) = known.or_else(|| maps::backward(node, dims, [x, dy], params, grads)) {
            return dx;
        }
        let mut dx = vec![0.0; x.len()];
        let through = |derivative: &dyn Fn(f64) -> f64, dx: &mut [f64]| {
            dx.iter_mut().zip(x).zip(dy).for_each(|((dx, &x), dy)| *dx = derivative(x) * dy);
        };
        match &node.op {
            Op::Linear(op) => self.linear(op.in_features, op.out_features, |row, i, o| {
                let dy = dy[row * op.out_features + o];
                if i == 0 && op.bias {
                    grads[1][o] += dy;
                }
                grads[0][o * op.in_features + i] += dy * x[row * op.in_features + i];
                dx[row * op.in_features + i] += dy * params[0][o * op.in_features + i];
            }),
            Op::DropConnect(op) => self.linear(op.in_features, op.out_features, |row, i, o| {
                let (dy, weight) = (dy[row * op.out_features + o], o * op.in_features + i);
                if i == 0 && op.bias {
                    grads[1][o] += dy;
                }
                grads[0][weight] += dy * self.mask(op.p, weight) * x[row * op.in_features + i];
                dx[row * op.in_features + i] += dy * params[0][weight] * self.mask(op.p, weight);
            }),
            Op::Conv2d(op) => {
                let positions = node.output.dim(1) * node.output.dim(2);
                if op.bias {
                    dy.iter().enumerate().for_each(|(at, dy)| grads[1][at / positions % op.out_channels] += dy);
                }
                self.convolve(node, |to, weight, from| {
                    grads[0][weight] += dy[to] * x[from];
                    dx[from] += dy[to] * params[0][weight];
                });
            }
            Op::MaxPool2d(op) => self.windows(node, op.window(), |to, taps| {
                let first = taps.iter().find(|&&from| x[from] == y[to]).expect("a window takes one of its elements");
                dx[*first] += dy[to];
            }),
            Op::AvgPool2d(op) => {
                let count = self.counts(node);
                self.windows(node, op.window(), |to, taps| taps.iter().for_each(|&from| dx[from] += dy[to] / count(to)));
            }
            Op::Flatten(_) => dx.copy_from_slice(dy),
            Op::Relu(_) => through(&|x| if x > 0.0 { 1.0 } else { 0.0 }, &mut dx),
            Op::LeakyRelu(op) => through(&|x| if x > 0.0 { 1.0 } else { op.negative_slope }, &mut dx),
            Op::Tanh(_) => through(&|x| 1.0 - x.tanh().powi(2), &mut dx),
            Op::Sigmoid(_) => through(&|x| (-x).exp() / (1.0 + (-x).exp()).powi(2), &mut dx),
            Op::Softmax(op) => self.lines(op.axis, |line| {
                let sum: f64 = line.iter().map(|&at| y[at] * dy[at]).sum();
                line.iter().for_each(|&at| dx[at] = y[at] * (dy[at] - sum));
            }),
            Op::LogSoftmax(op) => self.lines(op.axis, |line| {
                let sum: f64 = line.iter().map(|&at| dy[at]).sum();
                line.iter().for_each(|&at| dx[at] = dy[at] - y[at].exp() * sum);
            }),
            Op::StochasticDepth(op) => {
                dx.iter_mut().zip(dy).enumerate().for_each(|(at, (dx, dy))| *dx = dy * self.mask(op.p, at / node.output.len()))
            }
            Op::Dropout2d(op) => {
                dx.iter_mut().zip(dy).enumerate().for_each(|(at, (dx, dy))| *dx = dy * self.mask(op.p, at / self.positions()))
            }
            Op::Dropout(op) => dx.iter_mut().zip(dy).enumerate().for_each(|(at, (dx, dy))| *dx = dy * self.mask(op.p, at)),
            Op::BatchNorm1d(op) => self.norm_backward((op.eps, op.affine), x, dy, &mut dx, params, grads),
            Op::BatchNorm2d(op) => self.norm_backward((op.eps, op.affine), x, dy, &mut dx, params, grads),
            other => panic!("the interpreter does not know {}", other.kind()),
        }
        dx
    }

    fn positions(&self) -> usize {
        self.input_dims[1..].iter().product()
    }

    fn mask(&self, p: f64, at: usize) -> f64 {
        match self.case.mode {
            Mode::Train if rng::keep(self.case.seed, self.index, at as u64, p) => 1.0 / (1.0 - p),
            Mode::Train => 0.0,
            _ => 1.0,
        }
    }

    /// Calls `f` with `(row, input, output)` of each multiplication.
    fn linear(&self, inputs: usize, outputs: usize, mut f: impl FnMut(usize, usize, usize)) {
        let rows = self.case.batch * self.input_dims.iter().product::<usize>() / inputs;
        for (row, o) in (0..rows).flat_map(|row| (0..outputs).map(move |o| (row, o))) {
            (0..inputs).for_each(|i| f(row, i, o));
        }
    }

    /// Calls `f` with `(output, weight, input)` of each multiplication.
    fn convolve(&self, node: &Node, mut f: impl FnMut(usize, usize, usize)) {
        let Op::Conv2d(op) = &node.op else { panic!("a convolution") };
        let [channels, height, width] = [0, 1, 2].map(|axis| node.output.dim(axis));
        let per_group = op.in_channels / op.groups;
        let input = [self.input_dims[1], self.input_dims[2]];
        let (kernel, area) = (op.kernel[0] * op.kernel[1], input[0] * input[1]);
        for (y, x) in (0..height).flat_map(|y| (0..width).map(move |x| (y, x))) {
            let tap = |(kernel_y, kernel_x)| {
                let source = [at_tap(&op.window(), 0, y, kernel_y), at_tap(&op.window(), 1, x, kernel_x)];
                inside(source, input).map(|[y, x]| (kernel_y * op.kernel[1] + kernel_x, y * input[1] + x))
            };
            // The same for all channels and images.
            let taps: Vec<_> = (0..op.kernel[0]).flat_map(|y| (0..op.kernel[1]).map(move |x| (y, x))).filter_map(tap).collect();
            for (image, channel) in (0..self.case.batch).flat_map(|image| (0..channels).map(move |channel| (image, channel))) {
                let group = channel / (op.out_channels / op.groups);
                let at = ((image * channels + channel) * height + y) * width + x;
                for c in 0..per_group {
                    let (weights, plane) = ((channel * per_group + c) * kernel, (image * op.in_channels + group * per_group + c) * area);
                    taps.iter().for_each(|&(weight, from)| f(at, weights + weight, plane + from));
                }
            }
        }
    }

    /// Calls `f` for each window of a pool, with the output element and the input elements that are not padding.
    fn windows(&self, node: &Node, window: Window, mut f: impl FnMut(usize, &[usize])) {
        let [channels, height, width] = [0, 1, 2].map(|axis| node.output.dim(axis));
        let input = [self.input_dims[1], self.input_dims[2]];
        for at in 0..self.case.batch * channels * height * width {
            let (x, y, plane) = (at % width, at / width % height, at / width / height);
            let mut taps = Vec::new();
            for (kernel_y, kernel_x) in (0..window.kernel[0]).flat_map(|y| (0..window.kernel[1]).map(move |x| (y, x))) {
                if let Some([y, x]) = inside([at_tap(&window, 0, y, kernel_y), at_tap(&window, 1, x, kernel_x)], input) {
                    taps.push((plane * input[0] + y) * input[1] + x);
                }
            }
            f(at, &taps);
        }
    }

    /// The divisor of each window of an average pool.
    fn counts(&self, node: &Node) -> impl Fn(usize) -> f64 + use<> {
        let Op::AvgPool2d(op) = node.op else { panic!("a mean") };
        let (height, width) = (node.output.dim(1), node.output.dim(2));
        let input = [self.input_dims[1] as isize, self.input_dims[2] as isize];
        move |at| {
            let counted = |axis: usize, step: usize| {
                let padding = op.padding[axis] as isize;
                let margin = if op.count_include_pad { padding } else { 0 };
                let taps = 0..op.kernel[axis];
                let places = taps.map(|tap| (step * op.stride[axis] + tap) as isize - padding);
                places.filter(|place| (-margin..input[axis] + margin).contains(place)).count() as f64
            };
            counted(0, at / width % height) * counted(1, at % width)
        }
    }

    /// Calls `f` with the elements of each line along an axis.
    fn lines(&self, axis: usize, mut f: impl FnMut(&[usize])) {
        let inner: usize = self.input_dims[axis + 1..].iter().product();
        let len = self.input_dims[axis];
        let outer = self.case.batch * self.input_dims[..axis].iter().product::<usize>();
        for (o, i) in (0..outer).flat_map(|o| (0..inner).map(move |i| (o, i))) {
            let line: Vec<usize> = (0..len).map(|l| (o * len + l) * inner + i).collect();
            f(&line);
        }
    }

    /// The elements of each channel.
    fn channels(&self) -> Vec<Vec<usize>> {
        let positions: usize = self.input_dims[1..].iter().product();
        let channels = self.input_dims[0];
        let of = |channel| {
            (0..self.case.batch).flat_map(move |image| (0..positions).map(move |p| (image * channels + channel) * positions + p)).collect()
        };
        (0..channels).map(of).collect()
    }

    fn norm_forward(&self, (eps, momentum, affine): (f64, f64, bool), x: &[f64], y: &mut [f64], params: &mut [Vec<f64>]) {
        let at = if affine { 2 } else { 0 };
        for (channel, list) in self.channels().iter().enumerate() {
            let (mut mean, mut variance) = (params[at][channel], params[at + 1][channel]);
            if self.case.mode == Mode::Train {
                let count = list.len() as f64;
                mean = list.iter().map(|&i| x[i]).sum::<f64>() / count;
                variance = list.iter().map(|&i| (x[i] - mean).powi(2)).sum::<f64>() / count;
                params[at][channel] += momentum * (mean - params[at][channel]);
                params[at + 1][channel] += momentum * (variance * count / (count - 1.0) - params[at + 1][channel]);
            }
            let (weight, bias) = if affine { (params[0][channel], params[1][channel]) } else { (1.0, 0.0) };
            list.iter().for_each(|&i| y[i] = (x[i] - mean) / (variance + eps).sqrt() * weight + bias);
        }
    }

    fn norm_backward(
        &self,
        (eps, affine): (f64, bool),
        x: &[f64],
        dy: &[f64],
        dx: &mut [f64],
        params: &[Vec<f64>],
        grads: &mut [Vec<f64>],
    ) {
        let at = if affine { 2 } else { 0 };
        for (channel, list) in self.channels().iter().enumerate() {
            let train = self.case.mode == Mode::Train;
            let count = list.len() as f64;
            let (mut mean, mut variance) = (params[at][channel], params[at + 1][channel]);
            if train {
                mean = list.iter().map(|&i| x[i]).sum::<f64>() / count;
                variance = list.iter().map(|&i| (x[i] - mean).powi(2)).sum::<f64>() / count;
            }
            let deviation = (variance + eps).sqrt();
            let h = |i: usize| (x[i] - mean) / deviation;
            let (sum, product) = list.iter().fold((0.0, 0.0), |(sum, product), &i| (sum + dy[i], product + dy[i] * h(i)));
            let weight = if affine { params[0][channel] } else { 1.0 };
            for &i in list {
                let centered = if train { dy[i] - sum / count - h(i) * product / count } else { dy[i] };
                dx[i] = weight / deviation * centered;
            }
            if affine {
                grads[0][channel] += product;
                grads[1][channel] += sum;
            }
        }
    }
}

fn map(y: &mut [f64], x: &[f64], f: impl Fn(f64) -> f64) {
    y.iter_mut().zip(x).for_each(|(y, &x)| *y = f(x));
}

/// The position that a tap of a window reads, which may be outside the input.
fn at_tap(window: &Window, axis: usize, step: usize, tap: usize) -> isize {
    (step * window.stride[axis] + tap * window.dilation[axis]) as isize - window.padding[axis] as isize
}

fn inside(at: [isize; 2], size: [usize; 2]) -> Option<[usize; 2]> {
    let [y, x] = at.map(|at| usize::try_from(at).ok());
    Some([y.filter(|&y| y < size[0])?, x.filter(|&x| x < size[1])?])
}
