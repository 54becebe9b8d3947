//! Fallible allocation.
#![allow(unsafe_code, reason = "the standard library's zeroed allocation aborts the program if there is not enough memory")]

use std::alloc::{Layout, alloc_zeroed, dealloc};

/// A vector of zeros; None if there is not enough memory.
pub fn zeros(len: usize) -> Option<Vec<f32>> {
    if len == 0 {
        return Some(Vec::new());
    }
    let layout = Layout::array::<f32>(len).ok()?;
    // SAFETY: the layout has a size above 0, since there are elements.
    let pointer = unsafe { alloc_zeroed(layout) };
    if pointer.is_null() {
        return None;
    }
    // SAFETY: the global allocator allocated it for an array of `len` numbers, all of which are zeros.
    Some(unsafe { Vec::from_raw_parts(pointer.cast(), len, len) })
}

/// Smaller allocations are not checked: they succeed, or fail when they are made.
const WORTH_ASKING: u128 = 1 << 30;

/// Whether the system would allocate this number of bytes in one piece. The memory is freed at once.
pub fn is_there(bytes: u128) -> bool {
    if bytes < WORTH_ASKING {
        return true;
    }
    let layout = usize::try_from(bytes).ok().and_then(|bytes| Layout::from_size_align(bytes, align_of::<f32>()).ok());
    let Some(layout) = layout else { return false };
    // SAFETY: the layout has a size of at least the minimum for a check.
    let pointer = unsafe { alloc_zeroed(layout) };
    // The compiler would remove an allocation that is freed at once.
    let pointer = std::hint::black_box(pointer);
    if pointer.is_null() {
        return false;
    }
    // SAFETY: it was allocated with this layout, and nothing else refers to it.
    unsafe { dealloc(pointer, layout) };
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_or_nothing() {
        assert_eq!(zeros(0), Some(Vec::new()));
        assert_eq!(zeros(1000), Some(vec![0.0; 1000]));
        assert!(zeros(usize::MAX).is_none() && zeros(usize::MAX / 4).is_none());
        assert!(is_there(0) && is_there(1000) && !is_there(u128::MAX));
        // Miri aborts when its own memory is exhausted.
        if !cfg!(miri) {
            assert!(zeros(isize::MAX as usize / 4 - 1).is_none() && zeros(1 << 58).is_none() && !is_there(1 << 62));
        }
    }
}
