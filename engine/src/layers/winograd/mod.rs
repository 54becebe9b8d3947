//! Convolutions with 3x3 kernels by Winograd's algorithms, which need fewer products than the definition: per pair of channels, 16 instead
//! of 36 for a tile of 2x2 outputs, or 36 instead of 144 for a tile of 4x4.
//!
//! The gradient of the input is such a convolution too, of the output's gradient with rotated kernels; that of the weights uses the same
//! products. Tiles are processed in chunks whose matrices stay in cache.

/// Calls a function that is generic over algorithms with the selected algorithm.
macro_rules! chosen {
    ($tiled:expr, $function:ident($($argument:expr),*)) => {
        if $tiled.four { $function::<6, 4, Four>(Four, $($argument),*) } else { $function::<4, 2, Two>(Two, $($argument),*) }
    };
}

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
/// The number of rows of weights that are transformed at a time if there is only one chunk.
const ROWS: usize = 32;

/// A convolution that is computed in tiles.
#[derive(Clone, Copy, Debug)]
pub struct Tiled {
    /// Whether tiles have 4x4 outputs, not 2x2.
    four: bool,
    inputs: usize,
    outputs: usize,
    /// Height and width of the maps.
    input: [usize; 2],
    output: [usize; 2],
    padding: [usize; 2],
}

impl Tiled {
    /// Whether the algorithm is faster for this kind of convolution, if its maps are not too small.
    pub fn suits(window: Window, groups: usize, channels: [usize; 2]) -> bool {
        let plain = window.kernel == [3; 2] && window.stride == [1; 2] && window.dilation == [1; 2];
        plain && groups == 1 && window.padding.iter().all(|&padding| padding <= 2) && channels.iter().all(|&count| count >= LEAST_CHANNELS)
    }

    /// The algorithm, if it is faster for this convolution.
    pub fn new(slide: &Slide, groups: usize, [inputs, outputs]: [usize; 2]) -> Option<Self> {
        let suits = Self::suits(slide.window, groups, [inputs, outputs]) && slide.output_len() > 1;
        // The products of all tiles; those at the edge may be partly unused.
        let products = |out: usize| slide.output.map(|size| size.div_ceil(out) * (out + 2)).iter().product::<usize>();
        // Large tiles need many of them, because the matrices of a few are too narrow.
        let four = products(4) * 5 <= products(2) * 4 && slide.output.iter().all(|&size| size > 4);
        let tiled = Self { four, inputs, outputs, input: slide.input, output: slide.output, padding: slide.window.padding };
        suits.then_some(tiled)
    }

    /// Whether it is used for this number of images.
    pub fn takes(&self, images: usize) -> bool {
        images >= LEAST_IMAGES
    }

    fn definition(&self) -> Definition {
        let Self { inputs, outputs, input, output, padding, .. } = *self;
        Definition { side: 3, stride: 1, padding, channels: [inputs, outputs], large: input, small: output }
    }

    fn side(&self) -> usize {
        if self.four { 6 } else { 4 }
    }

    /// The number of products per tile and pair of channels.
    fn squares(&self) -> usize {
        self.side() * self.side()
    }

    /// The number of tiles on maps of this size, vertically and horizontally.
    fn grid(&self, size: [usize; 2]) -> [usize; 2] {
        size.map(|size| size.div_ceil(self.side() - 2))
    }

    fn tiles(&self, size: [usize; 2]) -> usize {
        self.grid(size).iter().product()
    }

    /// The number of tiles of a chunk.
    fn chunk(&self, size: [usize; 2], images: usize) -> usize {
        (COLUMNS / images).clamp(1, self.tiles(size))
    }

    /// The number of rows whose weights are transformed at a time: all, if several chunks use them.
    fn block(&self, rows: usize, size: [usize; 2], images: usize) -> usize {
        if self.chunk(size, images) < self.tiles(size) { rows } else { ROWS.min(rows) }
    }

    /// The number of elements that [`Tiled::convolve`] needs besides: transformed weights, data and products.
    pub fn spare(&self, images: usize, back: bool) -> usize {
        let (rows, terms, size) = if back { (self.inputs, self.outputs, self.input) } else { (self.outputs, self.inputs, self.output) };
        let columns = self.chunk(size, images) * images;
        let matrices = [self.block(rows, size, images) * terms, terms * columns, ROWS.min(rows) * columns];
        self.squares() * matrices.map(apart).iter().sum::<usize>()
    }
}

/// The taps of each output and each of `inputs` inputs.
fn nines(inputs: usize) -> Taps {
    Taps { row: 9 * inputs, term: 9, first: 0, apart: [3, 1], flipped: false }
}

/// The chunks of tiles on a grid over maps of this size, where the first tile begins at `-before`.
fn chunks(grid: [usize; 2], size: [usize; 2], before: [usize; 2], images: usize) -> impl Iterator<Item = Tiles> {
    let all = grid[0] * grid[1];
    let chunk = (COLUMNS / images).clamp(1, all);
    let (across, first) = (grid[1], before.map(|before| -(before as isize)));
    (0..all).step_by(chunk).map(move |from| Tiles { size, across, first, stride: 1, from, to: (from + chunk).min(all), images })
}
