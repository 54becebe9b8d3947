//! Convolutions with 4x4 kernels and a stride of 2, and transposed ones, by Winograd's algorithm.
//!
//! The even and odd lines and columns of the larger maps form four maps, the *phases*; for each phase the convolution has a 2x2 kernel and
//! no stride. A tile of 4x4 outputs takes 25 products instead of 64 per phase and pair of channels. The phases are never copied: tiles are
//! read and written with a stride of two elements.

mod grads;
mod maps;
#[cfg(test)]
mod tests;

use layercake_ir::ops::Window;
pub use maps::Pass;

use crate::kernels::{
    Slide,
    winograd::{Taps, Tiles, apart, singly::Definition},
};

/// With fewer channels on either side the definition is faster: the channels share the cost of a transform.
const LEAST_CHANNELS: usize = 16;
/// With fewer images, vectors are partly empty.
const LEAST_IMAGES: usize = 8;
/// The approximate number of columns of a chunk's matrices: three times three vectors.
const COLUMNS: usize = 144;
/// The number of rows of weights that are transformed at a time.
const ROWS: usize = 32;
/// The number of outputs and products of a tile along an axis.
const OUT: usize = 4;
const SIDE: usize = 5;
const SQUARES: usize = SIDE * SIDE;
/// The phases: whether lines and columns of the padded map are odd.
const PHASES: [[usize; 2]; 4] = [[0, 0], [0, 1], [1, 0], [1, 1]];

/// A convolution that is computed phase by phase, from `inputs` large maps to `outputs` small ones; or its transpose.
#[derive(Clone, Copy, Debug)]
pub struct Phased {
    inputs: usize,
    outputs: usize,
    /// Height and width of the maps.
    large: [usize; 2],
    small: [usize; 2],
    padding: [usize; 2],
}

impl Phased {
    /// Whether the algorithm can be faster for this kind of convolution.
    pub fn suits(window: Window, groups: usize, channels: [usize; 2]) -> bool {
        let shape = window.kernel == [4; 2] && window.stride == [2; 2] && window.dilation == [1; 2];
        shape && groups == 1 && channels.iter().all(|&count| count >= LEAST_CHANNELS)
    }

    /// The algorithm, if it is faster for this convolution.
    pub fn new(slide: &Slide, groups: usize, [inputs, outputs]: [usize; 2]) -> Option<Self> {
        let phased = Self { inputs, outputs, large: slide.input, small: slide.output, padding: slide.window.padding };
        // The products of tiles, some of them partly unused, on both sides, compared with those of the definition.
        let small = 4 * SQUARES * tiles(phased.small);
        let large = PHASES.iter().map(|&phase| SQUARES * tiles(phased.side(phase).count)).sum::<usize>();
        let pays = 3 * small.max(large) <= 2 * 16 * slide.output_len();
        (pays && Self::suits(slide.window, groups, [inputs, outputs])).then_some(phased)
    }

    /// Whether it is used for this number of images.
    pub fn takes(&self, images: usize) -> bool {
        images >= LEAST_IMAGES
    }

    /// The number of elements of scratch memory that a pass needs.
    pub fn spare(&self, images: usize, backward: bool) -> usize {
        let most = COLUMNS.max(images);
        let (inputs, outputs) = (self.inputs * most, self.outputs * most);
        let all = |matrices: [usize; 3]| SQUARES * matrices.map(apart).iter().sum::<usize>();
        let maps = all([ROWS * self.inputs.max(self.outputs), inputs, outputs]) + 16 * self.inputs * self.outputs;
        let grads = all([self.inputs * self.outputs, inputs, outputs]) + self.inputs * self.large[0] * self.large[1] * images;
        if backward { maps.max(grads) } else { maps }
    }

    fn definition(&self) -> Definition {
        let Self { inputs, outputs, large, small, padding } = *self;
        Definition { side: 4, stride: 2, padding, channels: [inputs, outputs], large, small }
    }

    /// The part of the large maps that belongs to a phase.
    fn side(&self, phase: [usize; 2]) -> Side {
        let [y, x] = [0, 1].map(|axis| {
            let (padding, large) = (self.padding[axis], self.large[axis]);
            // Element `j` of a phase is at `2 j + phase - padding`: this many are before the map, and this many before its end.
            let before = |phase: usize| padding.saturating_sub(phase).div_ceil(2);
            let end = |phase: usize| (large + padding).saturating_sub(phase).div_ceil(2);
            // If it takes no more tiles, all phases use the same elements, even if some are beyond an edge.
            let most = end(0).max(end(1));
            let shared = [0, 1].iter().all(|&phase| (end(phase) - before(phase)).div_ceil(OUT) == most.div_ceil(OUT));
            let from = if shared { 0 } else { before(phase[axis]) };
            let count = if shared { most } else { end(phase[axis]) - from };
            (from, (2 * from + phase[axis]) as isize - padding as isize, count)
        });
        Side { from: [y.0, x.0], first: [y.1, x.1], count: [y.2, x.2] }
    }

    /// The taps of a phase, for each small and large map, at these distances in a kernel.
    fn taps(&self, [y, x]: [usize; 2], apart: usize) -> Taps {
        Taps { row: 16 * self.inputs, term: 16, first: (4 * y + x) * apart, apart: [8 * apart, 2 * apart], flipped: false }
    }

    /// The tiles of a phase of the large maps that a chunk of the small maps' tiles needs.
    fn above(&self, phase: [usize; 2], small: Tiles) -> Tiles {
        let first = [0, 1].map(|axis| phase[axis] as isize - self.padding[axis] as isize);
        Tiles { size: self.large, first, stride: 2, ..small }
    }
}

/// A phase on the large maps, along each axis.
struct Side {
    /// The index of the first element that is computed.
    from: [usize; 2],
    /// Its position on the map.
    first: [isize; 2],
    /// The number of elements that are computed.
    count: [usize; 2],
}

/// The tiles on maps of this size.
fn tiles(size: [usize; 2]) -> usize {
    size.iter().map(|size| size.div_ceil(OUT)).product()
}

/// The chunks of tiles that cover maps of this size.
fn chunks(size: [usize; 2], images: usize) -> impl Iterator<Item = Tiles> {
    let all = tiles(size);
    let chunk = (COLUMNS / images).clamp(1, all.max(1));
    let across = size[1].div_ceil(OUT);
    (0..all).step_by(chunk).map(move |from| Tiles { size, across, first: [0; 2], stride: 1, from, to: (from + chunk).min(all), images })
}
