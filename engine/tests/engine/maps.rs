//! The interpreter's operations that sum elements with fixed or learned weights, or take a maximum.

use layercake_ir::{
    Node, Op,
    ops::{Interpolation, PadMode, Window},
};

/// The positions in a value: one index per axis.
fn places(dims: &[usize]) -> Vec<Vec<usize>> {
    let place = |mut at: usize| {
        let mut place = vec![0; dims.len()];
        for (axis, size) in dims.iter().enumerate().rev() {
            place[axis] = at % size;
            at /= size;
        }
        place
    };
    (0..dims.iter().product()).map(place).collect()
}

fn index(place: &[usize], dims: &[usize]) -> usize {
    place.iter().zip(dims).fold(0, |at, (place, size)| at * size + place)
}

/// The taps of window `step` along an axis and the positions they read, without those in the padding.
fn window(window: &Window, axis: usize, step: usize, size: usize) -> Vec<(usize, usize)> {
    let taps = (0..window.kernel[axis]).map(|tap| (tap, step * window.stride[axis] + tap * window.dilation[axis]));
    taps.filter_map(|(tap, at)| Some((tap, at.checked_sub(window.padding[axis])?))).filter(|(_, at)| *at < size).collect()
}

/// The input elements that an output element reads in one sample, and their weights.
fn taps(node: &Node, dims: &[usize], to: &[usize]) -> Option<Vec<(usize, f64)>> {
    let even = |list: Vec<usize>| -> Vec<(usize, f64)> { list.iter().map(|&at| (at, 1.0 / list.len() as f64)).collect() };
    let over = |axes: &[usize]| -> Vec<usize> {
        let kept = |place: &Vec<usize>| (0..dims.len()).filter(|axis| !axes.contains(axis)).map(|axis| place[axis]).eq(to.iter().copied());
        places(dims).iter().filter(|place| kept(place)).map(|place| index(place, dims)).collect()
    };
    // The product of the weights of rows and columns.
    let axes = |of: &dyn Fn(usize, usize, usize) -> Vec<(usize, f64)>| {
        let first = dims.len() - 1 - usize::from(dims.len() == 3);
        let mut list = vec![(to[..first].to_vec(), 1.0)];
        for axis in first..dims.len() {
            let which = axis + 2 - dims.len();
            let more = of(which, dims[axis], to[axis]);
            list = list
                .iter()
                .flat_map(|(place, by)| more.iter().map(move |(at, weight)| ([&place[..], &[*at]].concat(), by * weight)))
                .collect();
        }
        list.iter().map(|(place, weight)| (index(place, dims), *weight)).collect::<Vec<_>>()
    };
    Some(match &node.op {
        Op::Reshape(_) | Op::Unsqueeze(_) | Op::Squeeze(_) => vec![(index(to, node.output.dims()), 1.0)],
        Op::Transpose(op) => {
            let mut from = to.to_vec();
            from.swap(op.axes.get(0), op.axes.get(1));
            vec![(index(&from, dims), 1.0)]
        }
        Op::Sum(op) => over(op.axes.as_slice()).into_iter().map(|at| (at, 1.0)).collect(),
        Op::Permute(op) => {
            let mut from = to.to_vec();
            op.axes.as_slice().iter().zip(to).for_each(|(&axis, &at)| from[axis] = at);
            vec![(index(&from, dims), 1.0)]
        }
        Op::Slice(op) => {
            let mut from = to.to_vec();
            from[op.axis] += op.start;
            vec![(index(&from, dims), 1.0)]
        }
        Op::Mean(op) => even(over(op.axes.as_slice())),
        Op::GlobalAvgPool2d(_) => even(over(&[1, 2])),
        Op::Amax(op) => even(over(op.axes.as_slice())),
        Op::Amin(op) => even(over(op.axes.as_slice())),
        Op::AdaptiveAvgPool2d(op) => axes(&|axis, size, to| {
            let count = op.output_size[axis];
            even((0..size).filter(|at| (at + 1) * count > to * size && at * count < (to + 1) * size).collect())
        }),
        Op::AvgPool1d(op) => {
            let taps: Vec<usize> = window(&op.window(), 1, to[1], dims[1]).iter().map(|(_, at)| to[0] * dims[1] + at).collect();
            let end = (to[1] * op.stride + op.kernel).min(dims[1] + 2 * op.padding);
            let count = if op.count_include_pad { end - to[1] * op.stride } else { taps.len() };
            taps.iter().map(|&at| (at, 1.0 / count as f64)).collect()
        }
        Op::MaxPool1d(op) => window(&op.window(), 1, to[1], dims[1]).iter().map(|(_, at)| (to[0] * dims[1] + at, 1.0)).collect(),
        Op::Pad(op) => axes(&|axis, size, to| {
            let (at, last) = (to as isize - op.sides()[axis][0] as isize, size as isize - 1);
            match op.mode {
                PadMode::Zeros if at < 0 || at > last => Vec::new(),
                PadMode::Reflect if at < 0 => vec![(-at as usize, 1.0)],
                PadMode::Reflect if at > last => vec![((2 * last - at) as usize, 1.0)],
                _ => vec![(at.clamp(0, last) as usize, 1.0)],
            }
        }),
        Op::Upsample(op) => axes(&|axis, size, to| {
            let scale = op.scale[axis];
            match op.mode {
                Interpolation::Nearest => vec![(to / scale, 1.0)],
                Interpolation::BedOfNails => {
                    if to % scale == 0 {
                        vec![(to / scale, 1.0)]
                    } else {
                        Vec::new()
                    }
                }
                Interpolation::Bilinear => {
                    let at = if op.align_corners {
                        to as f64 * (size - 1) as f64 / ((size * scale - 1) as f64).max(1.0)
                    } else {
                        ((to as f64 + 0.5) / scale as f64 - 0.5).clamp(0.0, (size - 1) as f64)
                    };
                    (0..size).map(|i| (i, (1.0 - (i as f64 - at).abs()).max(0.0))).collect()
                }
            }
        }),
        _ => return None,
    })
}

