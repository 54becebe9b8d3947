//! The losses of both heads, and how well one object is classified and found.

use std::path::Path;

use layercake::AnyNetwork;
use layercake::dfdx::tensor_ops::{TryAdd, TryMul};
use layercake::explain::LayerUnits;
use layercake::loss::{CrossEntropy, Loss, SmoothL1};
use layercake::prelude::*;
use layercake_train::data::{Array, Dataset, Image, Loader, Scene, SceneBatch};
use layercake_train::detection::{BBox, BoxCoder, Object, iou};
use layercake_train::health::count_units;
use layercake_train::run::Canvas;
use layercake_train::{Metrics, Pass, Step, Task, TrainError, argmax};

use crate::tasks::machine::shaped;
use crate::tasks::on_device;

/// Scores or offsets, a row for each image.
type Rows<D, T = NoneTape> = Tensor<(usize, usize), f32, D, T>;

/// Scores, if there is a head for them, and offsets.
type Heads<D, T> = (Option<Rows<D, T>>, Rows<D, T>);

/// Softmax cross entropy of the class, if there are several, and smooth L1 of the box's offsets from the whole image.
#[derive(Debug)]
pub struct Localization<S: Dataset> {
    /// The test images.
    pub test: Loader<S>,
    /// The names of the classes.
    pub classes: Vec<String>,
    /// Height and width of an image.
    pub size: [usize; 2],
    /// The weight of the box loss; that of the class loss is 1.
    pub box_weight: f32,
}

/// What a network finds in a batch.
struct Found {
    /// The class of each image.
    classes: Vec<usize>,
    boxes: Vec<BBox>,
}

impl<S: Dataset<Item = Scene>> Localization<S> {
    /// The box that offsets are measured from.
    fn whole(&self) -> BBox {
        BBox::new(0.0, 0.0, self.size[1] as f32, self.size[0] as f32)
    }

    /// The heads' outputs: the scores, if there is a head for them, and the offsets.
    fn heads<D: Backend<f32>, T: Tape<f32, D>>(&self, outputs: Vec<DynTensor<f32, D, T>>) -> Result<Heads<D, T>, TrainError> {
        let mut outputs = outputs.into_iter().map(shaped).collect::<Result<Vec<Rows<D, T>>, TrainError>>()?;
        match (outputs.pop(), outputs.pop()) {
            (Some(offsets), scores) if scores.is_some() == (self.classes.len() > 1) => Ok((scores, offsets)),
            (_, scores) => Err(TrainError::Network(format!("{} classes, {} scores", self.classes.len(), u8::from(scores.is_some())))),
        }
    }

    fn find<D: Backend<f32>>(&self, net: &impl AnyNetwork<f32, D>, device: &D, images: Array<f32>) -> Result<Found, TrainError> {
        let count = images.batch_size();
        let (scores, offsets) = self.heads(net.try_infer(vec![images.into_dynamic(device)?])?)?;
        let classes = scores.map_or_else(|| vec![0; count], |scores| argmax(&scores.as_vec(), self.classes.len()));
        let (offsets, whole) = (offsets.as_vec(), self.whole());
        let decode = |row: &[f32; 4]| BoxCoder::of_head().decode(*row, &whole).clipped(self.size);
        Ok(Found { classes, boxes: offsets.as_chunks().0.iter().map(decode).collect() })
    }
}

impl<S: Dataset<Item = Scene>, N: AnyNetwork<f32, D>, D: Backend<f32>> Task<N, D> for Localization<S> {
    type Batch = SceneBatch;
    const UNIT: &'static str = "images";

