//! Zeros around maps `[channels, height, width, images]`, and columns a stride apart.

use crate::layers::Frame;

/// Copies maps into their frame.
///
/// # Panics
/// Panics if the slices do not hold the same number of maps.
pub fn pad(frame: &Frame, images: usize, from: &[f32], to: &mut [f32]) {
    let [down, across] = &frame.axes;
    let (source, line) = (across.size * images, frame.line() * images);
    let (from, to) = (from.chunks_exact(down.size * source), to.chunks_exact_mut(down.len * line));
    assert_eq!(from.len(), to.len(), "as many frames as maps");
    for (from, to) in from.zip(to) {
        let mut lines = to.chunks_exact_mut(line);
        for &(first, count) in &down.stretches {
            for (i, to) in lines.by_ref().take(count).enumerate() {
                let Some(first) = first else {
                    to.fill(0.0);
                    continue;
                };
                let from = &from[(first + i) * source..][..source];
                let mut rest = to;
                for &(first, count) in &across.stretches {
                    let (to, behind) = rest.split_at_mut(count * images);
                    match first {
                        Some(first) => to.copy_from_slice(&from[first * images..][..count * images]),
                        None => to.fill(0.0),
                    }
                    rest = behind;
                }
            }
        }
    }
}

/// Copies the columns of `from` to every `stride`-th column of `to`, beginning at column `first`; or adds them.
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
    use crate::{kernels::testing::numbers, layers::Axis};

    #[test]
    fn shows_what_the_frame_says() {
        let axis = |size: usize, stretches: &[(Option<usize>, usize)]| Axis {
            size,
            len: stretches.iter().map(|(_, len)| len).sum(),
            stretches: stretches.to_vec(),
        };
        for (down, across, images) in [
            (Axis::around(1, 4, 3), Axis::around(2, 5, 1), 3),
            (Axis::around(0, 4, 0), Axis::around(0, 5, 0), 1),
            (axis(4, &[(None, 2), (Some(1), 2), (Some(0), 1), (None, 1)]), axis(5, &[(Some(4), 1), (None, 1), (Some(0), 3)]), 5),
        ] {
            let frame = Frame { axes: [down, across] };
            let from = numbers(2 * 20 * images, 1);
            let mut to = numbers(2 * frame.len() * images, 2);
            pad(&frame, images, &from, &mut to);
            let shown = |axis: &Axis| -> Vec<Option<usize>> {
                axis.stretches.iter().flat_map(|&(first, len)| (0..len).map(move |i| first.map(|first| first + i))).collect()
            };
            let [rows, columns] = frame.axes.each_ref().map(shown);
            for (at, found) in to.iter().enumerate() {
                let (image, place) = (at % images, at / images);
                let (column, row, map) = (place % columns.len(), place / columns.len() % rows.len(), place / frame.len());
                let source = rows[row].zip(columns[column]).map(|(y, x)| ((map * 4 + y) * 5 + x) * images + image);
                assert_eq!(*found, source.map_or(0.0, |source| from[source]));
            }
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
