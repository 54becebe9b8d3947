//! The losses of a detector, and how well it finds objects.

use std::path::Path;
use std::time::Instant;

use layercake::AnyNetwork;
use layercake::dfdx::tensor_ops::TryAdd;
use layercake::loss::{BceWithLogits, CrossEntropy, Loss, SmoothL1};
use layercake::prelude::*;
use layercake::roi::{Region, RoiAlign, RoiPool};
use layercake_train::data::Loader;
use layercake_train::data::rand::SeedableRng;
use layercake_train::data::rand::rngs::StdRng;
use layercake_train::detection::{AveragePrecision, BBox, Detection};
use layercake_train::{Metrics, Pass, Step, TapedLoss, Task, TrainError};

use super::draw;
use super::head::{Lesson, found};
use super::photos::{PhotoBatch, Photos};
use super::proposer::{Kept, Proposer, boxes};
use crate::tasks::machine::{Machine, outputs, shaped};
use crate::tasks::on_device;
use crate::tasks::pair::Pair;
use crate::zoo::DetectionSeconds;

/// Where the features of a box come from.
#[derive(Clone, Debug)]
pub enum Generation {
    /// From the crop of each proposal (R-CNN).
    Crops,
    /// From the features of the photo (Fast R-CNN).
    Fast,
    /// From the features of the photo; the proposals too (Faster R-CNN).
    Faster(Proposer),
}

/// Region proposals in training and in inference.
const LEARNED: Kept = Kept { before: 600, after: 150 };
const TRIED: Kept = Kept { before: 600, after: 100 };
/// Crops that are in memory at the same time in inference.
const CROPS: usize = 250;
/// Where the quadratic part of the box losses ends, in offsets (torchvision's).
const BETA: f64 = 1.0 / 9.0;

/// The task of a detector.
#[derive(Clone, Debug)]
pub struct Detecting {
    pub generation: Generation,
    pub test: Loader<Photos>,
    pub classes: Vec<String>,
    pub seed: u64,
    /// How many proposals of a photo the head learns from.
    pub learned: usize,
    /// The epoch after which the test photos are searched, if not after each: a thousand crops of a photo cost more than an epoch of training.
    pub tested_after: Option<usize>,
    /// The epoch of training.
    pub epoch: usize,
}

/// The boxes in which each photo was searched, and what was found there.
#[derive(Clone, Debug)]
pub struct Searched {
    pub proposals: Vec<Vec<BBox>>,
    pub found: Vec<Vec<Detection>>,
}

/// What boxes are cropped from in training.
enum Begun<D: Backend<f32>> {
    Photos(DynTensor<f32, D>, Gradients<f32, D>),
    Features(DynTensor<f32, D, OwnedTape<f32, D>>),
}

/// Four dimensions that are known at run time.
type Maps<D, T> = Tensor<(usize, usize, usize, usize), f32, D, T>;
/// A row for each box.
type Rows<D, T> = Tensor<(usize, usize), f32, D, T>;

/// An error of data for which there is no better place.
pub fn wrong(error: impl std::fmt::Display) -> TrainError {
    TrainError::Test(error.to_string())
}

impl Generation {
    /// Crops boxes of photos, or of the features of photos.
    fn crop<D: Backend<f32>, T: Tape<f32, D>>(
        &self,
        from: DynTensor<f32, D, T>,
        images: &[usize],
        boxes: &[BBox],
    ) -> Result<DynTensor<f32, D, T>, TrainError> {
        let corners = |bbox: &BBox| <[f32; 4]>::from(*bbox).map(f64::from);
        let regions: Vec<Region> = images.iter().zip(boxes).map(|(&image, bbox)| Region { image, corners: corners(bbox) }).collect();
        let cropped = match self {
            Generation::Crops => RoiAlign { aligned: true, ..RoiAlign::new([64, 64], 1.0) }.try_forward(from, &regions),
            Generation::Fast => RoiPool { size: [7, 7], spatial_scale: 1.0 / 8.0 }.try_forward(from, &regions),
            Generation::Faster(_) => {
                RoiAlign { aligned: true, sampling_ratio: Some(2), ..RoiAlign::new([7, 7], 1.0 / 8.0) }.try_forward(from, &regions)
            }
        };
        cropped.map_err(wrong)
    }
}

