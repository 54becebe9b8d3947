//! Options whose value is a list: `Permute(1, 0)`.

use crate::Shape;

/// A list of sizes or of axes, of at most [`Sizes::MOST`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Sizes {
    list: [usize; Sizes::MOST],
    len: usize,
}

impl Sizes {
    /// The maximum number of items.
    pub const MOST: usize = 8;

    /// The empty list.
    pub const NONE: Sizes = Sizes::new(&[]);

    /// A list of these items.
    ///
    /// # Panics
    /// If there are more than [`Sizes::MOST`] items.
    pub const fn new(items: &[usize]) -> Self {
        assert!(items.len() <= Self::MOST, "a list has at most 8 sizes");
        let mut sizes = Sizes { list: [0; Self::MOST], len: items.len() };
        let mut i = 0;
        while i < items.len() {
            sizes.list[i] = items[i];
            i += 1;
        }
        sizes
    }

    /// The number of items.
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether the list is empty.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The items as a slice.
    pub const fn as_slice(&self) -> &[usize] {
        self.list.split_at(self.len).0
    }

    /// Item `i`; 0 if there is none.
    pub const fn get(&self, i: usize) -> usize {
        if i < self.len { self.list[i] } else { 0 }
    }

    /// Appends an item.
    pub(crate) const fn push(mut self, size: usize) -> Self {
        self.list[self.len] = size;
        self.len += 1;
        self
    }

    /// Replaces item `i`.
    pub const fn with(mut self, i: usize, size: usize) -> Self {
        self.list[i] = size;
        self
    }

    /// Whether the list contains `item`.
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

    /// The shape with these sizes.
    ///
    /// # Panics
    /// If there are more than [`crate::MAX_RANK`] items.
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
