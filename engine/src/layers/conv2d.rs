//! `Conv2d` on the buffers of a lane.
//!
//! A line of the output, for all images of the lane, is a contiguous range of a matrix product: each term of its sums is a contiguous range
//! of the padded input, at a position that depends on the tap ([`Convolution`]).

use super::{Back, Convolution, Held, Layer, Reads, Site, Weights, phases, winograd::Pass};
use crate::kernels::{
    frame,
    product::{Inner, Left, Listed, Outer, Start, inner, outer},
    reduce,
    winograd::{Begin, bounds},
};

/// The number of output channels whose weight gradient one thread computes at a time.
const PART: usize = 16;

impl Layer for Convolution {
    fn reads(&self) -> Reads {
        Reads::Inputs
    }

    fn scratch(&self, images: usize, backward: bool) -> [usize; 2] {
        let plain = [self.framed() * images, if backward { self.back_scratch() * images } else { 0 }];
        // The maxima of one channel.
        let [input, output] = [self.slide.input_len() * images, if backward { self.slide.output_len() * images } else { 0 }];
        if let Some(phased) = self.phased(images) {
            return [plain[0], phased.spare(images, backward).max(input).max(output)];
        }
        let Some(tiled) = self.tiled(images) else { return plain };
        let forward = tiled.spare(images, false).max(input);
        if !backward {
            return [0, forward];
        }
        [tiled.kept(images).unwrap_or(plain[0]), forward.max(output).max(tiled.spare(images, true)).max(tiled.grad_spare(images))]
    }

    /// The limits of the input, and of the gradient of the output.
    fn keeps(&self, images: usize) -> usize {
        if self.is_fast(images) { 2 * bounds::kept(images) } else { 0 }
    }

    fn takes_activation(&self) -> bool {
        true
    }

    fn forward(&self, at: &mut Site, y: &mut [f32]) {
        let (images, x) = (at.images(), at.x(0));
        whole(self, images, [&at.params[0], if self.bias { &at.params[1] } else { &[] }], x, y, [at.scratch, at.spare], at.kept);
    }

    fn input_grad(&self, _: usize, at: &mut Site, dy: &[f32], dx: &mut [f32], add: bool) {
        whole_back(self, at.images(), &at.params[0], dy, dx, add, at.spare, at.kept);
    }

    fn weights(&self) -> Option<&dyn Weights> {
        Some(self)
    }
}

impl Weights for Convolution {
    fn part(&self) -> [usize; 2] {
        [PART.min(self.outputs * self.groups), self.depth()]
    }

    fn has_bias(&self) -> bool {
        self.bias
    }

    fn prepare(&self, at: &mut Site, dy: &[f32]) {
        let (images, x) = (at.images(), at.x(0));
        bound_grad(self, self.outputs, dy, at);
        match self.tiled(images).filter(|tiled| tiled.kept(images).is_some()) {
            Some(tiled) => tiled.prepare(Held { images, x, dy, scratch: &[], kept: at.kept }, at.scratch, at.spare),
            None => _ = framed(self, images, x, at.scratch),
        }
    }

    fn rows(&self, from: Held, first: usize, to: &mut [f32], add: bool) {
        match self.tiled(from.images).filter(|tiled| tiled.kept(from.images).is_some()) {
            Some(tiled) => tiled.rows(from, first, to, add),
            None => weight_rows(self, from, first, to, add),
        }
    }

    fn alone(&self, at: &mut Site, dy: &[f32], to: &mut [f32], add: bool) {
        let (images, x) = (at.images(), at.x(0));
        bound_grad(self, self.outputs, dy, at);
        if let Some(tiled) = self.tiled(images) {
            return tiled.alone(Held { images, x, dy, scratch: &[], kept: at.kept }, to, add, at.spare);
        }
        if let Some(phased) = self.phased(images) {
            return phased.weight_grads(images, [x, dy], bounds::both(images, at.kept), to, add, at.spare);
        }
        framed(self, images, x, at.scratch);
        weight_rows(self, Held { images, x, dy, scratch: at.scratch, kept: &[] }, 0, to, add);
    }

