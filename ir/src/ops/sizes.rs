//! Options whose value is a list: `Permute(1, 0)`.

use crate::{MAX_RANK, Shape};

/// A list of sizes or of axes, of at most [`MAX_RANK`].
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(into = "Vec<usize>", try_from = "Vec<usize>"))]
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
    pub(super) const fn push(mut self, size: usize) -> Self {
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

impl From<Sizes> for Vec<usize> {
    fn from(sizes: Sizes) -> Self {
        sizes.as_slice().to_vec()
    }
}

impl TryFrom<Vec<usize>> for Sizes {
    type Error = &'static str;

    fn try_from(list: Vec<usize>) -> Result<Self, Self::Error> {
        if list.len() <= MAX_RANK { Ok(Sizes::new(&list)) } else { Err("a list has at most 5 sizes") }
    }
}

/// `Sizes::new(&[16, 5, 5])`: generated code is printed in this form.
impl core::fmt::Debug for Sizes {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Sizes::new(&{:?})", self.as_slice())
    }
}
