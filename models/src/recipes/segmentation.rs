//! Segmentation: a class for each pixel.

use std::path::{Path, PathBuf};

use layercake::dfdx::nn::BuildModule;
use layercake::dfdx::nn::tensor_collection::TensorCollection;
use layercake::generic::train_data;
use layercake::ir::Graph;
use layercake::loss::{CrossEntropy, Loss};
use layercake::prelude::*;
use layercake::schedule::Better;
use layercake_train::data::readers::MaskFolder;
use layercake_train::data::transforms::{ColourJitter, HorizontalFlip};
use layercake_train::data::{DataError, DataSet, Dataset, Loader, Mask, Masked, MaskedBatch, Normalise, Subset};
use layercake_train::run::{Canvas, Summary};
use layercake_train::{Figures, Pass, Seeded, Step, Tally, Task, TrainError, Validated, best_of_maps, hold_out, label_weight};

use super::entry::{Kind, Row, Run};
use super::{built, on_device};
use crate::gallery::StreetUNet;
use crate::model::{ModelError, TrainOptions};
use crate::training::{Prepared, Trained, train};

/// Colour pictures.
type Pictures<D> = Tensor<(usize, Const<3>, Const<HEIGHT>, Const<WIDTH>), f32, D>;
/// A score for each class at each pixel.
type Maps<D, T = NoneTape> = Tensor<(usize, Const<CLASSES>, Const<HEIGHT>, Const<WIDTH>), f32, D, T>;

const HEIGHT: usize = 90;
const WIDTH: usize = 120;
const CLASSES: usize = 11;
/// The class of pixels that count for nothing.
const UNLABELLED: u8 = CLASSES as u8;

/// A network that does it.
pub(crate) trait Segmenter<D: Backend<f32>>:
    Network<f32, D> + TensorCollection<f32, D> + Module<Pictures<D>, Output = Maps<D>, Error = D::Err>
{
}

impl<N, D: Backend<f32>> Segmenter<D> for N where
    N: Network<f32, D> + TensorCollection<f32, D> + Module<Pictures<D>, Output = Maps<D>, Error = D::Err>
{
}

/// Pictures in a batch where nothing is learned.
const TEST_BATCH: usize = 10;

/// The kind of model that [`StreetUNet`] is.
pub(crate) struct Streets;

impl Kind for Streets {
    const GRAPH: &'static Graph = StreetUNet::<f32, Cpu>::GRAPH;

    fn train<D: Seeded>(row: &Row, device: &D, options: &TrainOptions) -> Result<(PathBuf, Summary), ModelError> {
        let model = Trained { name: row.name, params: Self::GRAPH.params() };
        train(model, device, options, (row.recipe)(options.dataset), |recipe| {
            let [train, test] = options.dataset.load_masks(options.data_dir.as_deref()).map_err(TrainError::from)?;
            let normalise = Normalise::measure_set(&train).map_err(TrainError::from)?;
            let held = recipe.held_out(train.len());
            let [rest, held] = if held == 0 { [(0..train.len()).collect(), Vec::new()] } else { hold_out(train.len(), held, recipe.seed)? };
            let net = built(<StreetUNet as BuildOnDevice<D, f32>>::Built::try_build(device))?;
            let classes = train.classes().to_vec();
            let criterion = balanced(&train, &rest, 0.5).map_err(TrainError::from)?;
            let measured_on = |pictures: MaskFolder, indices: Vec<usize>| {
                let test = Loader::new(pictures.clone(), TEST_BATCH).sampler(Subset { indices, shuffle: None });
                Segmentation { test: test.transform(normalise.clone()), pictures, criterion: criterion.clone() }
            };
            let all = (0..test.len()).collect();
            let validation = (!held.is_empty()).then(|| measured_on(train.clone(), held.clone()));
            let task = Validated { task: measured_on(test, all), validation };
            let jitter = ColourJitter { brightness: 0.2, contrast: 0.2, saturation: 0.2, hue: 0.0 };
            let items = rest.len();
            let train = Loader::new(train, recipe.batch_size).shuffle(recipe.seed).workers(recipe.workers);
            let train = if held.is_empty() { train } else { train.sampler(Subset { indices: rest, shuffle: Some(recipe.seed) }) };
            let train = train.transform(HorizontalFlip::default()).transform(jitter).transform(normalise.clone());
            let (optimizer, chosen_by) = (recipe.adam(&net), ("validation_mean_iou", Better::Higher));
            Ok(Prepared { optimizer, net, items, task, chosen_by, train, normalise: Some(normalise), classes })
        })
    }

    fn evaluate(run: &Run, dataset: DataSet, data_dir: Option<&Path>) -> Result<(Figures, u64), ModelError> {
        let device = Cpu::default();
        let net: StreetUNet = run.load(&device)?;
        let [train, test] = dataset.load_masks(data_dir).map_err(TrainError::from)?;
        let items = test.len() as u64;
        let normalise = match run.config.as_ref().and_then(|config| config.normalise.clone()) {
            Some(normalise) => normalise,
            None => Normalise::measure_set(&train).map_err(TrainError::from)?,
        };
        let tested = Loader::new(test.clone(), TEST_BATCH).transform(normalise);
        let mut task = Segmentation { test: tested, pictures: test, criterion: CrossEntropy::default() };
        Ok((Task::<StreetUNet, Cpu>::evaluate(&mut task, &net, &device)?, items))
    }
}

