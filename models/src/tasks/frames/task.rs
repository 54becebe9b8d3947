//! The losses of both labels, and how many frames are labeled right.

use std::path::Path;

use layercake::AnyNetwork;
use layercake::dfdx::tensor_ops::{ReshapeTo, TryAdd};
use layercake::loss::{CrossEntropy, try_token_loss};
use layercake::prelude::*;
use layercake_train::data::{Array, Dataset, Image, Loader};
use layercake_train::run::Canvas;
use layercake_train::{Metrics, Pass, Step, Task, TrainError, argmax};

use super::clips::{ClipBatch, Digits, FRAMES, LABELS, NOBODY, SIDE};
use crate::tasks::machine::{Machine, outputs, shaped};
use crate::tasks::on_device;
use crate::tasks::pair::Labeler;

/// Softmax cross entropy of each frame, of the LSTM's labels and of those of each frame alone.
pub struct Labeling {
    pub test: Loader<Digits>,
}

/// Labels of frames, by both parts of the network.
struct Found {
    labels: Vec<usize>,
    alone: Vec<usize>,
}

/// The features of frames as those of clips.
fn of_clips<D: Machine, T: Tape<f32, D>>(features: Vec<DynTensor<f32, D, T>>) -> Result<DynTensor<f32, D, T>, TrainError> {
    let [features] = outputs(features)?;
    let features = shaped::<(usize, usize), D, T>(features)?;
    let (frames, width) = *features.shape();
    on_device(features.try_reshape_like(&(frames / FRAMES, FRAMES, width)).and_then(DynTensor::try_from_tensor))
}

fn find<D: Machine>(net: &Labeler<D::Net>, device: &D, frames: Array<f32>) -> Result<Found, TrainError> {
    let features = of_clips(net.frames.try_infer(vec![frames.into_dynamic(device)?])?)?;
    let [labels, alone] = outputs(net.labels.try_infer(vec![features])?)?;
    Ok(Found { labels: argmax(&labels.to_vec(), LABELS), alone: argmax(&alone.to_vec(), LABELS) })
}

impl<D: Machine> Task<Labeler<D::Net>, D> for Labeling {
    type Batch = ClipBatch;
    const UNIT: &'static str = "clips";

    fn loss(&mut self, net: &mut Labeler<D::Net>, batch: ClipBatch, pass: Pass<D>) -> Result<Step<D>, TrainError> {
        let clips = batch.labels.len() / FRAMES;
        let expected: Tensor<(usize, usize), usize, D> = Array::new(vec![clips, FRAMES], batch.labels).into_tensor(&pass.device)?;
        let features = of_clips(net.frames.try_train(vec![batch.frames.into_dynamic(&pass.device)?], pass.gradients)?)?;
        let [labels, alone] = outputs(net.labels.try_train_on(vec![features])?)?;
        let loss = |scores| on_device(try_token_loss(&CrossEntropy::default(), shaped::<(usize, usize, usize), D, _>(scores)?, &expected));
        let (labels, alone) = (loss(labels)?, loss(alone)?);
        Ok(Step::new(on_device(labels.try_add(alone))?, clips))
    }

    fn check(&self, _: &Labeler<D::Net>) -> Result<(), TrainError> {
        if self.test.data().is_empty() { Err(TrainError::Test("no digit".to_owned())) } else { Ok(()) }
    }

    fn chance_loss(&self) -> Option<f64> {
        Some(2.0 * (LABELS as f64).ln())
    }

    /// `accuracy` of all frames, and of those whose digit is cut off by an edge; `alone` by the features of each frame alone.
    fn evaluate(&mut self, net: &Labeler<D::Net>, device: &D) -> Result<Metrics, TrainError> {
        // Right labels of all frames and of those that are cut, by both.
        let (mut right, mut counts) = ([[0usize; 2]; 2], [0usize; 2]);
        for batch in self.test.epoch(1) {
            let ClipBatch { frames, labels, is_cut } = batch?;
            let found = find::<D>(net, device, frames)?;
            for (at, (label, is_cut)) in labels.iter().zip(is_cut).enumerate() {
                let is_right = [found.labels[at] == *label, found.alone[at] == *label];
                for kind in [Some(0), is_cut.then_some(1)].into_iter().flatten() {
                    counts[kind] += 1;
                    (0..2).for_each(|by| right[by][kind] += usize::from(is_right[by]));
                }
            }
        }
        let share = |by: usize, kind: usize| right[by][kind] as f64 / counts[kind].max(1) as f64;
        let metrics = Metrics::new().with("accuracy", share(0, 0)).with("accuracy_alone", share(1, 0));
        Ok(metrics.with("accuracy_cut", share(0, 1)).with("accuracy_cut_alone", share(1, 1)))
    }

    /// `clips.png`: clips with the label of each frame below it, first the LSTM's, then that of the frame alone; wrong ones in red, with the right one above the frame.
    fn draw(&mut self, net: &Labeler<D::Net>, device: &D, folder: &Path, _: bool) -> Result<(), TrainError> {
        const SHOWN: usize = 8;
        let mut clips = Vec::new();
        for batch in self.test.spread(SHOWN, SHOWN).epoch(1) {
            let ClipBatch { frames, labels, .. } = batch?;
            let pixels = frames.as_slice().to_vec();
            let Found { labels: found, alone } = find::<D>(net, device, frames)?;
            let of = |at: usize| picture(&pixels[at * SIDE * SIDE..][..SIDE * SIDE], labels[at], [found[at], alone[at]]);
            clips.extend((0..labels.len()).map(of));
        }
        if clips.is_empty() { Ok(()) } else { Canvas::grid(&clips, FRAMES).save(&folder.join("clips.png")) }
    }
}

/// A frame below its label and above those that were found.
fn picture(pixels: &[f32], label: usize, found: [usize; 2]) -> Canvas {
    const SCALE: usize = 2;
    const LINE: usize = 20;
    const RIGHT: [u8; 3] = [60; 3];
    const WRONG: [u8; 3] = [220, 40, 40];
    let name = |label: usize| if label == NOBODY { "-".to_owned() } else { label.to_string() };
    let frame = Canvas::from_image(&Image { shape: [1, SIDE, SIDE], pixels: pixels.to_vec() }).enlarged(SCALE);
    let [high, wide] = frame.size();
    let mut canvas = Canvas::blank([high + 3 * LINE, wide]);
    canvas.put(&frame, LINE, 0);
    canvas.write(&name(label), 2, wide / 2 - 8, RIGHT);
    for (line, found) in found.into_iter().enumerate() {
        let color = if found == label { RIGHT } else { WRONG };
        canvas.write(&name(found), LINE + high + 2 + line * LINE, wide / 2 - 8, color);
    }
    canvas
}
