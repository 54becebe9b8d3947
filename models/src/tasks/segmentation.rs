//! Semantic segmentation: a class for each pixel.

use std::path::Path;

use layercake::AnyNetwork;
use layercake::explain::LayerUnits;
use layercake::ir::Graph;
use layercake::loss::CrossEntropy;
use layercake::prelude::*;
use layercake::schedule::Better;
use layercake_train::data::rand::rngs::StdRng;
use layercake_train::data::rand::{Rng, SeedableRng};
use layercake_train::data::readers::MaskFolder;
use layercake_train::data::transforms::Transform;
use layercake_train::data::transforms::{ColorJitter, HorizontalFlip};
use layercake_train::data::{
    Array, DataError, Dataset, HasImage, KnownDataset, Loader, Mask, Masked, MaskedBatch, Normalize, PositionBatch, PositionSamples,
    SubsetSampler,
};
use layercake_train::run::{Canvas, RunOutcome};
use layercake_train::{Metrics, Pass, PerPosition, Step, Task, Timing, TrainError, WithValidation, argmax_maps};

use super::classifier::normalize_fits;
use super::dropout::with_dropout;
use super::entry::{Description, ModelKind, Run};
use super::machine::Machine;
use super::run::{Prepared, Trained, train_made};
use crate::zoo::{ModelError, PhotoSegmenter, TrainOptions};

const HEIGHT: usize = 90;
const WIDTH: usize = 120;
const CLASSES: usize = 11;
/// The ignored class.
const UNLABELED: u8 = CLASSES as u8;

/// Batch size for evaluation.
const TEST_BATCH: usize = 10;