    /// The sum of each channel of `dy`.
    fn bias(&self, from: Held, to: &mut [f32], add: bool) {
        reduce::stretches(from.dy, to, add);
    }
}

/// `y = W * x + b`, by the fastest algorithm; the bias is empty if there is none. Stores the limits of the input.
pub(super) fn whole(
    conv: &Convolution,
    images: usize,
    [weight, bias]: [&[f32]; 2],
    x: &[f32],
    y: &mut [f32],
    [scratch, spare]: [&mut [f32]; 2],
    kept: &mut [f32],
) {
    if !conv.is_fast(images) {
        let x = framed(conv, images, x, scratch);
        return forward(conv, images, weight, conv.bias.then_some(bias), x, y, false);
    }
    bounds::find(conv.inputs, images, x, spare, kept);
    let ([limits, _], begin) = (bounds::both(images, kept), if conv.bias { Begin::Bias(bias) } else { Begin::Zero });
    if let Some(tiled) = conv.tiled(images) {
        tiled.convolve(Pass { images, weight, back: false, begin, limits }, x, y, spare);
    } else if let Some(phased) = conv.phased(images) {
        phased.gather(phases::Pass { images, weight, begin, limits }, x, y, spare);
    }
}

/// The gradient of the input, by the fastest algorithm, with the limits that the gradient of the weights stored.
#[allow(clippy::too_many_arguments, reason = "two slices in, one out, scratch, limits, and of what")]
pub(super) fn whole_back(
    conv: &Convolution,
    images: usize,
    weight: &[f32],
    dy: &[f32],
    dx: &mut [f32],
    add: bool,
    spare: &mut [f32],
    kept: &[f32],
) {
    let ([_, limits], begin) = (bounds::both(images, kept), if add { Begin::Sum } else { Begin::Zero });
    if let Some(tiled) = conv.tiled(images) {
        tiled.convolve(Pass { images, weight, back: true, begin, limits }, dy, dx, spare);
    } else if let Some(phased) = conv.phased(images) {
        phased.scatter(phases::Pass { images, weight, begin, limits }, dy, dx, spare);
    } else {
        input_grad(conv, images, weight, dy, dx, add, spare);
    }
}

/// Stores the limits of the gradient of the output.
pub(super) fn bound_grad(conv: &Convolution, channels: usize, dy: &[f32], at: &mut Site) {
    let images = at.images();
    if conv.is_fast(images) {
        bounds::find(channels, images, dy, at.spare, &mut at.kept[bounds::kept(images)..]);
    }
}

/// `y = W * x + b` for an input in its frame; without a bias it may be added.
pub(super) fn forward(conv: &Convolution, images: usize, weight: &[f32], bias: Option<&[f32]>, x: &[f32], y: &mut [f32], add: bool) {
    let group_out = conv.outputs * conv.slide.output_len() * images;
    let (lines, line) = lines(conv, images);
    for group in 0..conv.groups {
        let product = Outer::new(
            [conv.outputs, conv.depth(), line],
            Left::rows(&weight[group * conv.weights()..], conv.depth()),
            &x[group * conv.inputs * conv.frame.len() * images..],
            Listed { list: &conv.taps, unit: images },
        )
        .out_row(conv.slide.output_len() * images)
        .segments(lines, [conv.line * images, line])
        .start(match bias {
            Some(bias) => Start::Bias(&bias[group * conv.outputs..]),
            None if add => Start::Sum,
            None => Start::Zero,
        });
        outer(product, &mut y[group * group_out..][..group_out]);
    }
}

/// Copies the input into its frame, if it has one.
pub(super) fn framed<'a>(conv: &Convolution, images: usize, x: &'a [f32], scratch: &'a mut [f32]) -> &'a [f32] {
    if conv.frame.is_plain() {
        return x;
    }
    let to = &mut scratch[..conv.framed() * images];
    frame::pad(&conv.frame, images, x, to);
    to
}

