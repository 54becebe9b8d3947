//! Pools.

use super::Fuses;
use crate::{
    kernels::{Slide, channels::window, pool2d::Mean},
    layers::{Layer, Reads, Site},
};

/// The maximum or the mean of each window, per channel.
#[derive(Clone, Copy, Debug)]
pub enum Pool {
    /// The maximum.
    Max(Slide),
    /// The mean.
    Mean(Mean),
}

impl Layer for Pool {
    fn reads(&self) -> Reads {
        Reads::Nothing
    }

    fn forward(&self, at: &mut Site, y: &mut [f32]) {
        let x = at.x(0);
        let channels = |slide: &Slide| y.len() / slide.output_len() / at.images();
        match self {
            Self::Max(slide) => window::max(slide, channels(slide), x, y),
            Self::Mean(pool) => window::mean(pool, channels(&pool.slide), x, y),
        }
    }
}

impl Fuses for Pool {}
