//! A batch normalization that no layer before it has taken over.

use super::{Ending, Fold, Fuses, Next};
use crate::{
    kernels::channels::gate,
    layers::{Layer, Reads, Site},
};

/// A scale and a shift for each channel, and a function after them.
#[derive(Clone, Debug)]
pub struct Scaled {
    channels: usize,
    fold: Fold,
    ending: Ending,
}

impl Scaled {
    /// The normalization of so many channels.
    pub fn new(channels: usize, fold: Fold) -> Self {
        Self { channels, fold, ending: Ending::default() }
    }
}

impl Layer for Scaled {
    fn reads(&self) -> Reads {
        Reads::Nothing
    }

    fn packs(&self) -> usize {
        2 * self.channels
    }

    fn pack(&self, params: &[Vec<f32>], to: &mut [f32]) {
        for channel in 0..self.channels {
            to[channel] = self.fold.scale(params, channel) as f32;
            to[self.channels + channel] = self.fold.shift(params, channel, 0.0);
        }
    }

    fn forward(&self, at: &mut Site, y: &mut [f32]) {
        let (scale, shift) = at.packed.split_at(self.channels);
        gate::scale(self.channels, [scale, shift], self.ending.tail(at), at.x(0), y);
    }
}

impl Fuses for Scaled {
    fn take(&mut self, next: &Next) -> bool {
        matches!(next, Next::Function(_)) && self.ending.take(next)
    }
}
