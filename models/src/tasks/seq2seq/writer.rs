//! The decoder, one token at a time.

use layercake::AnyNetwork;
use layercake::model::copy_tensors;
use layercake::prelude::*;
use layercake_train::TrainError;
use layercake_train::data::Array;
use layercake_train::sequence::{Decoder, PadSide, Ragged};

use super::letters::{PAD, SOURCE};
use crate::networks::{SumAttentionDecoder, SumDecoder};
use crate::tasks::machine::{Machine, part};

/// Encoder and decoder of a trained network, each by itself; the decoder takes one token.
pub(super) struct Writer<D: Machine> {
    encoder: D::Net,
    decoder: D::Net,
    attends: bool,
    device: D,
}

/// What the decoder carries, a row for each sequence: its own state, and with attention the states of the encoder and the mask.
#[derive(Clone, Debug)]
pub(super) struct Memory {
    arrays: Vec<Array<f32>>,
    /// The attention of the last step, `[sequences, source]`.
    pub weights: Option<Array<f32>>,
}

/// The parts of the state that a step replaces.
const CARRIED: usize = 2;

impl<D: Machine> Writer<D> {
    pub(super) fn new(net: &D::Net, device: &D) -> Result<Self, TrainError> {
        let attends = net.network_graph().inputs().len() > 2;
        let encoder = part(net, device, "encoder")?;
        let graph = if attends { SumAttentionDecoder::<1>::GRAPH } else { SumDecoder::<1>::GRAPH };
        // The initial values, which are replaced, leave the device's generator as it is.
        let mut decoder = device.seeded(0, |device| device.build(graph))?;
        let copied = copy_tensors(&mut decoder, net, |path| Some(format!("decoder.{path}")));
        copied.map_err(|error| TrainError::Network(error.to_string()))?;
        Ok(Self { encoder, decoder, attends, device: device.clone() })
    }

    /// Reads sequences: the state that the decoder begins with.
    pub(super) fn read(&self, sources: Vec<Vec<usize>>) -> Result<Memory, TrainError> {
        let sources = Ragged(sources);
        let ids = sources.padded(SOURCE, PAD, PadSide::Left)?.into_ids(&self.device);
        let outputs = self.encoder.try_infer(vec![ids])?;
        let [states, h, c] =
            <[_; 3]>::try_from(outputs.iter().map(array).collect::<Vec<_>>()).map_err(|found| outputs_of("encoder", &found))?;
        let attended = if self.attends { vec![states, sources.attention_mask(SOURCE, PadSide::Left)?] } else { Vec::new() };
        Ok(Memory { arrays: [vec![h, c], attended].concat(), weights: None })
    }
}

fn array<D: Backend<f32>>(tensor: &DynTensor<f32, D>) -> Array<f32> {
    Array::new(tensor.dims().to_vec(), tensor.to_vec())
}

fn outputs_of(part: &str, found: &[Array<f32>]) -> TrainError {
    TrainError::Network(format!("the {part} has {} outputs", found.len()))
}

impl<D: Machine> Decoder for Writer<D> {
    type State = Memory;
    type Error = TrainError;

    fn step(&self, tokens: &[usize], state: Memory) -> Result<(Vec<f32>, Memory), TrainError> {
        let ids = Array::new(vec![tokens.len(), 1], tokens.to_vec()).into_ids(&self.device);
        let mut inputs = vec![ids];
        for array in &state.arrays {
            inputs.push(array.clone().into_dynamic(&self.device)?);
        }
        let mut outputs = self.decoder.try_infer(inputs)?.iter().map(array).collect::<Vec<_>>().into_iter();
        let [Some(scores), Some(h), Some(c)] = std::array::from_fn(|_| outputs.next()) else { return Err(outputs_of("decoder", &[])) };
        let mut arrays = state.arrays;
        arrays.splice(..CARRIED, [h, c]);
        Ok((scores.into_vec(), Memory { arrays, weights: outputs.next() }))
    }

    fn select(&self, state: &Memory, rows: &[usize]) -> Result<Memory, TrainError> {
        let chosen = |array: &Array<f32>| array.rows(rows);
        Ok(Memory { arrays: state.arrays.iter().map(chosen).collect(), weights: state.weights.as_ref().map(chosen) })
    }
}
