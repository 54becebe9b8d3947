//! One layer on several threads.

use std::marker::PhantomData;

use rayon::prelude::*;

/// The number of operations that are worth another thread: waking it takes some microseconds.
const WORTH: usize = 1 << 18;
/// The number of parts for each thread. A thread that the system interrupts leaves its other parts to the rest.
const PARTS: usize = 4;

/// The number of parts in which to do this number of operations.
pub fn parts(operations: usize) -> usize {
    let threads = rayon::current_num_threads();
    if threads == 1 { 1 } else { (operations / WORTH).clamp(1, PARTS * threads) }
}

/// Does all parts, on the threads of the pool.
pub fn each(parts: usize, work: impl Fn(usize) + Send + Sync) {
    if parts == 1 {
        return work(0);
    }
    (0..parts).into_par_iter().with_max_len(1).for_each(work);
}

/// Part `part` of `count` things in `parts` parts.
pub fn share(count: usize, parts: usize, part: usize) -> std::ops::Range<usize> {
    part * count / parts..(part + 1) * count / parts
}

/// Works on a slice of rows in parts of whole rows; `operations` is the number of operations for a row. Calls `work` with the first row of a part
/// and its elements.
pub fn rows(y: &mut [f32], row: usize, operations: usize, work: impl Fn(usize, &mut [f32]) + Send + Sync) {
    let count = y.len() / row;
    let parts = parts(count.saturating_mul(operations)).min(count.max(1));
    if parts == 1 {
        return work(0, y);
    }
    let len = count.div_ceil(parts);
    y.par_chunks_mut(len * row).enumerate().with_max_len(1).for_each(|(part, y)| work(part * len, y));
}

/// Works on the first `count` pieces of `len` elements of a slice, in so many parts. Calls `work` with the number of each piece.
pub fn split(y: &mut [f32], len: usize, count: usize, parts: usize, work: impl Fn(usize, &mut [f32]) + Send + Sync) {
    let pieces = y.chunks_exact_mut(len).take(count).enumerate();
    if parts == 1 {
        return pieces.for_each(|(i, y)| work(i, y));
    }
    y.par_chunks_exact_mut(len).take(count).enumerate().with_max_len(count.div_ceil(parts)).for_each(|(i, y)| work(i, y));
}

/// A slice that several threads write, each its own elements of it.
#[derive(Clone, Copy)]
pub struct Shared<'a> {
    start: *mut f32,
    len: usize,
    slice: PhantomData<&'a mut [f32]>,
}

// SAFETY: it lends no elements by itself; who reads or writes them through the pointer takes care that no two threads use the same one.
unsafe impl Send for Shared<'_> {}
// SAFETY: as above.
unsafe impl Sync for Shared<'_> {}

impl<'a> Shared<'a> {
    /// The elements of a slice.
    pub fn new(slice: &'a mut [f32]) -> Self {
        Self { start: slice.as_mut_ptr(), len: slice.len(), slice: PhantomData }
    }

    /// The position of the first element.
    #[inline(always)]
    pub fn start(self) -> *const f32 {
        self.start
    }

    /// The position of an element.
    ///
    /// # Panics
    /// Panics if it is beyond the slice.
    #[inline(always)]
    pub fn at(self, index: usize) -> *mut f32 {
        assert!(index <= self.len, "an element of the slice");
        self.start.wrapping_add(index)
    }

    /// Part of the slice.
    ///
    /// # Safety
    /// No other thread may use these elements, and neither may this one in another way, while the part is in use.
    ///
    /// # Panics
    /// Panics if it is beyond the slice.
    #[allow(clippy::mut_from_ref, reason = "the caller's contract is that no two parts overlap")]
    pub unsafe fn part(&self, first: usize, len: usize) -> &'a mut [f32] {
        assert!(first.checked_add(len).is_some_and(|end| end <= self.len), "a part of the slice");
        // SAFETY: inside the slice by the assert, and not shared by the caller's contract.
        unsafe { std::slice::from_raw_parts_mut(self.start.wrapping_add(first), len) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cover_everything_once() {
        for (count, parts) in [(1, 1), (7, 3), (8, 8), (5, 9), (100, 7)] {
            let all: Vec<usize> = (0..parts).flat_map(|part| share(count, parts, part)).collect();
            assert_eq!(all, (0..count).collect::<Vec<_>>());
        }
        for (count, row, operations) in [(1, 5, 1), (40, 3, 1 << 20), (7, 1, usize::MAX)] {
            let mut y = vec![0.0; count * row];
            rows(&mut y, row, operations, |first, y| y.iter_mut().enumerate().for_each(|(i, y)| *y += (first * row + i) as f32));
            assert_eq!(y, (0..count * row).map(|i| i as f32).collect::<Vec<_>>());
        }
    }
}
