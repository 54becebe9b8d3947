//! Sizes of images: bilinear resizing, and a margin.

/// Resizes one plane of `from` = `[height, width]` to `to` by bilinear interpolation between pixel centres; beyond the outermost
/// centres the edge goes on. Meant for enlarging: shrinking by more than half would skip pixels.
///
/// # Panics
/// If `plane` is not of size `from`.
pub fn resize(plane: &[u8], from: [usize; 2], to: [usize; 2]) -> Vec<u8> {
    let [height, width] = from;
    assert_eq!(plane.len(), height * width, "a plane of {height}x{width}");
    let columns: Vec<_> = (0..to[1]).map(|x| neighbours(x, to[1], width)).collect();
    let mut out = Vec::with_capacity(to[0] * to[1]);
    for y in 0..to[0] {
        let (top, bottom, down) = neighbours(y, to[0], height);
        for &(left, right, across) in &columns {
            let row = |y: usize| mix(plane[y * width + left].into(), plane[y * width + right].into(), across);
            out.push(mix(row(top), row(bottom), down).round() as u8);
        }
    }
    out
}

/// The two source positions around target position `at` of `to`, and how far it lies from the first to the second.
fn neighbours(at: usize, to: usize, from: usize) -> (usize, usize, f32) {
    let position = ((at as f32 + 0.5) * from as f32 / to as f32 - 0.5).clamp(0.0, (from - 1) as f32);
    let first = position as usize;
    (first, (first + 1).min(from - 1), position - first as f32)
}

fn mix(a: f32, b: f32, share: f32) -> f32 {
    a + (b - a) * share
}

/// Puts one plane of `size` = `[height, width]` in the middle of an empty one of size `to`.
///
/// # Panics
/// If it does not fit, or `plane` is not of size `size`.
pub fn centre(plane: &[u8], size: [usize; 2], to: [usize; 2]) -> Vec<u8> {
    let [height, width] = size;
    assert_eq!(plane.len(), height * width, "a plane of {height}x{width}");
    assert!(height <= to[0] && width <= to[1], "{height}x{width} does not fit into {}x{}", to[0], to[1]);
    let (top, left) = ((to[0] - height) / 2, (to[1] - width) / 2);
    let mut out = vec![0; to[0] * to[1]];
    for (y, row) in plane.chunks_exact(width).enumerate() {
        out[(top + y) * to[1] + left..][..width].copy_from_slice(row);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Worked out by hand: the four target centres of a row lie at -0.25, 0.25, 0.75 and 1.25 in source pixels.
    #[test]
    fn bilinear_by_hand() {
        assert_eq!(resize(&[0, 100], [1, 2], [1, 4]), [0, 25, 75, 100]);
        assert_eq!(resize(&[0, 100], [2, 1], [4, 1]), [0, 25, 75, 100]);
        // Rows 0, 1/4, 3/4, 1 of the way from [0, 80] to [40, 200], columns half way: 40 and 120.
        assert_eq!(resize(&[0, 80, 40, 200], [2, 2], [4, 1]), [40, 60, 100, 120]);
        // The same size gives the same plane.
        assert_eq!(resize(&[1, 2, 3, 4, 5, 6], [2, 3], [2, 3]), [1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn centred() {
        assert_eq!(centre(&[1, 2], [1, 2], [3, 4]), [0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0]);
        assert_eq!(centre(&[1, 2, 3], [3, 1], [3, 2]), [1, 0, 2, 0, 3, 0]);
    }
}
