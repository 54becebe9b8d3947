//! From one order of elements to another.

use layercake_ir::Shape;

use super::Order;
use crate::{
    kernels::layout::transpose,
    layers::{Layer, Reads, Site},
};

/// Copies a value in another order.
#[derive(Clone, Copy, Debug)]
pub struct Rearrange {
    from: Order,
    to: Order,
    /// The size of the first axis, and of all others together.
    sizes: [usize; 2],
}

impl Rearrange {
    /// For values of a shape.
    pub fn new(from: Order, to: Order, shape: &Shape) -> Self {
        Self { from, to, sizes: [shape.dim(0), shape.len() / shape.dim(0)] }
    }

    /// Each image from `[rows, columns]` to `[columns, rows]`.
    fn each([rows, columns]: [usize; 2], x: &[f32], y: &mut [f32]) {
        for (x, y) in x.chunks_exact(rows * columns).zip(y.chunks_exact_mut(rows * columns)) {
            transpose(rows, columns, x, y, false);
        }
    }
}

impl Layer for Rearrange {
    fn reads(&self) -> Reads {
        Reads::Nothing
    }

    /// A batch on its way between images innermost and channels innermost.
    fn scratch(&self, images: usize, _: bool) -> [usize; 2] {
        [if self.from != Order::Batch && self.to != Order::Batch { self.sizes[0] * self.sizes[1] * images } else { 0 }, 0]
    }

    fn forward(&self, at: &mut Site, y: &mut [f32]) {
        let (x, images) = (at.x(0), at.images());
        let [first, rest] = self.sizes;
        let len = first * rest;
        let between = &mut at.scratch[..if self.scratch(images, false)[0] > 0 { y.len() } else { 0 }];
        match (self.from, self.to) {
            (Order::Images, Order::Batch) => transpose(len, images, x, y, false),
            (Order::Batch, Order::Images) => transpose(images, len, x, y, false),
            (Order::Batch, Order::Channels) => Self::each([first, rest], x, y),
            (Order::Channels, Order::Batch) => Self::each([rest, first], x, y),
            (Order::Images, Order::Channels) => {
                transpose(len, images, x, between, false);
                Self::each([first, rest], between, y);
            }
            (Order::Channels, Order::Images) => {
                Self::each([rest, first], x, between);
                transpose(images, len, between, y, false);
            }
            _ => unreachable!("a value is rearranged to another order"),
        }
    }
}
