//! The positions of a tile's elements on a map.
//!
//! This is a module of its own so that nothing else can construct a [`Corner`]: vectors are read and written at its positions.

/// The position of a square of `side` elements, `stride` apart, on a map.
#[derive(Clone, Copy, Debug)]
pub struct Corner {
    y: isize,
    x: isize,
    /// Whether all of it is on the map.
    inside: bool,
    /// At least 1, and so small that positions inside a square cannot overflow.
    stride: usize,
    size: [usize; 2],
    side: usize,
}

impl Corner {
    /// # Panics
    /// Panics if a square is too large for the arithmetic of positions.
    #[inline(always)]
    pub fn new([y, x]: [isize; 2], [side, stride]: [usize; 2], size: [usize; 2]) -> Self {
        assert!(side <= 8 && stride <= 2, "squares of tiles are small");
        // If it is at least 0, `at as usize` is at most half of the range of `usize`.
        let reaches = |at: isize, size: usize| at >= 0 && at as usize + side.saturating_sub(1) * stride < size;
        Self { y, x, inside: reaches(y, size[0]) && reaches(x, size[1]), stride, size, side }
    }

    /// The position of an element, if it is on the map: less than the product of the map's sizes.
    #[inline(always)]
    pub fn at(self, y: usize, x: usize) -> Option<usize> {
        assert!(y < self.side && x < self.side, "an element of the square");
        // A negative position becomes larger than any size.
        let (y, x) = (self.y.wrapping_add_unsigned(y * self.stride) as usize, self.x.wrapping_add_unsigned(x * self.stride) as usize);
        (self.inside || (y < self.size[0] && x < self.size[1])).then(|| y * self.size[1] + x)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_on_the_map() {
        let ends = [isize::MIN, isize::MIN + 1, -7, -6, -5, -1, 0, 1, 2, 3, 9, isize::MAX - 5, isize::MAX];
        for (y, x) in ends.iter().flat_map(|&y| ends.map(|x| (y, x))) {
            for (side, stride) in [(1, 1), (4, 1), (6, 1), (5, 2)] {
                for size in [[0, 3], [1, 1], [6, 6], [4, 9], [20, 3]] {
                    let corner = Corner::new([y, x], [side, stride], size);
                    for (i, j) in (0..side).flat_map(|i| (0..side).map(move |j| (i, j))) {
                        let place = |at: isize, step: usize, size: usize| {
                            let at = at as i128 + (step * stride) as i128;
                            (0..size as i128).contains(&at).then_some(at as usize)
                        };
                        let wanted = place(y, i, size[0]).zip(place(x, j, size[1])).map(|(y, x)| y * size[1] + x);
                        assert_eq!(corner.at(i, j), wanted);
                    }
                }
            }
        }
    }
}
