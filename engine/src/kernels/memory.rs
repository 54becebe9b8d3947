//! Memory that may not be there.
#![allow(unsafe_code, reason = "the standard library asks for zeros in a way that ends the program where there is no memory")]

use std::alloc::{Layout, alloc_zeroed, dealloc};

/// So many zeros; none if there is no memory for them.
pub fn zeros(len: usize) -> Option<Vec<f32>> {
    if len == 0 {
        return Some(Vec::new());
    }
    let layout = Layout::array::<f32>(len).ok()?;
    // SAFETY: the layout has a size, since there are elements.
    let pointer = unsafe { alloc_zeroed(layout) };
    if pointer.is_null() {
        return None;
    }
    // SAFETY: the global allocator gave it for an array of `len` numbers, all of which are zeros.
    Some(unsafe { Vec::from_raw_parts(pointer.cast(), len, len) })
}

/// Smaller pieces are there, or are refused when they are asked for.
const WORTH_ASKING: u128 = 1 << 30;

/// Would the system give so many bytes in one piece? It gives them back at once.
pub fn is_there(bytes: u128) -> bool {
    if bytes < WORTH_ASKING {
        return true;
    }
    let layout = usize::try_from(bytes).ok().and_then(|bytes| Layout::from_size_align(bytes, align_of::<f32>()).ok());
    let Some(layout) = layout else { return false };
    // SAFETY: the layout has a size, at least that which is worth asking.
    let pointer = unsafe { alloc_zeroed(layout) };
    // The compiler leaves out what is given back at once.
    let pointer = std::hint::black_box(pointer);
    if pointer.is_null() {
        return false;
    }
    // SAFETY: it was given for this layout, and nothing else knows of it.
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
        // Miri ends where its own memory does.
        if !cfg!(miri) {
            assert!(zeros(isize::MAX as usize / 4 - 1).is_none() && zeros(1 << 58).is_none() && !is_there(1 << 62));
        }
    }
}
