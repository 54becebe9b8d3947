//! The decoder, one token at a time.

use layercake::AnyNetwork;
use layercake::ir::Graph;
use layercake::model::copy_tensors;
use layercake::prelude::*;
use layercake_train::TrainError;
use layercake_train::data::Array;
use layercake_train::sequence::{Decoder, greedy};

use super::Vocabulary;
use crate::tasks::machine::{Machine, part};

/// Encoder and decoder of a trained network, each by itself; the decoder takes one token.
pub struct Writer<D: Machine> {
    encoder: D::Net,
    decoder: D::Net,
    device: D,
}

/// What the decoder carries, a row for each text: its own state, and with attention what it attends to.
#[derive(Clone, Debug)]
pub struct Memory {
    arrays: Vec<Array<f32>>,
    /// The attention of the last step, `[texts, source]`.
    pub weights: Option<Array<f32>>,
}

/// The parts of the state that a step replaces.
const CARRIED: usize = 2;

impl<D: Machine> Writer<D> {
    /// The networks `encoder` and `decoder` of a trained one; the latter as it is declared for one token. The encoder's last outputs are the first state of the decoder, whose
    /// inputs are the token, its state, and with attention the encoder's other outputs and a mask.
    pub fn new(net: &D::Net, device: &D, decoder: &Graph) -> Result<Self, TrainError> {
        let encoder = part(net, device, "encoder")?;
        // The initial values, which are replaced, leave the device's generator as it is.
        let mut decoder = device.seeded(0, |device| device.build(decoder))?;
        let copied = copy_tensors(&mut decoder, net, |path| Some(format!("decoder.{path}")));
        copied.map_err(|error| TrainError::Network(error.to_string()))?;
        Ok(Self { encoder, decoder, device: device.clone() })
    }

    /// Reads a batch, with the mask of what there is to attend to: the state that the decoder begins with.
    pub fn read(&self, batch: DynTensor<f32, D>, mask: Option<Array<f32>>) -> Result<Memory, TrainError> {
        let mut outputs = self.encoder.try_infer(vec![batch])?.iter().map(array).collect::<Vec<_>>();
        let Some(first) = outputs.len().checked_sub(CARRIED) else { return Err(outputs_of("encoder", outputs.len())) };
        let mut arrays = outputs.split_off(first);
        if self.decoder.network_graph().inputs().len() > 1 + CARRIED {
            arrays.extend(outputs.into_iter().chain(mask));
        }
        Ok(Memory { arrays, weights: None })
    }
}

/// What the decoder writes for a batch that was read, the likeliest token at each place.
pub fn written<D: Machine>(writer: &Writer<D>, read: Memory, vocabulary: &Vocabulary) -> Result<Vec<Vec<usize>>, TrainError> {
    let count = read.arrays[0].batch_size();
    greedy(writer, read, count, vocabulary.limits)
}

fn array<D: Backend<f32>>(tensor: &DynTensor<f32, D>) -> Array<f32> {
    Array::new(tensor.dims().to_vec(), tensor.to_vec())
}

fn outputs_of(part: &str, found: usize) -> TrainError {
    TrainError::Network(format!("the {part} has {found} outputs"))
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
        let outputs = self.decoder.try_infer(inputs)?;
        let count = outputs.len();
        let mut outputs = outputs.iter().map(array);
        let [Some(scores), Some(h), Some(c)] = std::array::from_fn(|_| outputs.next()) else { return Err(outputs_of("decoder", count)) };
        let mut arrays = state.arrays;
        arrays.splice(..CARRIED, [h, c]);
        Ok((scores.into_vec(), Memory { arrays, weights: outputs.next() }))
    }

    fn select(&self, state: &Memory, rows: &[usize]) -> Result<Memory, TrainError> {
        let chosen = |array: &Array<f32>| array.rows(rows);
        Ok(Memory { arrays: state.arrays.iter().map(chosen).collect(), weights: state.weights.as_ref().map(chosen) })
    }
}
