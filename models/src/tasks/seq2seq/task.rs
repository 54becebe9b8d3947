//! Teacher forcing, and how many answers are right as a whole.

use std::path::Path;

use layercake::AnyNetwork;
use layercake::prelude::*;
use layercake_train::data::{Dataset, Loader};
use layercake_train::run::{Canvas, heat_map};
use layercake_train::sequence::{Decoder, PadSide, Ragged, TokenPairBatch};
use layercake_train::{Metrics, Pass, Step, Task, TrainError};

use super::letters::{ANSWERS, LIMITS, PAD, Pairs, SOURCE, decode, decode_source};
use crate::networks::{SumAttentionDecoder, SumDecoder};
use crate::tasks::machine::Machine;
use crate::tasks::save_text;
use crate::tasks::writing::{Memory, Writer, score, written};

/// Sums and their answers, by teacher forcing.
pub(super) struct Translation {
    pub test: Loader<Pairs>,
}

/// Whether a network looks at all states of its encoder.
fn attends<D: Machine>(net: &D::Net) -> bool {
    net.network_graph().inputs().len() > 2
}

/// Encoder and decoder of a network.
pub(super) fn writer<D: Machine>(net: &D::Net, device: &D) -> Result<Writer<D>, TrainError> {
    Writer::new(net, device, if attends::<D>(net) { SumAttentionDecoder::<1>::GRAPH } else { SumDecoder::<1>::GRAPH })
}

/// Reads sums: the state that the decoder begins with.
pub(super) fn read<D: Machine>(writer: &Writer<D>, device: &D, sources: Vec<Vec<usize>>) -> Result<Memory, TrainError> {
    let sources = Ragged(sources);
    writer.read(ids(&sources, device)?, Some(sources.attention_mask(SOURCE, PadSide::Left)?))
}

fn ids<D: Machine>(sources: &Ragged, device: &D) -> Result<DynTensor<f32, D>, TrainError> {
    Ok(sources.padded(SOURCE, PAD, PadSide::Left)?.into_ids(device))
}

impl Translation {
    /// Sums with their answers and what the network writes.
    fn written<D: Machine>(&self, net: &D::Net, device: &D, pairs: &Loader<Pairs>) -> Result<Vec<[Vec<usize>; 3]>, TrainError> {
        let writer = writer(net, device)?;
        let mut all = Vec::new();
        for batch in pairs.epoch(1) {
            let TokenPairBatch { sources, targets } = batch?;
            let found = written(&writer, read(&writer, device, sources.0.clone())?, &ANSWERS)?;
            all.extend(sources.0.into_iter().zip(targets.0).zip(found).map(|((source, target), found)| [source, target, found]));
        }
        Ok(all)
    }
}

impl<D: Machine> Task<D::Net, D> for Translation {
    type Batch = TokenPairBatch;
    const UNIT: &'static str = "pairs";

    fn loss(&mut self, net: &mut D::Net, batch: TokenPairBatch, pass: Pass<D>) -> Result<Step<D>, TrainError> {
        let TokenPairBatch { sources, targets } = batch;
        let mask = attends::<D>(net).then(|| sources.attention_mask(SOURCE, PadSide::Left)?.into_dynamic(&pass.device)).transpose()?;
        ANSWERS.loss(net, ids(&sources, &pass.device)?, mask, &targets, pass)
    }

    fn check(&self, _: &D::Net) -> Result<(), TrainError> {
        if self.test.data().is_empty() { Err(TrainError::Test("no pair".to_owned())) } else { Ok(()) }
    }

    fn chance_loss(&self) -> Option<f64> {
        Some(ANSWERS.chance_loss())
    }

    fn evaluate(&mut self, net: &D::Net, device: &D) -> Result<Metrics, TrainError> {
        let written = self.written::<D>(net, device, &self.test)?;
        let (mut targets, mut found) = (Vec::new(), Vec::new());
        for [_, target, answer] in written {
            targets.push(target);
            found.push(answer);
        }
        Ok(score(&found, &targets))
    }

    /// `samples.txt`: right and wrong answers. With attention `attention.png`: for some sums, how much each character of the answer (down) looks at each character of the
    /// sum (across, as it is read).
    fn draw(&mut self, net: &D::Net, device: &D, folder: &Path, _: bool) -> Result<(), TrainError> {
        const SHOWN: usize = 12;
        let written = self.written::<D>(net, device, &self.test)?;
        let mut text = String::new();
        for right in [false, true] {
            let shown = written.iter().filter(|[_, target, found]| (target == found) == right).take(SHOWN);
            for [source, target, found] in shown {
                let verdict = if right { "right".to_owned() } else { format!("wrong: {}", decode(target)) };
                text += &format!("{:>7} = {:<4}  {verdict}\n", decode_source(source), decode(found));
            }
        }
        save_text(&folder.join("samples.txt"), &text)?;
        if attends::<D>(net) { attention(net, device, &self.test, &folder.join("attention.png")) } else { Ok(()) }
    }
}

/// Draws the attention of some answers.
fn attention<D: Machine>(net: &D::Net, device: &D, test: &Loader<Pairs>, path: &Path) -> Result<(), TrainError> {
    const SHOWN: usize = 8;
    // Wide enough for `999+999=1998`, so that all pictures are of one size.
    const CELL: usize = 4;
    let writer = writer(net, device)?;
    let mut pictures = Vec::new();
    // The longest sums show the most.
    let long = test.data().0.iter().filter(|pair| pair.source.len() == SOURCE).take(SHOWN);
    for pair in long {
        let (mut state, mut token, mut rows, mut answer) =
            (read(&writer, device, vec![pair.source.clone()])?, LIMITS.start, Vec::new(), Vec::new());
        for _ in 0..ANSWERS.length() {
            let (scores, next) = writer.step(&[token], state)?;
            token = layercake_train::argmax(&scores, scores.len())[0];
            rows.extend(next.weights.iter().flat_map(|weights| weights.as_slice().to_vec()));
            answer.push(token);
            state = next;
            if token == LIMITS.end {
                break;
            }
        }
        rows.resize(ANSWERS.length() * SOURCE, f32::NAN);
        let read: String = decode(&pair.source);
        let written = decode(&answer[..answer.len() - usize::from(answer.last() == Some(&LIMITS.end))]);
        let columns: Vec<String> = read.chars().map(String::from).collect();
        let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
        let picture = heat_map(&rows, SOURCE, [0.0, 1.0]).enlarged(CELL).with_columns(&columns);
        pictures.push(picture.captioned(&format!("{}={written}", decode_source(&pair.source))));
    }
    if pictures.is_empty() { Ok(()) } else { Canvas::grid(&pictures, 4).save(path) }
}
