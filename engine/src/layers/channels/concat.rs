//! `Concat` of channels.

use layercake_ir::Shape;

use super::Fuses;
use crate::{
    kernels::{
        channels::team,
        strips::{self, Strips},
    },
    layers::{Layer, Reads, Site},
};

/// Puts the channels of several values side by side, at each position.
#[derive(Clone, Debug)]
pub struct Joint {
    /// The channels of each input.
    channels: Vec<usize>,
}

impl Joint {
    /// For inputs of these shapes.
    pub fn new<'a>(inputs: impl Iterator<Item = &'a Shape>) -> Self {
        Self { channels: inputs.map(|shape| shape.dim(0)).collect() }
    }
}

impl Layer for Joint {
    fn reads(&self) -> Reads {
        Reads::Nothing
    }

    fn forward(&self, at: &mut Site, y: &mut [f32]) {
        let at = &*at;
        let row: usize = self.channels.iter().sum();
        team::rows(y, row, row, |first, y| {
            let mut done = 0;
            for (input, &len) in self.channels.iter().enumerate() {
                let x = &at.x(input)[first * len..][..y.len() / row * len];
                strips::put(Strips { len, from: len, to: row }, x, &mut y[done..], false);
                done += len;
            }
        });
    }
}

impl Fuses for Joint {}
