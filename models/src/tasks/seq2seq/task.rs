//! Teacher forcing, and how many answers are right as a whole.

use std::path::Path;

use layercake::AnyNetwork;
use layercake::prelude::*;
use layercake_train::data::{Dataset, Loader};
use layercake_train::run::{Canvas, heat_map};
use layercake_train::sequence::{Decoder, PadSide, Ragged, TokenPairBatch};
use layercake_train::{Metrics, Pass, Step, Task, TrainError};

use super::language::{Language, PAD, Pairs};
use crate::tasks::machine::Machine;
use crate::tasks::save_text;
use crate::tasks::writing::{Memory, Writer, score, written};

/// Texts and their translations, by teacher forcing.
pub(super) struct Translation {
    pub language: &'static Language,
    pub test: Loader<Pairs>,
}

/// Whether a network looks at all states of its encoder.
fn attends<D: Machine>(net: &D::Net) -> bool {
    net.network_graph().inputs().len() > 2
}

/// Encoder and decoder of a network, and its language.
pub(super) struct Translator<D: Machine> {
    pub language: &'static Language,
    pub writer: Writer<D>,
    device: D,
}

impl<D: Machine> Translator<D> {
    pub fn new(net: &D::Net, device: &D) -> Result<Self, TrainError> {
        let language = Language::of_network(net.network_graph());
        let networks = if attends::<D>(net) { language.attention } else { language.plain };
        Ok(Self { language, writer: Writer::new(net, device, networks.decoder)?, device: device.clone() })
    }

    /// Reads sources: the state that the decoder begins with.
    pub fn read(&self, sources: Vec<Vec<usize>>) -> Result<Memory, TrainError> {
        let sources = Ragged(sources);
        let mask = sources.attention_mask(self.language.source, PadSide::Left)?;
        self.writer.read(ids(self.language, &sources, &self.device)?, Some(mask))
    }
}

fn ids<D: Machine>(language: &Language, sources: &Ragged, device: &D) -> Result<DynTensor<f32, D>, TrainError> {
    Ok(sources.padded(language.source, PAD, PadSide::Left)?.into_ids(device))
}

impl Translation {
    /// Sources with their targets and what the network writes.
    fn written<D: Machine>(&self, net: &D::Net, device: &D, pairs: &Loader<Pairs>) -> Result<Vec<[Vec<usize>; 3]>, TrainError> {
        let translator = Translator::<D>::new(net, device)?;
        let mut all = Vec::new();
        for batch in pairs.epoch(1) {
            let TokenPairBatch { sources, targets } = batch?;
            let found = written(&translator.writer, translator.read(sources.0.clone())?, &self.language.vocabulary)?;
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
        let Language { source, vocabulary, .. } = self.language;
        let mask = attends::<D>(net).then(|| sources.attention_mask(*source, PadSide::Left)?.into_dynamic(&pass.device)).transpose()?;
        vocabulary.loss(net, ids(self.language, &sources, &pass.device)?, mask, &targets, pass)
    }

    fn check(&self, _: &D::Net) -> Result<(), TrainError> {
        if self.test.data().is_empty() { Err(TrainError::Test("no pair".to_owned())) } else { Ok(()) }
    }

    fn chance_loss(&self) -> Option<f64> {
        Some(self.language.vocabulary.chance_loss())
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

    /// `samples.txt`: right and wrong translations. With attention `attention.png`: for some texts, how much each token that is written (down) looks at each token that is
    /// read (across, as it is read, which is backwards).
    fn draw(&mut self, net: &D::Net, device: &D, folder: &Path, _: bool) -> Result<(), TrainError> {
        const SHOWN: usize = 12;
        let (language, written) = (self.language, self.written::<D>(net, device, &self.test)?);
        let mut text = String::new();
        for right in [false, true] {
            let shown = written.iter().filter(|[_, target, found]| (target == found) == right).take(SHOWN);
            for [source, target, found] in shown {
                let verdict = if right { "right".to_owned() } else { format!("wrong: {}", language.decode(target)) };
                text += &format!("{:>7} = {:<4}  {verdict}\n", language.decode_source(source), language.decode(found));
            }
        }
        save_text(&folder.join("samples.txt"), &text)?;
        if attends::<D>(net) { attention::<D>(net, device, &self.test, &folder.join("attention.png")) } else { Ok(()) }
    }
}

/// Draws the attention for some texts.
fn attention<D: Machine>(net: &D::Net, device: &D, test: &Loader<Pairs>, path: &Path) -> Result<(), TrainError> {
    const SHOWN: usize = 8;
    // Wide enough for `999+999=1998`, so that all pictures are of one size.
    const CELL: usize = 4;
    let translator = Translator::<D>::new(net, device)?;
    let Language { source: length, vocabulary, has_words, .. } = translator.language;
    let mut pictures = Vec::new();
    // The longest texts show the most.
    let mut long: Vec<&Vec<usize>> = test.data().0.iter().map(|pair| &pair.source).collect();
    long.sort_by_key(|source| std::cmp::Reverse(source.len()));
    for source in long.into_iter().take(SHOWN) {
        let (mut state, mut token) = (translator.read(vec![source.clone()])?, vocabulary.limits.start);
        let (mut rows, mut answer) = (Vec::new(), Vec::new());
        for _ in 0..vocabulary.length() {
            let (scores, next) = translator.writer.step(&[token], state)?;
            token = layercake_train::argmax(&scores, scores.len())[0];
            rows.extend(next.weights.iter().flat_map(|weights| weights.as_slice().to_vec()));
            answer.push(token);
            state = next;
            if token == vocabulary.limits.end {
                break;
            }
        }
        rows.resize(vocabulary.length() * length, f32::NAN);
        let written = translator.language.decode(&answer[..answer.len() - usize::from(answer.last() == Some(&vocabulary.limits.end))]);
        let picture = heat_map(&rows, *length, [0.0, 1.0]).enlarged(CELL);
        // Words are wider than columns.
        let picture = if *has_words { picture } else { picture.with_columns(&translator.language.read(source)) };
        pictures.push(picture.captioned(&format!("{}={written}", translator.language.decode_source(source))));
    }
    if pictures.is_empty() { Ok(()) } else { Canvas::level_grid(&pictures, 4).save(path) }
}
