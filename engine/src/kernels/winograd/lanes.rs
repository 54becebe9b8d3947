//! The images that a vector holds.

#![allow(unsafe_code, reason = "vectors are read and written through pointers; who calls has checked the bounds")]

use pulp::{MemMask, Simd};

/// The images of a vector: all of its lanes, or the first few.
#[derive(Clone, Copy)]
pub(super) struct Lanes<S: Simd> {
    all: bool,
    mask: MemMask<S::m32s>,
}

impl<S: Simd> Lanes<S> {
    #[inline(always)]
    pub(super) fn new(simd: S, images: usize) -> Self {
        let count = images.min(S::F32_LANES);
        Self { all: count == S::F32_LANES, mask: MemMask::new(simd.mask_between_m32s(0, count as u32).mask()) }
    }

    /// # Safety
    /// The lanes in use must be readable.
    #[inline(always)]
    pub(super) unsafe fn load(self, simd: S, from: *const f32) -> S::f32s {
        if self.all {
            // SAFETY: the caller's.
            unsafe { from.cast::<S::f32s>().read_unaligned() }
        } else {
            // SAFETY: the caller's.
            unsafe { simd.mask_load_ptr_f32s(self.mask, from) }
        }
    }

    /// # Safety
    /// The lanes in use must be writable.
    #[inline(always)]
    pub(super) unsafe fn store(self, simd: S, value: S::f32s, to: *mut f32) {
        if self.all {
            // SAFETY: the caller's.
            unsafe { to.cast::<S::f32s>().write_unaligned(value) }
        } else {
            // SAFETY: the caller's.
            unsafe { simd.mask_store_ptr_f32s(self.mask, to, value) }
        }
    }
}
