//! What is explained: a class, or a unit of any layer.

use std::fmt::Display;

use super::ExplainError;
use crate::Scalar;
use crate::hook::At;
use crate::host::number;

/// What is explained: a class, or a unit of any layer. It stands for one number for each sample, whose gradients the methods take.
///
/// Of several positions that belong to a class or channel the number is the mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    place: Place,
    channels: Channels,
    at: Option<Vec<usize>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    /// The network's first output.
    Output,
    Layer(At),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Channels {
    /// The mean of all.
    All,
    One(usize),
    /// One for each sample.
    Each(Vec<usize>),
}

impl Target {
    /// A class: an element of the network's first output. It is what the network gives: a logit, unless the network ends with softmax.
    pub fn class(class: usize) -> Self {
        Self { place: Place::Output, channels: Channels::One(class), at: None }
    }

    /// A class for each sample.
    pub fn classes(classes: impl Into<Vec<usize>>) -> Self {
        Self { place: Place::Output, channels: Channels::Each(classes.into()), at: None }
    }

    /// A channel of a layer: the mean over its positions. For a layer whose output has one axis, a unit.
    pub fn channel(layer: impl Into<At>, channel: usize) -> Self {
        Self { place: Place::Layer(layer.into()), channels: Channels::One(channel), at: None }
    }

    /// A unit of a layer: a channel at a position, which is `[y, x]` for images.
    pub fn unit(layer: impl Into<At>, channel: usize, at: impl Into<Vec<usize>>) -> Self {
        Self { place: Place::Layer(layer.into()), channels: Channels::One(channel), at: Some(at.into()) }
    }

    /// A whole layer: the mean of its output.
    pub fn layer(layer: impl Into<At>) -> Self {
        Self { place: Place::Layer(layer.into()), channels: Channels::All, at: None }
    }

    /// The place of the value that has it; none for the network's first output.
    pub(super) fn place(&self) -> Option<&At> {
        match &self.place {
            Place::Output => None,
            Place::Layer(at) => Some(at),
        }
    }

    /// The target of one sample of a batch.
    pub(super) fn of_sample(&self, sample: usize) -> Self {
        let channels = match &self.channels {
            Channels::Each(classes) => Channels::One(classes[sample]),
            same => same.clone(),
        };
        Self { channels, ..self.clone() }
    }

    /// The weight of each element of a value of these sizes, batch axis first, in the numbers of all samples.
    pub(super) fn weights<E: Scalar, Err: Display>(&self, graph: &str, dims: &[usize]) -> Result<Vec<E>, ExplainError<Err>> {
        let (batch, count) = (dims[0], dims.get(1).copied().unwrap_or(1));
        let sizes = dims.get(2..).unwrap_or_default();
        let positions: usize = sizes.iter().product();
        let mut weights = vec![E::zero(); batch * count * positions];
        let position = self.at.as_ref().map(|at| self.position(at, sizes)).transpose()?;
        if let Channels::Each(classes) = &self.channels
            && classes.len() != batch
        {
            return Err(ExplainError::Classes { classes: classes.len(), batch });
        }
        for (sample, weights) in weights.chunks_exact_mut(count * positions).enumerate() {
            let channel = match &self.channels {
                Channels::All => {
                    weights.fill(number(1.0 / (count * positions) as f64));
                    continue;
                }
                Channels::One(channel) => *channel,
                Channels::Each(classes) => classes[sample],
            };
            if channel >= count {
                return Err(self.absent(graph, channel, count));
            }
            let weights = &mut weights[channel * positions..][..positions];
            match position {
                Some(position) => weights[position] = E::one(),
                None => weights.fill(number(1.0 / positions as f64)),
            }
        }
        Ok(weights)
    }

    fn absent<Err: Display>(&self, graph: &str, channel: usize, channels: usize) -> ExplainError<Err> {
        match &self.place {
            Place::Output => ExplainError::Class { graph: graph.to_owned(), class: channel, classes: channels },
            Place::Layer(at) => ExplainError::Channel { layer: at.layer().to_owned(), channel, channels },
        }
    }

    /// The index of a position in row-major order.
    fn position<Err: Display>(&self, at: &[usize], sizes: &[usize]) -> Result<usize, ExplainError<Err>> {
        if at.len() == sizes.len() && at.iter().zip(sizes).all(|(index, size)| index < size) {
            return Ok(at.iter().zip(sizes).fold(0, |flat, (index, size)| flat * size + index));
        }
        let layer = self.place().map_or("output", At::layer).to_owned();
        Err(ExplainError::Position { layer, at: at.to_vec(), sizes: sizes.to_vec() })
    }
}