/// Softmax cross entropy of each labelled pixel; measured by the mean over the classes of intersection over union.
pub(crate) struct Segmentation {
    pub test: Loader<MaskFolder>,
    /// The same pictures as they are, to be drawn.
    pub pictures: MaskFolder,
    pub criterion: CrossEntropy,
}

/// Weights by which rare classes of some pictures count more: the median of the classes' frequencies by each one's own (Eigen and Fergus, 2015), to the
/// power `balance` of 0 (none) to 1.
fn balanced(train: &MaskFolder, pictures: &[usize], balance: f64) -> Result<CrossEntropy, DataError> {
    let mut counts = vec![0_u64; CLASSES];
    for &index in pictures {
        for class in train.get(index)?.mask.classes {
            if let Some(count) = counts.get_mut(usize::from(class)) {
                *count += 1;
            }
        }
    }
    let mut sorted = counts.clone();
    sorted.sort_unstable();
    let median = sorted[CLASSES / 2] as f64;
    let weight = counts.iter().map(|&count| (median / (count.max(1) as f64)).powf(balance)).collect();
    Ok(CrossEntropy { weight, ignore_index: Some(usize::from(UNLABELLED)), ..CrossEntropy::default() })
}

impl<N: Segmenter<D>, D: Backend<f32>> Task<N, D> for Segmentation {
    type Batch = MaskedBatch;
    const UNIT: &'static str = "images";

    fn loss(&mut self, net: &mut N, batch: MaskedBatch, pass: Pass<D>) -> Result<Step<D>, TrainError> {
        let (items, counts) = (batch.images.batch(), label_weight(&self.criterion, batch.masks.numbers()));
        let images: Pictures<D> = batch.images.on(&pass.device)?;
        let maps: Maps<D, OwnedTape<f32, D>> = on_device(train_data(net, images, pass.gradients))?;
        let classes = batch.masks.numbers();
        // A mean over no pixel would be no number: the sum, which is 0.
        let loss = if counts > 0.0 { self.criterion.try_mean(maps, classes) } else { self.criterion.try_sum(maps, classes) };
        Ok(Step::new(on_device(loss)?, items).weighing(counts))
    }

    fn evaluate(&mut self, net: &N, device: &D) -> Result<Figures, TrainError> {
        let mut tally = Tally::new(CLASSES);
        for batch in self.test.epoch(1) {
            let MaskedBatch { images, masks } = batch?;
            let maps = on_device(net.try_forward(images.on(device)?))?;
            let predicted = best_of_maps(&maps.as_vec(), CLASSES, HEIGHT * WIDTH);
            tally.count_classes(&predicted, masks.numbers(), Some(usize::from(UNLABELLED)));
        }
        let mut figures = Figures::new().with("mean_iou", tally.mean_iou()).with("pixel_accuracy", tally.accuracy());
        for (class, iou) in self.pictures.classes().iter().zip(tally.iou()) {
            // A class that neither occurs nor is said to has none.
            if let Some(iou) = iou {
                figures.set(&format!("iou_{}", class.to_lowercase()), iou);
            }
        }
        Ok(figures)
    }

    /// `overlays.png`: a row for each of some test pictures, as it is, with its labels, with what the network says; and a key of the colours.
    fn draw(&mut self, net: &N, device: &D, folder: &Path, _: bool) -> Result<(), TrainError> {
        const ROWS: usize = 6;
        let step = self.pictures.len().div_ceil(ROWS).max(1);
        let mut rows = Vec::new();
        for index in (0..self.pictures.len()).step_by(step) {
            let Masked { image, mask } = self.pictures.get(index)?;
            let batch = self.test.clone().sampler(Subset { indices: vec![index], shuffle: None }).epoch(1).next();
            let Some(batch) = batch else { continue };
            let maps = on_device(net.try_forward(batch?.images.on(device)?))?;
            let classes = best_of_maps(&maps.as_vec(), CLASSES, HEIGHT * WIDTH).into_iter().map(|class| class as u8).collect();
            let said = Mask { size: [HEIGHT, WIDTH], classes };
            rows.extend([
                Canvas::of(&image),
                Canvas::overlay(&image, &mask, 0.7, Some(UNLABELLED)),
                Canvas::overlay(&image, &said, 0.7, None),
            ]);
        }
        let names = self.pictures.classes().iter().take(CLASSES).enumerate();
        let key: Vec<_> = names.map(|(class, name)| (name.to_lowercase(), Canvas::colour_of(class))).collect();
        let overlays = Canvas::grid(&rows, 3).enlarged(2).with_columns(&["picture", "labels", "network"]).with_key(&key);
        overlays.save(&folder.join("overlays.png"))
    }
}
