//! The shape of one sample.

/// The maximum number of axes of a shape, without the batch axis.
pub const MAX_RANK: usize = 5;

/// The shape of one sample, without the batch axis: an image is `[channels, height, width]`, a feature vector `[features]`, a sequence
/// `[length, features]`. Token ids, `usize[length]`, are accepted only by `Embedding`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Shape {
    dims: [usize; MAX_RANK],
    rank: usize,
    ids: bool,
}

impl Shape {
    /// The shape of a value that is unknown because of an earlier mistake. Shape rules report nothing about it.
    pub const UNKNOWN: Shape = Shape { dims: [0; MAX_RANK], rank: usize::MAX, ids: false };

    /// The shape with these sizes.
    ///
    /// # Panics
    /// If there are more than [`MAX_RANK`] sizes.
    pub const fn new(dims: &[usize]) -> Self {
        assert!(dims.len() <= MAX_RANK, "a shape has at most 5 axes besides the batch");
        let mut shape = Shape { dims: [0; MAX_RANK], rank: dims.len(), ids: false };
        let mut i = 0;
        while i < dims.len() {
            shape.dims[i] = dims[i];
            i += 1;
        }
        shape
    }

    /// The shape of token ids with these sizes: integers that index the rows of an `Embedding`.
    ///
    /// # Panics
    /// If there are more than [`MAX_RANK`] sizes.
    pub const fn ids(dims: &[usize]) -> Self {
        let mut shape = Self::new(dims);
        shape.ids = true;
        shape
    }

    /// The shape with the same sizes, of token ids or not.
    pub const fn of_ids(mut self, ids: bool) -> Self {
        self.ids = ids;
        self
    }

    /// Whether these are token ids.
    pub const fn is_ids(&self) -> bool {
        self.ids
    }

    /// Whether this is [`Shape::UNKNOWN`].
    pub const fn is_unknown(&self) -> bool {
        self.rank == usize::MAX
    }

    /// The number of axes; 0 if the shape is unknown.
    pub const fn rank(&self) -> usize {
        if self.is_unknown() { 0 } else { self.rank }
    }

    /// The size of axis `i`; 0 if there is no such axis, so that code generated after a mistake still compiles.
    pub const fn dim(&self, i: usize) -> usize {
        if i < self.rank() { self.dims[i] } else { 0 }
    }

    /// The sizes as a slice.
    pub const fn dims(&self) -> &[usize] {
        self.dims.split_at(self.rank()).0
    }

    /// The sizes as an array of `N`, padded with zeros.
    pub const fn array<const N: usize>(&self) -> [usize; N] {
        let mut out = [0; N];
        let mut i = 0;
        while i < N {
            out[i] = self.dim(i);
            i += 1;
        }
        out
    }

    /// The number of elements, saturating at `usize::MAX`.
    pub const fn len(&self) -> usize {
        let mut product: usize = 1;
        let mut i = 0;
        while i < self.rank() {
            product = product.saturating_mul(self.dims[i]);
            i += 1;
        }
        product
    }

    /// Whether it has no elements.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Equality, usable in const contexts.
    pub const fn same(&self, other: &Shape) -> bool {
        if self.rank != other.rank || self.ids != other.ids {
            return false;
        }
        let mut i = 0;
        while i < self.rank() {
            if self.dims[i] != other.dims[i] {
                return false;
            }
            i += 1;
        }
        true
    }

    /// This shape, or [`Shape::UNKNOWN`] if `outcome` is a mistake, so that later rules report nothing.
    pub const fn unless(self, outcome: &Result<(), crate::Mistake>) -> Self {
        if outcome.is_ok() { self } else { Shape::UNKNOWN }
    }

    /// This shape with the size of axis `i` replaced.
    pub const fn with_dim(mut self, i: usize, size: usize) -> Self {
        self.dims[i] = size;
        self
    }
}

impl core::fmt::Debug for Shape {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        if self.is_unknown() {
            return f.write_str("[?]");
        }
        f.write_str(if self.ids { "usize" } else { "" })?;
        core::fmt::Debug::fmt(self.dims(), f)
    }
}

/// `[6, 28, 28]`, `usize[64]`
impl core::fmt::Display for Shape {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        core::fmt::Debug::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        let image = Shape::new(&[3, 32, 48]);
        assert_eq!((image.rank(), image.dim(2), image.dim(3), image.len()), (3, 48, 0, 3 * 32 * 48));
        assert_eq!(image.to_string(), "[3, 32, 48]");
        assert_eq!(image.array::<3>(), [3, 32, 48]);
        assert!(image.same(&image) && !image.same(&Shape::new(&[3, 32])) && !image.same(&image.with_dim(0, 1)));
        let ids = Shape::ids(&[3, 32]);
        assert!(ids.is_ids() && !ids.same(&Shape::new(&[3, 32])) && ids.of_ids(false).same(&Shape::new(&[3, 32])));
        assert_eq!(ids.to_string(), "usize[3, 32]");
        assert_eq!(Shape::new(&[]).len(), 1);
        assert_eq!(Shape::new(&[usize::MAX, 2]).len(), usize::MAX);
        assert!(Shape::UNKNOWN.is_unknown() && Shape::UNKNOWN.dims().is_empty());
    }
}
