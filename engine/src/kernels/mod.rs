//! The arithmetic: plain functions over slices, one operation a file, each with its backward and a slow, obvious reference that the
//! tests compare it with. They know nothing of plans, lanes or graphs, and all run on one thread.
//!
//! A lane keeps images *channel-major*, `[channels, images, height, width]`: then a convolution is one matrix product over all
//! images, and a channel's statistics read one contiguous stretch. Everything that is no image is *batch-major*.

pub mod activation;
pub mod batch_norm;
pub mod columns;
pub mod dropout;
pub mod layout;
pub mod math;
pub mod pool2d;
pub mod product;
pub mod reduce;
pub mod rows;
pub mod simd;
pub mod softmax;
#[cfg(test)]
pub mod testing;

use layercake_ir::ops::Window;

/// A window sliding over a map: sizes in, sizes out.
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
    /// The positions of `axis` that tap `tap` of window `step` reads, if it lies inside the input.
    #[inline(always)]
    pub fn tap(&self, axis: usize, step: usize, tap: usize) -> Option<usize> {
        let at = step * self.window.stride[axis] + tap * self.window.dilation[axis];
        at.checked_sub(self.window.padding[axis]).filter(|&at| at < self.input[axis])
    }

    /// Elements of one input map.
    pub fn input_len(&self) -> usize {
        self.input[0] * self.input[1]
    }

    /// Elements of one output map.
    pub fn output_len(&self) -> usize {
        self.output[0] * self.output[1]
    }

    /// Taps of the window.
    pub fn taps(&self) -> usize {
        self.window.kernel[0] * self.window.kernel[1]
    }

    /// The windows along `axis` whose tap `tap` reads inside the input: all windows before and after read padding there.
    pub fn inside(&self, axis: usize, tap: usize) -> std::ops::Range<usize> {
        let stride = self.window.stride[axis];
        let offset = tap * self.window.dilation[axis];
        let (padding, size, steps) = (self.window.padding[axis], self.input[axis], self.output[axis]);
        let first = padding.saturating_sub(offset).div_ceil(stride).min(steps);
        let end = if size + padding > offset { ((size + padding - offset - 1) / stride + 1).min(steps) } else { first };
        first..end.max(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inside_names_the_windows_whose_tap_is_no_padding() {
        for (size, kernel, stride, padding, dilation) in
            [(7, 3, 2, 1, 1), (5, 5, 1, 4, 1), (9, 2, 3, 0, 4), (1, 3, 1, 1, 1), (4, 3, 5, 3, 2)]
        {
            let window = Window { kernel: [kernel; 2], stride: [stride; 2], padding: [padding; 2], dilation: [dilation; 2], ceil: false };
            let steps = window.steps(0, size);
            let slide = Slide { window, input: [size; 2], output: [steps; 2] };
            for tap in 0..kernel {
                let wanted: Vec<usize> = (0..steps).filter(|&step| slide.tap(1, step, tap).is_some()).collect();
                assert_eq!(slide.inside(1, tap).collect::<Vec<_>>(), wanted, "{slide:?} tap {tap}");
            }
        }
    }
}