/// Networks `[3, 90, 120] -> [11, 90, 120]` as a kind of model.
pub(crate) struct StreetSegmentation(pub &'static Graph);

impl ModelKind for StreetSegmentation {
    fn graph(&self) -> &'static Graph {
        self.0
    }

    fn train<D: Machine>(&self, description: &Description, device: &D, options: &TrainOptions) -> Result<RunOutcome, ModelError> {
        let model = Trained { name: description.name, graph: self.graph(), agent: None };
        train_made(model, device, options, (description.recipe)(options.dataset), |recipe| {
            let [train, test] = options.dataset.load_masks(options.data_dir.as_deref()).map_err(TrainError::from)?;
            let normalize = Normalize::measure_dataset(&train).map_err(TrainError::from)?;
            let [rest, held] = recipe.parts(train.len())?;
            let graph = with_dropout(self.graph(), recipe.dropout);
            let net = device.build(&graph)?;
            let classes = train.classes().to_vec();
            let criterion = balanced(&train, &rest, 0.5).map_err(TrainError::from)?;
            let measured_on = |pictures: MaskFolder, indices: Vec<usize>| {
                let test = Loader::new(pictures.clone(), TEST_BATCH).sampler(SubsetSampler { indices, shuffle: None });
                Segmentation::new(test.transform(normalize.clone()), pictures, criterion.clone())
            };
            let all = (0..test.len()).collect();
            let validation = (!held.is_empty()).then(|| measured_on(train.clone(), held.clone()));
            let task = WithValidation { task: measured_on(test, all), validation };
            let jitter = ColorJitter { brightness: 0.2, contrast: 0.2, saturation: 0.2, hue: 0.0 };
            let items = rest.len();
            let train = Loader::new(train, recipe.batch_size).shuffle(recipe.seed).workers(recipe.workers);
            let train = if items == train.data().len() {
                train
            } else {
                train.sampler(SubsetSampler { indices: rest, shuffle: Some(recipe.seed) })
            };
            let train = train.transform(HorizontalFlip::default()).transform(jitter).transform(normalize.clone());
            let (optimizer, selected_by) = (recipe.adam(&net), ("validation_mean_iou", Better::Higher));
            Ok((graph, Prepared { optimizer, net, items, task, selected_by, train, normalize: Some(normalize), classes }))
        })
    }

    fn evaluate<D: Machine>(
        &self,
        run: &Run,
        device: &D,
        dataset: KnownDataset,
        data_dir: Option<&Path>,
    ) -> Result<(Metrics, u64), ModelError> {
        let net = run.load_graph(self.graph(), device)?;
        let [train, test] = dataset.load_masks(data_dir).map_err(TrainError::from)?;
        let items = test.len() as u64;
        let normalize = match run.config.as_ref().and_then(|config| config.normalize.clone()) {
            Some(normalize) => normalize,
            None => Normalize::measure_dataset(&train).map_err(TrainError::from)?,
        };
        let tested = Loader::new(test.clone(), TEST_BATCH).transform(normalize);
        let mut task = Segmentation::new(tested, test, without_unlabeled());
        Ok((Task::<D::Net, D>::evaluate(&mut task, &net, device)?, items))
    }

    fn bench<D: Machine>(&self, _: &Description, device: &D, batch: usize) -> Result<[Timing; 2], ModelError> {
        let mut random = StdRng::seed_from_u64(0);
        let images = (0..batch * 3 * HEIGHT * WIDTH).map(|_| random.gen_range(-1.0..1.0)).collect();
        let images = Array::new(vec![batch, 3, HEIGHT, WIDTH], images);
        let masks = Array::new(vec![batch, HEIGHT, WIDTH], (0..batch * HEIGHT * WIDTH).map(|_| random.gen_range(0..=CLASSES)).collect());
        let given = images.clone().into_dynamic(device).map_err(TrainError::from)?;
        let mut net = device.build(self.graph())?;
        let names = (0..CLASSES).map(|class| class.to_string()).collect();
        let none = Loader::new(PositionSamples::default(), batch);
        let mut task = PerPosition::segmentation(names, none).with_criterion(without_unlabeled());
        let masked = PositionBatch::from(MaskedBatch { images, masks });
        let train = Timing::of_step(&mut net, device, batch, |net, pass| task.loss(net, masked.clone(), pass))?;
        let infer = Timing::measure(batch, || {
            std::hint::black_box(net.try_infer(vec![given.clone()])?[0].to_vec());
            Ok::<_, TrainError>(())
        })?;
        Ok([train, infer])
    }

    fn segmenter<D: Machine>(&self, _: &Description, run: &Run, device: D) -> Result<PhotoSegmenter, ModelError> {
        let net = run.load_graph(self.graph(), &device)?;
        let mut classes = run.classes(CLASSES + 1)?;
        classes.truncate(CLASSES);
        if let Some(config) = &run.config {
            normalize_fits(config, &run.checkpoint.with_file_name("config.json"), 3)?;
        }
        let normalize = run.config.as_ref().and_then(|config| config.normalize.clone());
        Ok(PhotoSegmenter::new(classes, move |photo| {
            let mut small = photo.resized([HEIGHT, WIDTH]);
            if let Some(normalize) = &normalize {
                normalize.apply(&mut small.image_mut(), &mut StdRng::seed_from_u64(0))?;
            }
            let images = Array::new(vec![1, 3, HEIGHT, WIDTH], small.pixels);
            let maps = net.try_infer(vec![images.into_dynamic(&device)?])?;
            let found = argmax_maps(&maps[0].to_vec(), CLASSES, HEIGHT * WIDTH);
            let [height, width] = photo.size();
            let nearest = |i: usize| found[(i / width * HEIGHT / height) * WIDTH + i % width * WIDTH / width] as u8;
            Ok(Mask { size: [height, width], classes: (0..height * width).map(nearest).collect() })
        }))
    }
}

/// Softmax cross entropy of each labeled pixel; evaluated by mean IoU.
pub(crate) struct Segmentation {
    positions: PerPosition<MaskFolder>,
    /// The same images without transforms, for drawing.
    pictures: MaskFolder,
}

