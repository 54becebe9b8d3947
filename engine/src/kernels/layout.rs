//! Between batch-major `[images, channels, inner]` and channel-major `[channels, images, inner]`.

use super::rows::{self, RowPairs};

/// Swaps the two outer axes: `to[b][a] = from[a][b]` for stretches of `inner` elements, or adds them to what is there.
///
/// # Panics
/// If a slice does not have `a * b * inner` elements.
pub fn swap(a: usize, b: usize, inner: usize, from: &[f32], to: &mut [f32], add: bool) {
    assert!(from.len() == a * b * inner && to.len() == a * b * inner, "lengths fit the axes");
    if a == 1 || b == 1 {
        // Nothing moves.
        return put(from, to, add);
    }
    for (i, from) in from.chunks_exact(b * inner).enumerate() {
        rows::put(RowPairs { count: b, len: inner, from: inner, to: a * inner }, from, &mut to[i * inner..], add);
    }
}

/// Copies, or adds.
///
/// # Panics
/// If the lengths differ.
pub fn put(from: &[f32], to: &mut [f32], add: bool) {
    if add {
        super::activation::add(from, to);
    } else {
        to.copy_from_slice(from);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::testing::numbers;

    #[test]
    fn swaps_and_adds() {
        for (a, b, inner) in [(1, 4, 3), (4, 1, 3), (3, 3, 3), (2, 5, 1), (5, 2, 19)] {
            let from = numbers(a * b * inner, 1);
            let old = numbers(a * b * inner, 2);
            let mut copied = old.clone();
            swap(a, b, inner, &from, &mut copied, false);
            let mut added = old.clone();
            swap(a, b, inner, &from, &mut added, true);
            for (i, j, k) in (0..a).flat_map(|i| (0..b).flat_map(move |j| (0..inner).map(move |k| (i, j, k)))) {
                let (source, target) = ((i * b + j) * inner + k, (j * a + i) * inner + k);
                assert_eq!(copied[target], from[source]);
                assert_eq!(added[target], old[target] + from[source]);
            }
        }
    }
}
