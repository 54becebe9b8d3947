//! Arithmetic: plain functions over slices, one operation per file, each with its backward pass and a slow, obvious reference for the tests. The
//! functions know nothing of plans, lanes or graphs, and run on one thread, except those in [`channels`].
//!
//! A lane stores every value as `[shape.., images]`: the images of one element are adjacent. As a result,
//!
//! - a row of a map is a contiguous range of `width * images` numbers, and the input of a convolution's tap for a whole row of the output is such a
//!   range, shifted: there is no matrix of windows, even the smallest maps fill whole vectors, and `Flatten` moves nothing;
//! - a fully connected layer is the same product with one position;
//! - pooling, statistics and softmax never work within a vector.

pub mod batch_norm;
pub mod bce;
pub mod broadcast;
pub mod cache;
pub mod channels;
pub mod dropout;
pub mod elementwise;
pub mod frame;
pub mod gaussian;
pub mod glu;
pub mod join;
pub mod layout;
pub mod math;
pub mod memory;
pub mod picks;
pub mod pool2d;
pub mod prelu;
pub mod product;
pub mod recurrent;
pub mod reduce;
pub mod response_norm;
pub mod runs;
pub mod sample_norm;
pub mod simd;
pub mod softmax;
pub mod strips;
#[cfg(test)]
pub mod testing;
pub mod winograd;

use layercake_ir::ops::Window;

/// A window that slides over a map, and the sizes of input and output.
#[derive(Clone, Copy, Debug)]
pub struct Slide {
    /// The window.
    pub window: Window,
    /// Height and width of the input.
    pub input: [usize; 2],
    /// Height and width of the output.
    pub output: [usize; 2],
}

impl Slide {
    /// The positions on `axis` that tap `tap` of window `step` reads, if they are inside the input.
    #[inline(always)]
    pub fn tap(&self, axis: usize, step: usize, tap: usize) -> Option<usize> {
        let at = step * self.window.stride[axis] + tap * self.window.dilation[axis];
        at.checked_sub(self.window.padding[axis]).filter(|&at| at < self.input[axis])
    }

    /// The taps of window `step` that are inside the input.
    pub fn taps_inside(&self, axis: usize, step: usize) -> std::ops::Range<usize> {
        let (window, start) = (&self.window, step * self.window.stride[axis]);
        let from = |at: usize| at.saturating_sub(start).div_ceil(window.dilation[axis]).min(window.kernel[axis]);
        from(window.padding[axis])..from(window.padding[axis] + self.input[axis])
    }

    /// The number of elements of an input map.
    pub fn input_len(&self) -> usize {
        self.input[0] * self.input[1]
    }

    /// The number of elements of an output map.
    pub fn output_len(&self) -> usize {
        self.output[0] * self.output[1]
    }

    /// The number of taps of the window.
    pub fn taps(&self) -> usize {
        self.window.kernel[0] * self.window.kernel[1]
    }
}
