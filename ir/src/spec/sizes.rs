//! Options whose value is a list: `Permute(1, 0)`.

use crate::{MAX_RANK, Shape};

/// A list of sizes or of axes, of at most [`MAX_RANK`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Sizes {
    list: [usize; MAX_RANK],
    len: usize,
}

impl Sizes {
    /// The empty list.
    pub const NONE: Sizes = Sizes::new(&[]);

    /// The list of these.
    ///
    /// # Panics
    /// With more than [`MAX_RANK`].
    pub const fn new(items: &[usize]) -> Self {
        assert!(items.len() <= MAX_RANK, "a list has at most 5 sizes");
        let mut sizes = Sizes { list: [0; MAX_RANK], len: items.len() };
        let mut i = 0;
        while i < items.len() {
            sizes.list[i] = items[i];
            i += 1;
        }
        sizes
    }

    /// How many there are.
    pub const fn len(&self) -> usize {
        self.len
    }

    /// None at all?
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The list.
    pub const fn as_slice(&self) -> &[usize] {
        self.list.split_at(self.len).0
    }

    /// Number `i`; 0 where there is none.
    pub const fn get(&self, i: usize) -> usize {
        if i < self.len { self.list[i] } else { 0 }
    }

    /// One more behind the others.
    pub(crate) const fn push(mut self, size: usize) -> Self {
        self.list[self.len] = size;
        self.len += 1;
        self
    }

    /// Number `i` replaced.
    pub const fn with(mut self, i: usize, size: usize) -> Self {
        self.list[i] = size;
        self
    }

    /// Is it in the list?
    pub const fn contains(&self, item: usize) -> bool {
        let mut i = 0;
        while i < self.len {
            if self.list[i] == item {
                return true;
            }
            i += 1;
        }
        false
    }

    /// The shape of these sizes.
    pub const fn shape(&self) -> Shape {
        Shape::new(self.as_slice())
    }
}

/// `[16, 5, 5]`
impl core::fmt::Debug for Sizes {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.as_slice().fmt(f)
    }
}
