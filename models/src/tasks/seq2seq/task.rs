//! Teacher forcing, and how many answers are right as a whole.

use std::path::Path;

use layercake::AnyNetwork;
use layercake::loss::{CrossEntropy, try_token_loss};
use layercake::prelude::*;
use layercake_train::data::{Dataset, Loader};
use layercake_train::run::{Canvas, heat_map};
use layercake_train::sequence::{Decoder, PadSide, TokenPairBatch, edit_distance, exact_match, greedy};
use layercake_train::{Metrics, Pass, Step, Task, TrainError, label_weight};

use super::letters::{LIMITS, PAD, Pairs, SOURCE, TARGET, TOKENS, decode, decode_source};
use super::writer::Writer;
use crate::tasks::machine::{Machine, shaped};
use crate::tasks::{on_device, save_text};

/// The cross entropy of each token of the answer and of its end behind the right tokens before it; padding does not count.
pub(super) struct Translation {
    pub test: Loader<Pairs>,
}

fn criterion() -> CrossEntropy {
    CrossEntropy { ignore_index: Some(PAD), ..CrossEntropy::default() }
}

impl Translation {
    /// Sums with their answers and what the network writes.
    fn written<D: Machine>(&self, net: &D::Net, device: &D, pairs: &Loader<Pairs>) -> Result<Vec<[Vec<usize>; 3]>, TrainError> {
        let writer = Writer::new(net, device)?;
        let mut all = Vec::new();
        for batch in pairs.epoch(1) {
            let TokenPairBatch { sources, targets } = batch?;
            let found = greedy(&writer, writer.read(sources.0.clone())?, sources.0.len(), LIMITS)?;
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
        let items = sources.0.len();
        let source = sources.padded(SOURCE, PAD, PadSide::Left)?.into_ids(&pass.device);
        let given = targets.starting_with(LIMITS.start).padded(TARGET, PAD, PadSide::Right)?.into_ids(&pass.device);
        let expected = targets.ending_with(LIMITS.end).padded(TARGET, PAD, PadSide::Right)?;
        let mut inputs = vec![source, given];
        if net.network_graph().inputs().len() > 2 {
            inputs.push(sources.attention_mask(SOURCE, PadSide::Left)?.into_dynamic(&pass.device)?);
        }
        let mut outputs = net.try_train(inputs, pass.gradients)?;
        let scores = outputs.pop().ok_or_else(|| TrainError::Network("the network has no output".to_owned()))?;
        let scores = shaped::<(usize, usize, usize), D, _>(scores)?;
        let weight = label_weight(&criterion(), expected.as_slice());
        let expected: Tensor<(usize, usize), usize, D> = expected.into_tensor(&pass.device)?;
        Ok(Step::new(on_device(try_token_loss(&criterion(), scores, &expected))?, items).with_weight(weight))
    }

    fn check(&self, _: &D::Net) -> Result<(), TrainError> {
        if self.test.data().is_empty() { Err(TrainError::Test("no pair".to_owned())) } else { Ok(()) }
    }

    /// The loss of tokens that are equally likely.
    fn chance_loss(&self) -> Option<f64> {
        Some((TOKENS as f64).ln())
    }

    fn evaluate(&mut self, net: &D::Net, device: &D) -> Result<Metrics, TrainError> {
        let written = self.written::<D>(net, device, &self.test)?;
        let (mut targets, mut found) = (Vec::new(), Vec::new());
        for [_, target, answer] in written {
            targets.push(target);
            found.push(answer);
        }
        let distance: usize = found.iter().zip(&targets).map(|(found, target)| edit_distance(found, target)).sum();
        Ok(Metrics::new().with("exact_match", exact_match(&found, &targets)).with("edit_distance", distance as f64 / found.len() as f64))
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
        if net.network_graph().inputs().len() > 2 { attention(net, device, &self.test, &folder.join("attention.png")) } else { Ok(()) }
    }
}

/// Draws the attention of some answers.
fn attention<D: Machine>(net: &D::Net, device: &D, test: &Loader<Pairs>, path: &Path) -> Result<(), TrainError> {
    const SHOWN: usize = 8;
    // Wide enough for `999+999=1998`, so that all pictures are of one size.
    const CELL: usize = 4;
    let writer = Writer::new(net, device)?;
    let mut pictures = Vec::new();
    // The longest sums show the most.
    let long = test.data().0.iter().filter(|pair| pair.source.len() == SOURCE).take(SHOWN);
    for pair in long {
        let (mut state, mut token, mut rows, mut answer) = (writer.read(vec![pair.source.clone()])?, LIMITS.start, Vec::new(), Vec::new());
        for _ in 0..TARGET {
            let (scores, next) = writer.step(&[token], state)?;
            token = layercake_train::argmax(&scores, scores.len())[0];
            rows.extend(next.weights.iter().flat_map(|weights| weights.as_slice().to_vec()));
            answer.push(token);
            state = next;
            if token == LIMITS.end {
                break;
            }
        }
        rows.resize(TARGET * SOURCE, f32::NAN);
        let read: String = decode(&pair.source);
        let written = decode(&answer[..answer.len() - usize::from(answer.last() == Some(&LIMITS.end))]);
        let columns: Vec<String> = read.chars().map(String::from).collect();
        let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
        let picture = heat_map(&rows, SOURCE, [0.0, 1.0]).enlarged(CELL).with_columns(&columns);
        pictures.push(picture.captioned(&format!("{}={written}", decode_source(&pair.source))));
    }
    if pictures.is_empty() { Ok(()) } else { Canvas::grid(&pictures, 4).save(path) }
}
