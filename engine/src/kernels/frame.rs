//! Zeros around maps `[channels, height, width, images]`, and columns a stride apart.

use crate::layers::Frame;

/// Copies maps into their frame.
///
/// # Panics
/// If the slices do not hold the same number of maps.
pub fn pad(frame: &Frame, images: usize, from: &[f32], to: &mut [f32]) {
    let [height, width] = frame.size;
    let [above, left] = frame.before;
    let (map, line) = (frame.len() * images, frame.line() * images);
    assert_eq!(from.len() / (height * width * images), to.len() / map, "as many frames as maps");
    for (from, to) in from.chunks_exact(height * width * images).zip(to.chunks_exact_mut(map)) {
        let (before, rest) = to.split_at_mut(above * line);
        let (middle, after) = rest.split_at_mut(height * line);
        before.fill(0.0);
        after.fill(0.0);
        for (from, to) in from.chunks_exact(width * images).zip(middle.chunks_exact_mut(line)) {
            if frame.classes == 1 {
                let (before, rest) = to.split_at_mut(left * images);
                let (middle, after) = rest.split_at_mut(width * images);
                before.fill(0.0);
                middle.copy_from_slice(from);
                after.fill(0.0);
            } else {
                to.fill(0.0);
                for (column, from) in from.chunks_exact(images).enumerate() {
                    let at = column + left;
                    let at = at % frame.classes * frame.columns + at / frame.classes;
                    to[at * images..][..images].copy_from_slice(from);
                }
            }
        }
    }
}

/// Puts the columns of `from` into every `stride`-th of `to`, beginning at column `first`; or adds them.
pub fn spread(images: usize, [first, stride]: [usize; 2], from: &[f32], to: &mut [f32], add: bool) {
    let columns = to[first * images..].chunks_mut(stride * images);
    for (from, to) in from.chunks_exact(images).zip(columns) {
        for (from, to) in from.iter().zip(to) {
            *to = if add { *to + from } else { *from };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::testing::numbers;

    #[test]
    fn pads_and_sorts_columns() {
        for (classes, before, after, images) in
            [(1usize, [1usize, 2], [3, 1], 3), (1, [0, 0], [0, 0], 1), (3, [2, 1], [1, 2], 2), (2, [0, 3], [0, 0], 5)]
        {
            let size = [4usize, 5];
            let columns = (before[1] + size[1] + after[1]).div_ceil(classes);
            let frame = Frame { size, before, lines: before[0] + size[0] + after[0], classes, columns };
            let from = numbers(2 * 20 * images, 1);
            let mut to = numbers(2 * frame.len() * images, 2);
            let mut wanted = vec![0.0; to.len()];
            pad(&frame, images, &from, &mut to);
            for (at, value) in from.iter().enumerate() {
                let (image, x, y, map) = (at % images, at / images % 5, at / images / 5 % 4, at / images / 20);
                let column = x + before[1];
                let line = map * frame.len() + (y + before[0]) * frame.line();
                wanted[(line + column % classes * columns + column / classes) * images + image] = *value;
            }
            assert_eq!(to, wanted);
        }
    }

    #[test]
    fn spreads_columns() {
        let mut to = [0.0; 10];
        spread(2, [1, 3], &[1.0, 2.0, 3.0, 4.0], &mut to, false);
        assert_eq!(to, [0.0, 0.0, 1.0, 2.0, 0.0, 0.0, 0.0, 0.0, 3.0, 4.0]);
        spread(2, [1, 3], &[1.0, 2.0, 3.0, 4.0], &mut to, true);
        assert_eq!(to, [0.0, 0.0, 2.0, 4.0, 0.0, 0.0, 0.0, 0.0, 6.0, 8.0]);
    }
}
