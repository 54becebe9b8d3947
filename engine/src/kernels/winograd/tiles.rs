//! The positions of tiles on maps, and the sizes of their transforms.

use super::{apart, corner::Corner};

/// Maps and the tiles on them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tiles {
    /// Height and width of the maps.
    pub size: [usize; 2],
    /// The number of tiles in a row.
    pub across: usize,
    /// The line and column at which the first tile begins; negative in the padding.
    pub first: [isize; 2],
    /// The distance on the map between elements of a tile.
    pub stride: usize,
    /// The first tile of this chunk.
    pub from: usize,
    /// The tile after the last one of this chunk.
    pub to: usize,
    /// The number of images.
    pub images: usize,
}

impl Tiles {
    /// The number of columns per channel of a transform's result, for each position in a tile.
    pub fn columns(&self) -> usize {
        (self.to - self.from) * self.images
    }

    /// The corner of a tile's square of `side` elements; tiles are `step` elements apart.
    #[inline(always)]
    pub(super) fn corner(&self, tile: usize, [side, step]: [usize; 2]) -> Corner {
        let [y, x] = [tile / self.across, tile % self.across].map(|tile| (tile * step * self.stride) as isize);
        Corner::new([self.first[0].wrapping_add(y), self.first[1].wrapping_add(x)], [side, self.stride], self.size)
    }

    /// The number of elements of a map, the number of columns of a matrix, the distance between matrices, and the number of elements of all
    /// matrices, where `len` elements of maps determine the number of channels.
    ///
    /// # Panics
    /// Panics if these numbers overflow.
    pub(super) fn sizes(&self, len: usize, squares: usize) -> [usize; 4] {
        let all = || {
            let map = self.size[0].checked_mul(self.size[1])?.checked_mul(self.images)?;
            let columns = self.to.checked_sub(self.from)?.checked_mul(self.images)?;
            let whole = len.checked_div(map)?.checked_mul(columns)?;
            let matrix = apart(whole);
            Some([map, columns, matrix, (squares - 1).checked_mul(matrix)?.checked_add(whole)?])
        };
        all().expect("the sizes do not overflow, and a map has elements")
    }
}
