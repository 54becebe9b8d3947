//! Writing with [`CharTransformer`](crate::networks::CharTransformer): the keys and values of what has been read are kept, so that a character costs the same whatever came
//! before it.

use layercake::AnyNetwork;
use layercake::ir::Graph;
use layercake::model::copy_tensors;
use layercake::prelude::*;
use layercake_train::TrainError;
use layercake_train::data::Array;
use layercake_train::sequence::Decoder;

use super::{Beginning, characters_of, of_characters};
use crate::networks::{CharTransformerRefill, CharTransformerStep};
use crate::tasks::machine::Machine;

/// The positions of the network.
pub(super) const CONTEXT: usize = 128;
/// When all positions are taken, this number of characters is read again, from the first position on.
const KEPT: usize = 64;
/// Keys and values of each layer.
const ROWS: usize = 8;
const WIDTH: usize = 128;

/// The network behind a cache.
pub(crate) struct Writer<D: Machine> {
    step: D::Net,
    refill: D::Net,
    device: D,
}

/// What a sequence has behind it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cache {
    /// The characters at the positions that are taken.
    characters: Vec<usize>,
    /// Keys and values of each position, `[positions, 8, 128]`.
    new: Vec<f32>,
}

impl<D: Machine> Writer<D> {
    /// Copies the parameters of a trained network.
    pub(super) fn new(net: &D::Net, device: &D) -> Result<Self, TrainError> {
        let count = characters_of(net.network_graph());
        let build = |graph: &Graph| {
            let graph = &of_characters(graph, count)?;
            // The initial values, which are replaced, leave the device's generator as it is.
            let mut own = device.seeded(0, |device| device.build(graph))?;
            let copied = copy_tensors(&mut own, net, |path| Some(trained(path)));
            copied.map_err(|error| TrainError::Network(error.to_string()))?;
            Ok::<_, TrainError>(own)
        };
        let [step, refill] = [CharTransformerStep::<f32, Cpu>::GRAPH, CharTransformerRefill::<f32, Cpu>::GRAPH].map(build);
        Ok(Self { step: step?, refill: refill?, device: device.clone() })
    }

    /// Reads the same number of characters for each sequence behind `past` others. Returns the logits of the last ones, and adds what the cache needs.
    fn read(&self, net: &D::Net, characters: &[Vec<usize>], caches: &mut [Cache]) -> Result<Vec<f32>, TrainError> {
        let (rows, count, past) = (caches.len(), characters[0].len(), caches[0].characters.len());
        let room = CONTEXT - count;
        let ids = Array::new(vec![rows, count], characters.concat()).into_ids(&self.device);
        let positions = (0..rows).flat_map(|_| past..past + count).collect();
        let positions = Array::new(vec![rows, count], positions).into_ids(&self.device);
        // A character looks at what is cached and at those up to itself.
        let allowed = |i: usize, at: usize| at < past || (room..=room + i).contains(&at);
        let mask = (0..rows * count).flat_map(|i| (0..CONTEXT).map(move |at| if allowed(i % count, at) { 0.0 } else { f32::NEG_INFINITY }));
        let mask = Array::new(vec![rows, 1, count, CONTEXT], mask.collect()).into_dynamic(&self.device)?;
        let mut keys_and_values = vec![0.0; rows * ROWS * room * WIDTH];
        for (to, cache) in keys_and_values.chunks_exact_mut(ROWS * room * WIDTH).zip(&*caches) {
            for (position, from) in cache.new.chunks_exact(ROWS * WIDTH).enumerate() {
                for (row, from) in from.chunks_exact(WIDTH).enumerate() {
                    to[(row * room + position) * WIDTH..][..WIDTH].copy_from_slice(from);
                }
            }
        }
        let keys_and_values = Array::new(vec![rows, ROWS, room, WIDTH], keys_and_values).into_dynamic(&self.device)?;
        let outputs = net.try_infer(vec![ids, positions, mask, keys_and_values])?;
        let [scores, new] = &outputs[..] else { return Err(TrainError::Network(format!("a step has {} outputs", outputs.len()))) };
        for ((cache, characters), new) in caches.iter_mut().zip(characters).zip(new.to_vec().chunks_exact(count * ROWS * WIDTH)) {
            cache.characters.extend(characters);
            cache.new.extend(new);
        }
        let known = characters_of(net.network_graph());
        let last = |scores: &[f32]| scores[(count - 1) * known..].to_vec();
        Ok(scores.to_vec().chunks_exact(count * known).flat_map(last).collect())
    }
}

/// The path of a parameter in the network that was trained.
fn trained(path: &str) -> String {
    let path = path.strip_prefix("step.").unwrap_or(path);
    path.replace("layers_", "layers.").replace(".qkv.", ".self_attn.in_proj_").replace(".out_proj.", ".self_attn.out_proj.")
}

impl<D: Machine> Decoder for Writer<D> {
    type State = Vec<Cache>;
    type Error = TrainError;

    fn step(&self, tokens: &[usize], mut state: Vec<Cache>) -> Result<(Vec<f32>, Vec<Cache>), TrainError> {
        let Some(first) = state.first() else { return Ok((Vec::new(), state)) };
        if first.characters.len() == CONTEXT {
            let kept: Vec<Vec<usize>> = state.iter().map(|cache| cache.characters[CONTEXT - KEPT..].to_vec()).collect();
            state = vec![Cache::default(); state.len()];
            self.read(&self.refill, &kept, &mut state)?;
        }
        let characters: Vec<Vec<usize>> = tokens.iter().map(|&token| vec![token]).collect();
        let scores = self.read(&self.step, &characters, &mut state)?;
        Ok((scores, state))
    }

    fn select(&self, state: &Vec<Cache>, rows: &[usize]) -> Result<Vec<Cache>, TrainError> {
        Ok(rows.iter().map(|&row| state[row].clone()).collect())
    }
}

impl<D: Machine> Beginning for Writer<D> {
    fn begin(&self) -> Vec<Cache> {
        vec![Cache::default()]
    }
}
