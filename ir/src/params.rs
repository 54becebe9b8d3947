//! The tensors that an operation owns.

use crate::Shape;
use crate::mistake::same;

/// One tensor of a layer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Param {
    /// PyTorch's name for it: `weight`, `bias`, `running_mean`, ..; empty for the tensor of a `Parameter`, whose path is the layer's name.
    pub name: &'static str,
    /// Its shape.
    pub shape: Shape,
    /// Whether the optimizer updates it. A buffer (`running_mean`) is part of the state, but not trained.
    pub trained: bool,
}

impl Param {
    /// Its path in checkpoints: `conv1.weight`.
    pub fn path(&self, layer: &str) -> String {
        if self.name.is_empty() { layer.to_owned() } else { format!("{layer}.{}", self.name) }
    }
}

/// A recurrent layer has four for each of its layers and directions.
const MOST: usize = 4 * 2 * crate::ops::MOST_LAYERS;

/// The tensors of one layer, in PyTorch's order.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Params {
    items: [Param; MOST],
    len: usize,
}

impl Params {
    /// No tensors.
    pub const NONE: Params = Params { items: [Param { name: "", shape: Shape::UNKNOWN, trained: false }; MOST], len: 0 };

    /// Adds a trained parameter.
    pub const fn trained(self, name: &'static str, dims: &[usize]) -> Self {
        self.push(Param { name, shape: Shape::new(dims), trained: true })
    }

    /// Adds a buffer.
    pub const fn buffer(self, name: &'static str, dims: &[usize]) -> Self {
        self.push(Param { name, shape: Shape::new(dims), trained: false })
    }

    const fn push(mut self, param: Param) -> Self {
        self.items[self.len] = param;
        self.len += 1;
        self
    }

    /// The tensors.
    pub const fn as_slice(&self) -> &[Param] {
        self.items.split_at(self.len).0
    }

    /// The size of one axis of one tensor; 0 if there is none, so that code generated after a mistake still compiles.
    pub const fn dim(&self, tensor: usize, axis: usize) -> usize {
        if tensor < self.len { self.items[tensor].shape.dim(axis) } else { 0 }
    }

    /// [`Params::dim`] of the tensor of this name.
    pub const fn dim_of(&self, name: &str, axis: usize) -> usize {
        let mut i = 0;
        while i < self.len {
            if same(self.items[i].name, name) {
                return self.items[i].shape.dim(axis);
            }
            i += 1;
        }
        0
    }

    /// The total number of trained elements.
    pub const fn count(&self) -> usize {
        let mut total: usize = 0;
        let mut i = 0;
        while i < self.len {
            if self.items[i].trained {
                total = total.saturating_add(self.items[i].shape.len());
            }
            i += 1;
        }
        total
    }
}