impl Segmentation {
    pub fn new(test: Loader<MaskFolder>, pictures: MaskFolder, criterion: CrossEntropy) -> Self {
        let classes = pictures.classes()[..CLASSES].to_vec();
        Self { positions: PerPosition::segmentation(classes, test).with_criterion(criterion), pictures }
    }
}

/// Cross entropy of the labeled pixels.
pub(crate) fn without_unlabeled() -> CrossEntropy {
    CrossEntropy { ignore_index: Some(usize::from(UNLABELED)), ..CrossEntropy::default() }
}

/// Cross entropy with class weights by median frequency balancing (Eigen and Fergus, 2015), `median / frequency`, to the power `balance`: 0
/// weights all classes equally.
fn balanced(train: &MaskFolder, pictures: &[usize], balance: f64) -> Result<CrossEntropy, DataError> {
    let mut counts = [0_u64; CLASSES];
    for &index in pictures {
        for class in train.get(index)?.mask.classes {
            if let Some(count) = counts.get_mut(usize::from(class)) {
                *count += 1;
            }
        }
    }
    // Of the classes that occur: of all, it could be 0, and nothing would be learned.
    let mut sorted: Vec<u64> = counts.iter().copied().filter(|&count| count > 0).collect();
    sorted.sort_unstable();
    let median = sorted.get(sorted.len() / 2).map_or(1.0, |&count| count as f64);
    let weight = counts.iter().map(|&count| (median / (count.max(1) as f64)).powf(balance)).collect();
    Ok(CrossEntropy { weight, ..without_unlabeled() })
}

impl<N: AnyNetwork<f32, D>, D: Backend<f32>> Task<N, D> for Segmentation {
    type Batch = MaskedBatch;
    const UNIT: &'static str = "images";

    fn loss(&mut self, net: &mut N, batch: MaskedBatch, pass: Pass<D>) -> Result<Step<D>, TrainError> {
        self.positions.loss(net, batch, pass)
    }

    fn evaluate(&mut self, net: &N, device: &D) -> Result<Metrics, TrainError> {
        let metrics = self.positions.evaluate(net, device)?;
        Ok(metrics.iter().filter(|(name, _)| *name != "loss").collect())
    }

    fn chance_loss(&self) -> Option<f64> {
        Task::<N, D>::chance_loss(&self.positions)
    }

    fn units(&mut self, net: &N, device: &D) -> Result<Vec<LayerUnits>, TrainError> {
        self.positions.units(net, device)
    }

    /// `overlays.png`: rows of test images, each as image, labels and prediction, with a color key.
    fn draw(&mut self, net: &N, device: &D, folder: &Path, _: bool) -> Result<(), TrainError> {
        const ROWS: usize = 6;
        let step = self.pictures.len().div_ceil(ROWS).max(1);
        let mut rows = Vec::new();
        for index in (0..self.pictures.len()).step_by(step) {
            let Masked { image, mask } = self.pictures.get(index)?;
            let batch = self.positions.test.clone().sampler(SubsetSampler { indices: vec![index], shuffle: None }).epoch(1).next();
            let Some(batch) = batch else { continue };
            let maps = net.try_infer(vec![batch?.images.into_dynamic(device)?])?;
            let classes = argmax_maps(&maps[0].to_vec(), CLASSES, HEIGHT * WIDTH).into_iter().map(|class| class as u8).collect();
            let predicted = Mask { size: [HEIGHT, WIDTH], classes };
            rows.extend([
                Canvas::from_image(&image),
                Canvas::overlay(&image, &mask, 0.7, Some(UNLABELED)),
                Canvas::overlay(&image, &predicted, 0.7, None),
            ]);
        }
        let names = self.pictures.classes().iter().take(CLASSES).enumerate();
        let key: Vec<_> = names.map(|(class, name)| (name.to_lowercase(), Canvas::color_of(class))).collect();
        let overlays = Canvas::grid(&rows, 3).enlarged(2).with_columns(&["image", "labels", "predicted"]).with_key(&key);
        overlays.save(&folder.join("overlays.png"))
    }
}