    fn loss(&mut self, net: &mut N, batch: SceneBatch, pass: Pass<D>) -> Result<Step<D>, TrainError> {
        let (items, whole) = (batch.images.batch_size(), self.whole());
        let mut targets = Vec::with_capacity(4 * items);
        for objects in &batch.objects {
            let object = one(objects)?;
            targets.extend(BoxCoder::of_head().encode(&whole, &object.bbox).map_err(|error| TrainError::Test(error.to_string()))?);
        }
        let labels: Vec<usize> = batch.objects.iter().map(|objects| objects[0].class).collect();
        let images = batch.images.into_dynamic(&pass.device)?;
        let (scores, offsets) = self.heads(net.try_train(vec![images], pass.gradients)?)?;
        let targets = on_device(layercake::upload(&pass.device, targets, (items, 4)))?;
        let box_loss = on_device(SmoothL1::default().try_mean(offsets, targets))?;
        let alone = box_loss.retaped::<NoneTape>();
        let box_loss_of = move || (f64::from(alone.as_vec()[0]), items as f64);
        let weighted = on_device(box_loss.try_mul(self.box_weight))?;
        let Some(scores) = scores else { return Ok(Step::new(weighted, items).with_late_metric("box_loss", box_loss_of)) };
        let class_loss = on_device(CrossEntropy::default().try_mean(scores, &labels))?;
        let alone = class_loss.retaped::<NoneTape>();
        // The tape of the first output has what was recorded before the network.
        let loss = on_device(class_loss.try_add(weighted))?;
        let step = Step::new(loss, items).with_late_metric("box_loss", box_loss_of);
        Ok(step.with_late_metric("class_loss", move || (f64::from(alone.as_vec()[0]), items as f64)))
    }

    fn evaluate(&mut self, net: &N, device: &D) -> Result<Metrics, TrainError> {
        let (mut right, mut overlap, mut count) = (0usize, 0.0, 0usize);
        for batch in self.test.epoch(1) {
            let SceneBatch { images, objects } = batch?;
            let found = self.find(net, device, images)?;
            for ((class, bbox), objects) in found.classes.iter().zip(&found.boxes).zip(&objects) {
                let object = one(objects)?;
                right += usize::from(*class == object.class);
                overlap += f64::from(iou(bbox, &object.bbox));
                count += 1;
            }
        }
        let share = |sum: f64| sum / count as f64;
        let metrics = Metrics::new().with("mean_iou", share(overlap));
        Ok(if self.classes.len() > 1 { metrics.with("accuracy", share(right as f64)) } else { metrics })
    }

    fn check(&self, _: &N) -> Result<(), TrainError> {
        if self.test.batch_count() == 0 { Err(TrainError::Test("no batch".to_owned())) } else { Ok(()) }
    }

    fn units(&mut self, net: &N, device: &D) -> Result<Vec<LayerUnits>, TrainError> {
        count_units(net.as_hookable(), device, &self.test, |batch| batch.images)
    }

    /// `boxes.png`: test images with the true box in green and the one that was found in red, above them the class that was found and the IoU.
    fn draw(&mut self, net: &N, device: &D, folder: &Path, _: bool) -> Result<(), TrainError> {
        const SHOWN: usize = 20;
        const COLUMNS: usize = 5;
        const SCALE: usize = 3;
        const TRUE: [u8; 3] = [0, 160, 60];
        const FOUND: [u8; 3] = [220, 40, 40];
        let Some(batch) = self.test.spread(SHOWN, SHOWN).epoch(1).next() else { return Ok(()) };
        let SceneBatch { images, objects } = batch?;
        let shape = [images.shape()[1], images.shape()[2], images.shape()[3]];
        let pixels = images.as_slice().to_vec();
        let found = self.find(net, device, images)?;
        let mut shown = Vec::new();
        for (i, pixels) in pixels.chunks_exact(shape.iter().product()).enumerate() {
            let (object, bbox, class) = (one(&objects[i])?, found.boxes[i], found.classes[i]);
            let mut canvas = Canvas::from_image(&Image { shape, pixels: pixels.to_vec() }).enlarged(SCALE);
            canvas.outline(&object.bbox, SCALE, TRUE);
            canvas.outline(&bbox, SCALE, FOUND);
            let name = match class == object.class {
                _ if self.classes.len() == 1 => String::new(),
                true => format!("{} ", self.classes[class]),
                false => format!("{} not {} ", self.classes[class], self.classes[object.class]),
            };
            shown.push(canvas.captioned(&format!("{name}{:.2}", iou(&bbox, &object.bbox))));
        }
        let key = [("true".to_owned(), TRUE), ("found".to_owned(), FOUND)];
        Canvas::level_grid(&shown, COLUMNS).with_key(&key).save(&folder.join("boxes.png"))
    }
}

/// The only object of an image.
fn one(objects: &[Object]) -> Result<&Object, TrainError> {
    match objects {
        [object] => Ok(object),
        _ => Err(TrainError::Test(format!("expected one object in each image, found {}", objects.len()))),
    }
}
