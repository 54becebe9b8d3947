//! Elementwise layers, whose values may have any order.

use std::sync::Arc;

use crate::{
    kernels::{
        channels::team,
        elementwise::Function,
        join::{self, Operator},
    },
    layers::{Layer, Place, Reads, Site},
};

/// The number of elements that stay in a level-1 cache from one pass to the next.
const PIECE: usize = 4096;
/// Operations for an element of a function, roughly.
const FUNCTION: usize = 16;

/// An elementwise function.
#[derive(Clone, Debug)]
pub struct Mapped(pub Arc<dyn Function>);

impl Layer for Mapped {
    fn place(&self) -> Place {
        Place::Over(1)
    }

    fn reads(&self) -> Reads {
        Reads::Nothing
    }

    fn forward(&self, at: &mut Site, y: &mut [f32]) {
        let x = at.held.is_none().then(|| at.x(0));
        team::rows(y, 1, FUNCTION, |first, y| {
            for (i, y) in y.chunks_mut(PIECE).enumerate() {
                if let Some(x) = x {
                    y.copy_from_slice(&x[first + i * PIECE..][..y.len()]);
                }
                self.0.forward(y);
            }
        });
    }
}

/// An elementwise join of values of one shape, from left to right.
#[derive(Clone, Copy, Debug)]
pub struct Joined(pub Operator);

impl Layer for Joined {
    fn reads(&self) -> Reads {
        Reads::Nothing
    }

    fn forward(&self, at: &mut Site, y: &mut [f32]) {
        let at = &*at;
        team::rows(y, 1, at.inputs(), |first, y| {
            for (i, y) in y.chunks_mut(PIECE).enumerate() {
                let part = first + i * PIECE..first + i * PIECE + y.len();
                join::pair(self.0, &at.x(0)[part.clone()], &at.x(1)[part.clone()], y);
                (2..at.inputs()).for_each(|input| join::fold(self.0, &at.x(input)[part.clone()], y));
            }
        });
    }
}
