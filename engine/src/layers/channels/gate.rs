//! A product with one factor for each channel, as in squeeze-and-excitation.

use super::Fuses;
use crate::{
    kernels::channels::{Tail, gate},
    layers::{Layer, Reads, Site},
};

/// Multiplies maps by one number for each channel of each image.
#[derive(Clone, Copy, Debug)]
pub struct Gate {
    /// The number of channels.
    pub channels: usize,
    /// Which of the two inputs has the factors.
    pub factors: usize,
}

impl Layer for Gate {
    fn reads(&self) -> Reads {
        Reads::Nothing
    }

    fn forward(&self, at: &mut Site, y: &mut [f32]) {
        gate::scale(self.channels, [at.x(self.factors), &[]], Tail::default(), at.x(1 - self.factors), y);
    }
}

impl Fuses for Gate {}
