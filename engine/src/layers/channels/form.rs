//! What an operation offers to a plan whose channels are innermost.

use std::sync::Arc;

use layercake_ir::Shape;

use super::Next;
use crate::layers::Layer;

/// The order of a value's elements in its buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// `[shape.., images]`
    Images,
    /// `[images, shape..]`
    Batch,
    /// `[images, the shape's axes but the first.., the first]`
    Channels,
}

impl Order {
    /// The first of the orders that are the same for values of this shape and this number of images.
    pub fn plain(self, shape: &Shape, images: usize) -> Self {
        let order = match self {
            Self::Channels if shape.dim(0) == 1 || shape.dim(0) == shape.len() => Self::Batch,
            order => order,
        };
        if order == Self::Batch && (images == 1 || shape.len() == 1) { Self::Images } else { order }
    }
}

/// How an operation runs.
pub enum Form {
    /// In any order, which is that of its result too.
    Alike(Arc<dyn Layer>),
    /// With inputs in one order, and a result in one.
    Ordered {
        /// The layer.
        layer: Box<dyn Fuses>,
        /// The order of the inputs.
        from: Order,
        /// The order of the result.
        to: Order,
    },
}

impl Form {
    /// A layer on values with their channels innermost.
    pub fn channels(layer: impl Fuses + 'static) -> Self {
        Self::Ordered { layer: Box::new(layer), from: Order::Channels, to: Order::Channels }
    }
}

/// A layer that may take over what the nodes after it do.
pub trait Fuses: Layer {
    /// Takes over the next node; false if it does not, which changes nothing.
    fn take(&mut self, _next: &Next) -> bool {
        false
    }
}