impl Detecting {
    /// Searches the photos of a batch. `corrected`: whether the offsets of the boxes are applied.
    pub fn find<D: Machine>(
        &self,
        net: &Pair<D::Net>,
        device: &D,
        batch: PhotoBatch,
        corrected: bool,
        seconds: &mut DetectionSeconds,
    ) -> Result<Searched, TrainError> {
        let photos = batch.images.batch_size();
        let from = Instant::now();
        let (images, proposals) = match &self.generation {
            Generation::Crops => (batch.images.into_dynamic(device)?, batch.proposals),
            Generation::Fast => {
                let [features] = outputs(net.trunk.try_infer(vec![batch.images.into_dynamic(device)?])?)?;
                (features, batch.proposals)
            }
            Generation::Faster(proposer) => {
                let [features, objectness, offsets] = outputs(net.trunk.try_infer(vec![batch.images.into_dynamic(device)?])?)?;
                let (objectness, offsets) = (objectness.to_vec(), offsets.to_vec());
                let between = Instant::now();
                let proposals = (0..photos).map(|photo| proposer.propose(photo, &objectness, &offsets, TRIED)).collect();
                seconds.proposals += between.elapsed().as_secs_f64();
                seconds.features -= between.elapsed().as_secs_f64();
                (features, proposals)
            }
        };
        seconds.features += from.elapsed().as_secs_f64();
        let mut all = Vec::new();
        for (photo, proposals) in proposals.iter().enumerate() {
            let (mut scores, mut offsets) = (Vec::new(), Vec::new());
            for some in proposals.chunks(CROPS) {
                let from = Instant::now();
                let mut crops = self.generation.crop(images.clone(), &vec![photo; some.len()], some)?;
                if matches!(self.generation, Generation::Crops) {
                    [crops] = outputs(net.trunk.try_infer(vec![crops])?)?;
                    seconds.features += from.elapsed().as_secs_f64();
                }
                let from = Instant::now();
                let [of_classes, of_boxes] = outputs(net.head.try_infer(vec![crops])?)?;
                scores.extend(of_classes.to_vec());
                offsets.extend(of_boxes.to_vec());
                seconds.head += from.elapsed().as_secs_f64();
            }
            let from = Instant::now();
            all.push(found(&scores, &offsets, proposals, self.classes.len(), corrected));
            seconds.head += from.elapsed().as_secs_f64();
        }
        Ok(Searched { proposals, found: all })
    }
}

/// The value of a loss, once the backward pass has run.
fn late<D: Backend<f32>>(loss: &TapedLoss<D>, items: usize) -> impl FnOnce() -> (f64, f64) + 'static {
    let alone = loss.retaped::<NoneTape>();
    move || (f64::from(alone.as_vec()[0]), items as f64)
}

impl<D: Machine> Task<Pair<D::Net>, D> for Detecting {
    type Batch = PhotoBatch;
    const UNIT: &'static str = "photos";