/// `(output, weight, input)` of each multiplication with a learned weight in one sample.
fn products(node: &Node, dims: &[usize]) -> Option<Vec<[usize; 3]>> {
    let out = node.output.dims();
    let mut list = Vec::new();
    match &node.op {
        Op::Conv1d(op) => {
            let per = op.in_channels / op.groups;
            for to in places(out) {
                let group = to[0] / (op.out_channels / op.groups);
                for (c, (tap, at)) in (0..per).flat_map(|c| window(&op.window(), 1, to[1], dims[1]).into_iter().map(move |tap| (c, tap))) {
                    list.push([index(&to, out), (to[0] * per + c) * op.kernel + tap, (group * per + c) * dims[1] + at]);
                }
            }
        }
        Op::MaskedConv2d(op) => {
            for (to, c) in places(out).iter().flat_map(|to| (0..op.in_channels).map(move |c| (to, c))) {
                for (row, y) in window(&op.window(), 0, to[1], dims[1]) {
                    for (column, x) in
                        window(&op.window(), 1, to[2], dims[2]).into_iter().filter(|(column, _)| op.sees(to[0], c, row, *column))
                    {
                        let weight = ((to[0] * op.in_channels + c) * op.kernel[0] + row) * op.kernel[1] + column;
                        list.push([index(to, out), weight, index(&[c, y, x], dims)]);
                    }
                }
            }
        }
        Op::ConvTranspose2d(op) => {
            let (per_in, per_out) = (op.in_channels / op.groups, op.out_channels / op.groups);
            for (from, c) in places(dims).iter().flat_map(|from| (0..per_out).map(move |c| (from, c))) {
                for tap in places(&op.kernel) {
                    let at =
                        [0, 1].map(|axis| (from[axis + 1] * op.stride[axis] + tap[axis] * op.dilation[axis]).checked_sub(op.padding[axis]));
                    if let [Some(y), Some(x)] = at
                        && y < out[1]
                        && x < out[2]
                    {
                        let weight = ((from[0] * per_out + c) * op.kernel[0] + tap[0]) * op.kernel[1] + tap[1];
                        list.push([index(&[from[0] / per_in * per_out + c, y, x], out), weight, index(from, dims)]);
                    }
                }
            }
        }
        Op::Maxout(op) => {
            let rows = op.out_features * op.pieces;
            for at in 0..dims.iter().product::<usize>() / op.in_features * rows {
                list.extend((0..op.in_features).map(|i| [at, at % rows * op.in_features + i, at / rows * op.in_features + i]));
            }
        }
        _ => return None,
    }
    Some(list)
}

/// The index of the bias that is added to an element of the sums of products.
fn bias(node: &Node, at: usize) -> usize {
    match &node.op {
        Op::Maxout(op) => at % (op.out_features * op.pieces),
        _ => at / node.output.dims()[1..].iter().product::<usize>() % node.output.dim(0),
    }
}

/// The number of sums per element of the output.
fn pieces(node: &Node) -> usize {
    if let Op::Maxout(op) = &node.op { op.pieces } else { 1 }
}

