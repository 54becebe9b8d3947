//! Zeros around maps.

use super::team;

/// Maps of lines of `row` numbers for each position, and the zeros around them.
#[derive(Clone, Copy, Debug)]
pub struct Frame {
    /// Height and width of the maps.
    pub size: [usize; 2],
    /// Zeros above and to the left.
    pub before: [usize; 2],
    /// Height and width with the zeros. It may be less than the map with the zeros before it, if windows do not reach further.
    pub framed: [usize; 2],
    /// The numbers of a position.
    pub row: usize,
}

impl Frame {
    /// The number of elements of a map with its zeros.
    pub fn len(&self) -> usize {
        self.framed[0] * self.framed[1] * self.row
    }
}

/// Copies maps into their frames, one after the other.
///
/// # Panics
/// Panics if the slices do not hold the same number of maps.
pub fn pad(frame: &Frame, from: &[f32], to: &mut [f32]) {
    let Frame { size, before, framed, row } = *frame;
    let map = size[0] * size[1] * row;
    assert_eq!(from.len() / map, to.len() / frame.len(), "as many frames as maps");
    let line = framed[1] * row;
    team::rows(to, line, line, |first, to| {
        for (i, to) in to.chunks_exact_mut(line).enumerate() {
            let (image, at) = ((first + i) / framed[0], (first + i) % framed[0]);
            let Some(y) = at.checked_sub(before[0]).filter(|&y| y < size[0]) else {
                to.fill(0.0);
                continue;
            };
            let start = before[1].min(framed[1]) * row;
            let (left, rest) = to.split_at_mut(start);
            let (inside, right) = rest.split_at_mut(rest.len().min(size[1] * row));
            left.fill(0.0);
            inside.copy_from_slice(&from[image * map + y * size[1] * row..][..inside.len()]);
            right.fill(0.0);
        }
    });
}
