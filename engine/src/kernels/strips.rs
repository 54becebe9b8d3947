//! Strips of memory that are apart on one side and adjacent on the other: concatenation and splitting, in both directions.

use pulp::{Simd, WithSimd};

use super::{elementwise::zip, simd::arch};

/// Equal strips.
#[derive(Clone, Copy, Debug)]
pub struct Strips {
    /// Elements of a strip.
    pub len: usize,
    /// The distance between strips in the source.
    pub from: usize,
    /// The distance between strips in the destination.
    pub to: usize,
}

/// Copies the strips of `from` to those of `to`, or adds them. The first strip is at the beginning of each.
pub fn put(strips: Strips, from: &[f32], to: &mut [f32], add: bool) {
    if add {
        return arch().dispatch(Add { strips, from, to });
    }
    for (from, to) in from.chunks(strips.from).zip(to.chunks_mut(strips.to)) {
        to[..strips.len].copy_from_slice(&from[..strips.len]);
    }
}

struct Add<'a> {
    strips: Strips,
    from: &'a [f32],
    to: &'a mut [f32],
}

impl WithSimd for Add<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Add { strips, from, to } = self;
        for (from, to) in from.chunks(strips.from).zip(to.chunks_mut(strips.to)) {
            zip(
                simd,
                &from[..strips.len],
                &mut to[..strips.len],
                #[inline(always)]
                |x, y| simd.add_f32s(x, y),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::testing::numbers;

    #[test]
    fn copies_and_adds_what_belongs_to_a_strip_and_nothing_else() {
        for (rows, len, apart, first) in [(1, 5, 5, 0), (3, 3, 3, 0), (3, 3, 9, 3), (4, 17, 40, 23), (2, 1, 7, 6)] {
            let (near, wide) = (numbers(rows * len, 1), numbers(rows * apart, 2));
            for add in [false, true] {
                let mut gathered = near.clone();
                put(Strips { len, from: apart, to: len }, &wide[first..], &mut gathered, add);
                let mut spread = wide.clone();
                put(Strips { len, from: len, to: apart }, &near, &mut spread[first..], add);
                for (row, i) in (0..rows).flat_map(|row| (0..apart).map(move |i| (row, i))) {
                    let there = wide[row * apart + i];
                    let Some(i) = i.checked_sub(first).filter(|&i| i < len) else {
                        assert_eq!(spread[row * apart + i], there);
                        continue;
                    };
                    let here = near[row * len + i];
                    assert_eq!(gathered[row * len + i], if add { here + there } else { there });
                    assert_eq!(spread[row * apart + first + i], if add { there + here } else { here });
                }
            }
        }
    }
}