fn sums(node: &Node, dims: &[usize], x: &[f64], params: &[Vec<f64>]) -> Option<Vec<f64>> {
    let list = products(node, dims)?;
    let (from, to) = (dims.iter().product::<usize>(), node.output.len() * pieces(node));
    let mut y = vec![0.0; x.len() / from * to];
    if let Some(biases) = params.get(1) {
        y.iter_mut().enumerate().for_each(|(at, y)| *y = biases[bias(node, at)]);
    }
    for (x, y) in x.chunks(from).zip(y.chunks_mut(to)) {
        list.iter().for_each(|&[o, weight, i]| y[o] += params[0][weight] * x[i]);
    }
    Some(y)
}

/// The maximum of a list, and the share of each element in its gradient: equal maxima have equal shares.
fn largest(list: &[f64]) -> (f64, Vec<f64>) {
    let most = list.iter().copied().fold(f64::MIN, f64::max);
    let count = list.iter().filter(|&&x| x == most).count() as f64;
    (most, list.iter().map(|&x| if x == most { 1.0 / count } else { 0.0 }).collect())
}

/// The output.
pub fn forward(node: &Node, dims: &[usize], x: &[f64], params: &[Vec<f64>]) -> Option<Vec<f64>> {
    if let Some(y) = sums(node, dims, x, params) {
        return Some(y.chunks(pieces(node)).map(|list| largest(list).0).collect());
    }
    let mut y = Vec::new();
    let places = places(node.output.dims());
    let all: Vec<Vec<(usize, f64)>> = places.iter().map(|to| taps(node, dims, to)).collect::<Option<_>>()?;
    for x in x.chunks(dims.iter().product()) {
        y.extend(all.iter().map(|taps| match node.op {
            Op::Amin(_) => -largest(&taps.iter().map(|tap| -x[tap.0]).collect::<Vec<_>>()).0,
            Op::Amax(_) | Op::MaxPool1d(_) => largest(&taps.iter().map(|tap| x[tap.0]).collect::<Vec<_>>()).0,
            _ => taps.iter().map(|&(at, weight)| weight * x[at]).sum(),
        }));
    }
    Some(y)
}

/// The gradient of the input; the gradients of the parameters are accumulated.
pub fn backward(node: &Node, dims: &[usize], [x, dy]: [&[f64]; 2], params: &[Vec<f64>], grads: &mut [Vec<f64>]) -> Option<Vec<f64>> {
    let mut dx = vec![0.0; x.len()];
    let from: usize = dims.iter().product();
    if let Some(list) = products(node, dims) {
        let sums = sums(node, dims, x, params)?;
        let shares = sums.chunks(pieces(node)).zip(dy).flat_map(|(list, dy)| largest(list).1.into_iter().map(move |share| share * dy));
        let dy: Vec<f64> = shares.collect();
        if params.len() > 1 {
            dy.iter().enumerate().for_each(|(at, dy)| grads[1][bias(node, at)] += dy);
        }
        for ((x, dx), dy) in x.chunks(from).zip(dx.chunks_mut(from)).zip(dy.chunks(node.output.len() * pieces(node))) {
            for &[o, weight, i] in &list {
                grads[0][weight] += dy[o] * x[i];
                dx[i] += dy[o] * params[0][weight];
            }
        }
        return Some(dx);
    }
    let places = places(node.output.dims());
    let all: Vec<Vec<(usize, f64)>> = places.iter().map(|to| taps(node, dims, to)).collect::<Option<_>>()?;
    for ((x, dx), dy) in x.chunks(from).zip(dx.chunks_mut(from)).zip(dy.chunks(node.output.len())) {
        for (taps, dy) in all.iter().zip(dy) {
            let largest = || largest(&taps.iter().map(|tap| x[tap.0]).collect::<Vec<_>>()).1;
            let weights: Vec<f64> = match node.op {
                Op::Amax(_) => largest(),
                Op::Amin(_) => self::largest(&taps.iter().map(|tap| -x[tap.0]).collect::<Vec<_>>()).1,
                // The first of equal elements.
                Op::MaxPool1d(_) => {
                    let mut shares = largest();
                    let first = shares.iter().position(|&share| share > 0.0);
                    shares.iter_mut().enumerate().for_each(|(at, share)| *share = f64::from(u8::from(Some(at) == first)));
                    shares
                }
                _ => taps.iter().map(|tap| tap.1).collect(),
            };
            taps.iter().zip(weights).for_each(|(tap, weight)| dx[tap.0] += weight * dy);
        }
    }
    Some(dx)
}
