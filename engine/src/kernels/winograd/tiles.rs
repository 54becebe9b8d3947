//! Where tiles are on maps, and how much room what becomes of them takes.

use super::{apart, corner::Corner};

/// Maps and the tiles on them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tiles {
    /// Height and width.
    pub size: [usize; 2],
    /// Tiles in a row of them.
    pub across: usize,
    /// The first line and column of the first tile; below zero where it begins in the padding.
    pub first: [isize; 2],
    /// From one element of a tile to the next, so many of the map.
    pub stride: usize,
    /// The tiles that are worked on.
    pub from: usize,
    /// The one after the last of them.
    pub to: usize,
    /// The number of images.
    pub images: usize,
}

impl Tiles {
    /// So many numbers a channel come out of a transform, for each position in a tile.
    pub fn columns(&self) -> usize {
        (self.to - self.from) * self.images
    }

    /// Where a tile's square of `side` elements is, `step` elements apart.
    #[inline(always)]
    pub(super) fn corner(&self, tile: usize, [side, step]: [usize; 2]) -> Corner {
        let [y, x] = [tile / self.across, tile % self.across].map(|tile| (tile * step * self.stride) as isize);
        Corner::new([self.first[0].wrapping_add(y), self.first[1].wrapping_add(x)], [side, self.stride], self.size)
    }

    /// Elements of a map, columns of a matrix and its elements, where `len` elements of maps are as many channels; and the matrices' elements.
    ///
    /// # Panics
    /// If they cannot be counted.
    pub(super) fn sizes(&self, len: usize, squares: usize) -> [usize; 4] {
        let all = || {
            let map = self.size[0].checked_mul(self.size[1])?.checked_mul(self.images)?;
            let columns = self.to.checked_sub(self.from)?.checked_mul(self.images)?;
            let whole = len.checked_div(map)?.checked_mul(columns)?;
            let matrix = apart(whole);
            Some([map, columns, matrix, (squares - 1).checked_mul(matrix)?.checked_add(whole)?])
        };
        all().expect("tiles that can be counted, on a map that has elements")
    }
}