/// The gradient of the weights of the output channels from `first` on, as many as fit into `to`, for an input in its frame.
pub(super) fn weight_rows(conv: &Convolution, from: Held, first: usize, to: &mut [f32], add: bool) {
    let Held { images, x, dy, scratch, .. } = from;
    let framed = if conv.frame.is_plain() { x } else { scratch };
    let (depth, dy_row) = (conv.depth(), conv.slide.output_len() * images);
    let (lines, line) = lines(conv, images);
    let end = first + to.len() / depth;
    for group in first / conv.outputs..end.div_ceil(conv.outputs) {
        let channels = (group * conv.outputs).max(first)..((group + 1) * conv.outputs).min(end);
        let product = Inner {
            m: channels.len(),
            n: depth,
            len: line,
            segments: lines,
            left: &dy[channels.start * dy_row..],
            left_row: dy_row,
            left_segment: line,
            right: &framed[group * conv.inputs * conv.frame.len() * images..],
            rows: Listed { list: &conv.taps, unit: images },
            right_segment: conv.line * images,
            out_row: depth,
            start: if add { Start::Sum } else { Start::Zero },
        };
        inner(product, &mut to[(channels.start - first) * depth..]);
    }
}

/// The gradient of the input; overwrites or is added.
pub(super) fn input_grad(conv: &Convolution, images: usize, weight: &[f32], dy: &[f32], dx: &mut [f32], add: bool, scratch: &mut [f32]) {
    let (framed, line) = scratch.split_at_mut(scratch.len() - conv.inputs * conv.slide.input[1] * images);
    let dy = if conv.back_frame.is_plain() {
        dy
    } else {
        let to = &mut framed[..conv.groups * conv.outputs * conv.back_frame.len() * images];
        frame::pad(&conv.back_frame, images, dy, to);
        to
    };
    let group_in = conv.inputs * conv.slide.input_len() * images;
    for (group, dx) in dx.chunks_exact_mut(group_in).enumerate() {
        let dy = &dy[group * conv.outputs * conv.back_frame.len() * images..];
        let weight = &weight[group * conv.weights()..][..conv.weights()];
        for part in &conv.back {
            let mut done = 0;
            for &stretch in &part.stretches {
                part_grad(conv, part, (done, stretch), images, weight, dy, dx, add, line);
                done += stretch[0];
            }
        }
    }
}

/// The gradient of the lines from `done` on, of a part of one group.
#[allow(clippy::too_many_arguments, reason = "two slices in, one out, scratch, and what part")]
fn part_grad(
    conv: &Convolution,
    part: &Back,
    (done, [count, from, to]): (usize, [usize; 3]),
    images: usize,
    weight: &[f32],
    dy: &[f32],
    dx: &mut [f32],
    add: bool,
    line: &mut [f32],
) {
    let [stride_y, stride_x] = conv.slide.window.stride;
    let width = conv.slide.input[1] * images;
    let right_segment = conv.back_frame.line() * images;
    let dx = &mut dx[(part.first[0] + done * stride_y) * width..];
    let dx_row = conv.slide.input_len() * images;
    let product = Outer::new(
        [conv.inputs, to - from, part.count[1] * images],
        Left { elements: weight, row: conv.slide.taps(), cols: Listed { list: &part.weights[from..to], unit: 1 } },
        &dy[done * right_segment..],
        Listed { list: &part.taps[from..to], unit: images },
    )
    .out_row(dx_row)
    .segments(count, [right_segment, stride_y * width])
    .start(if add { Start::Sum } else { Start::Zero });
    if stride_x == 1 {
        return outer(product, dx);
    }
    // The columns of the part are not adjacent, so each line is computed separately and then spread.
    for segment in 0..count {
        let out_row = product.n;
        let start = Start::Zero;
        let right = &product.right[segment * right_segment..];
        outer(Outer { segments: 1, right, out_row, start, ..product }, line);
        for (channel, line) in line.chunks_exact(out_row).take(conv.inputs).enumerate() {
            let dx = &mut dx[channel * dx_row + segment * stride_y * width..][..width];
            frame::spread(images, [part.first[1], stride_x], line, dx, add);
        }
    }
}

/// The number of lines of the output and the number of elements of each. They count as one long line if they are adjacent in the frame too.
fn lines(conv: &Convolution, images: usize) -> (usize, usize) {
    let [height, width] = conv.slide.output;
    if conv.line == width { (1, height * width * images) } else { (height, width * images) }
}