    fn loss(&mut self, net: &mut Pair<D::Net>, batch: PhotoBatch, pass: Pass<D>) -> Result<Step<D>, TrainError> {
        let items = batch.images.batch_size();
        self.epoch = pass.epoch;
        let mut random = StdRng::seed_from_u64(self.seed.rotate_left(48) ^ ((pass.epoch as u64) << 32 | pass.batch as u64));
        let truths: Vec<Vec<BBox>> = batch.objects.iter().map(|objects| boxes(objects)).collect();
        let images = batch.images.into_dynamic(&pass.device)?;
        let mut losses: Vec<(&str, TapedLoss<D>)> = Vec::new();
        let (begun, proposals) = match &self.generation {
            Generation::Crops => (Begun::Photos(images, pass.gradients), batch.proposals),
            Generation::Fast => {
                let [features] = outputs(net.trunk.try_train(vec![images], pass.gradients)?)?;
                (Begun::Features(features), batch.proposals)
            }
            Generation::Faster(proposer) => {
                let [features, objectness, offsets] = outputs(net.trunk.try_train(vec![images], pass.gradients)?)?;
                let (known, moved) = (objectness.to_vec(), offsets.to_vec());
                let proposals = (0..items).map(|photo| proposer.propose(photo, &known, &moved, LEARNED)).collect();
                let [is_object, boxes] = proposer.targets(&truths, &mut random).map_err(wrong)?;
                let objectness: Maps<D, OwnedTape<f32, D>> = shaped(objectness)?;
                let offsets: Maps<D, OwnedTape<f32, D>> = shaped(offsets)?;
                losses.push(("rpn_class_loss", is_object.loss(&BceWithLogits::default(), objectness, &pass.device)?));
                losses.push(("rpn_box_loss", boxes.loss(&SmoothL1 { beta: BETA }, offsets, &pass.device)?));
                (Begun::Features(features), proposals)
            }
        };
        let mut lesson = Lesson::default();
        for (photo, (objects, proposals)) in batch.objects.iter().zip(&proposals).enumerate() {
            lesson.add(photo, objects, proposals, self.learned, &mut random).map_err(wrong)?;
        }
        let crops = match begun {
            Begun::Features(features) => self.generation.crop(features, &lesson.images, &lesson.boxes)?,
            Begun::Photos(images, gradients) => {
                let crops = self.generation.crop(images, &lesson.images, &lesson.boxes)?;
                let [features] = outputs(net.trunk.try_train(vec![crops], gradients)?)?;
                features
            }
        };
        let [scores, offsets] = outputs(net.head.try_train_on(vec![crops])?)?;
        let scores: Rows<D, OwnedTape<f32, D>> = shaped(scores)?;
        let offsets: Rows<D, OwnedTape<f32, D>> = shaped(offsets)?;
        losses.push(("class_loss", on_device(CrossEntropy::default().try_mean(scores, &lesson.classes))?));
        losses.push(("box_loss", lesson.offsets(self.classes.len()).loss(&SmoothL1 { beta: BETA }, offsets, &pass.device)?));
        let told: Vec<_> = losses.iter().map(|(name, loss)| (*name, late::<D>(loss, items))).collect();
        let mut sum = None;
        for (_, loss) in losses {
            sum = Some(match sum {
                None => loss,
                Some(sum) => on_device(TapedLoss::<D>::try_add(sum, loss))?,
            });
        }
        let step = Step::new(sum.expect("two losses at least"), items);
        Ok(told.into_iter().fold(step, |step, (name, late)| step.with_late_metric(name, late)))
    }

    fn evaluate(&mut self, net: &Pair<D::Net>, device: &D) -> Result<Metrics, TrainError> {
        if self.tested_after.is_some_and(|last| self.epoch != last) {
            return Ok(Metrics::new());
        }
        let mut precision = AveragePrecision::new(self.classes.len());
        for batch in self.test.epoch(1) {
            let batch = batch?;
            let objects = batch.objects.clone();
            let found = self.find(net, device, batch, true, &mut DetectionSeconds::default())?.found;
            objects.iter().zip(&found).for_each(|(objects, found)| precision.add(objects, found));
        }
        let precisions = precision.evaluate();
        let mean = |found: Option<f64>| found.ok_or_else(|| wrong("no objects"));
        let mut metrics = Metrics::new().with("map_50", mean(precisions.at_50())?).with("map_50_95", mean(precisions.mean())?);
        for (class, found) in self.classes.iter().zip(precisions.classes_at_50()) {
            if let Some(found) = found {
                metrics.set(&format!("ap_50_{}", class.to_lowercase()), found);
            }
        }
        Ok(metrics)
    }

    fn check(&self, _: &Pair<D::Net>) -> Result<(), TrainError> {
        if self.test.batch_count() == 0 { Err(wrong("no batch")) } else { Ok(()) }
    }

    fn draw(&mut self, net: &Pair<D::Net>, device: &D, folder: &Path, last: bool) -> Result<(), TrainError> {
        if self.tested_after.is_some() && !last {
            return Ok(());
        }
        draw::pictures(self, net, device, folder)
    }
}
