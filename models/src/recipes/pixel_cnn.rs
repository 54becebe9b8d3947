//! PixelCNNs: the pixels of an image one after the other.

use std::path::{Path, PathBuf};

use layercake::dfdx::nn::BuildModule;
use layercake::dfdx::nn::tensor_collection::TensorCollection;
use layercake::dfdx::tensor_ops::TryDiv;
use layercake::generic::train_data;
use layercake::ir::Graph;
use layercake::loss::{BceWithLogits, Loss};
use layercake::prelude::*;
use layercake::schedule::Better;
use layercake_train::data::{Array, Batch, DataSet, Images, Labelled, Loader, Split};
use layercake_train::run::{Canvas, Summary, image_grid};
use layercake_train::{Figures, Pass, Seeded, Step, Task, TrainError, Validated};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::entry::{Kind, Row, Run};
use super::{Grey, SHAPE, built, draws_pictures, on_device, save, sigmoid};
use crate::gallery::{ClassGatedPixelCnn, GatedPixelCnn, PixelCnn};
use crate::model::{ModelError, SampleOptions, Sampled, TrainOptions};
use crate::training::{Prepared, TEST_BATCH, Trained, hold_images_out, train};

/// Classes, one-hot.
type Classes<D> = Tensor<(usize, Const<CLASSES>), f32, D>;

const CLASSES: usize = 10;
const PIXELS: usize = SHAPE[0] * SHAPE[1] * SHAPE[2];
/// Pictures side by side in a grid.
const COLUMNS: usize = 10;

/// A network that tells each pixel from those before it.
pub(crate) trait Autoregressive<D: Backend<f32>>: Network<f32, D> + TensorCollection<f32, D> {
    /// The log odds of each pixel.
    fn scores(&self, images: Grey<D>, classes: Classes<D>) -> Result<Grey<D>, D::Err>;

    /// The same in training.
    fn train(&mut self, images: Grey<D>, classes: Classes<D>, gradients: Gradients<f32, D>) -> Result<Grey<D, OwnedTape<f32, D>>, D::Err>;
}

macro_rules! unconditional {
    ($($name:ident)*) => {$(
        impl<D: Backend<f32>> Autoregressive<D> for $name<f32, D> {
            fn scores(&self, images: Grey<D>, _: Classes<D>) -> Result<Grey<D>, D::Err> {
                self.try_forward(images)
            }

            fn train(&mut self, images: Grey<D>, _: Classes<D>, gradients: Gradients<f32, D>) -> Result<Grey<D, OwnedTape<f32, D>>, D::Err> {
                train_data(self, images, gradients)
            }
        }
    )*};
}

unconditional!(PixelCnn GatedPixelCnn);

impl<D: Backend<f32>> Autoregressive<D> for ClassGatedPixelCnn<f32, D> {
    fn scores(&self, images: Grey<D>, classes: Classes<D>) -> Result<Grey<D>, D::Err> {
        self.try_forward(images, classes)
    }

    fn train(&mut self, images: Grey<D>, classes: Classes<D>, gradients: Gradients<f32, D>) -> Result<Grey<D, OwnedTape<f32, D>>, D::Err> {
        train_data(self, (images, classes), gradients)
    }
}

/// A network of the kind on any device.
pub(crate) trait Family: Sync + 'static {
    const GRAPH: &'static Graph;
    type On<D: Backend<f32>>: Autoregressive<D> + BuildModule<D, f32> + Clone;
}

macro_rules! families {
    ($($name:ident)*) => {$(
        impl Family for $name {
            const GRAPH: &'static Graph = $name::<f32, Cpu>::GRAPH;
            type On<D: Backend<f32>> = $name<f32, D>;
        }
    )*};
}

families!(PixelCnn GatedPixelCnn ClassGatedPixelCnn);

/// The kind of model that PixelCNNs are.
pub(crate) struct Pixels<F>(std::marker::PhantomData<fn() -> F>);

impl<F: Family> Kind for Pixels<F> {
    const GRAPH: &'static Graph = F::GRAPH;

    fn train<D: Seeded>(row: &Row, device: &D, options: &TrainOptions) -> Result<(PathBuf, Summary), ModelError> {
        let model = Trained { name: row.name, params: F::GRAPH.params() };
        train(model, device, options, (row.recipe)(options.dataset), |recipe| {
            let Split { train, test } = options.dataset.load(options.data_dir.as_deref(), SHAPE).map_err(TrainError::from)?;
            let net = built(F::On::<D>::try_build(device))?;
            let (train, validation) = hold_images_out(train, recipe)?;
            let items = train.len();
            let train = binarise(Loader::new(train, recipe.batch_size).shuffle(recipe.seed).workers(recipe.workers));
            let measured_on = |images| NegativeLogLikelihood { test: binarise(Loader::new(images, TEST_BATCH)) };
            let task = Validated { task: measured_on(test), validation: validation.map(measured_on) };
            let (optimizer, chosen_by) = (recipe.adam(&net), ("validation_nll", Better::Lower));
            Ok(Prepared { optimizer, net, items, task, chosen_by, train, normalise: None, classes: Vec::new() })
        })
    }

    fn evaluate(run: &Run, dataset: DataSet, data_dir: Option<&Path>) -> Result<(Figures, u64), ModelError> {
        let device = Cpu::default();
        let net: F::On<Cpu> = run.load(&device)?;
        let Split { test, .. } = dataset.load(data_dir, SHAPE).map_err(TrainError::from)?;
        let items = test.len() as u64;
        let mut task = NegativeLogLikelihood { test: binarise(Loader::new(test, TEST_BATCH)) };
        Ok((Task::<F::On<Cpu>, Cpu>::evaluate(&mut task, &net, &device)?, items))
    }

    fn sample(row: &Row, run: &Run, options: &SampleOptions) -> Result<Sampled, ModelError> {
        draws_pictures(row, options)?;
        let device = Cpu::default();
        let net: F::On<Cpu> = run.load(&device)?;
        save(&samples(&net, &device, options.count.unwrap_or(3 * COLUMNS), options.seed)?, options)
    }
}

/// The negative log likelihood in nats an image.
pub(crate) struct NegativeLogLikelihood {
    pub test: Loader<Images>,
}

impl<N: Autoregressive<D>, D: Backend<f32>> Task<N, D> for NegativeLogLikelihood {
    type Batch = Batch;
    const UNIT: &'static str = "images";

    fn loss(&mut self, net: &mut N, batch: Batch, pass: Pass<D>) -> Result<Step<D>, TrainError> {
        let items = batch.labels.len();
        let classes = one_hot(&batch.labels, &pass.device)?;
        let images: Grey<D> = batch.images.on(&pass.device)?;
        let scores = on_device(net.train(images.clone(), classes, pass.gradients))?;
        let sum = on_device(BceWithLogits::default().try_sum(scores, images))?;
        Ok(Step::new(on_device(sum.try_div(items as f32))?, items))
    }

    fn evaluate(&mut self, net: &N, device: &D) -> Result<Figures, TrainError> {
        let (mut nats, mut items) = (0.0, 0);
        for batch in self.test.epoch(1) {
            let batch = batch?;
            items += batch.labels.len();
            let classes = one_hot(&batch.labels, device)?;
            let images: Grey<D> = batch.images.on(device)?;
            let scores = on_device(net.scores(images.clone(), classes))?;
            let pixels = on_device(BceWithLogits::default().try_each(scores, images))?;
            nats += pixels.as_vec().iter().map(|&nats| f64::from(nats)).sum::<f64>();
        }
        let nll = nats / items as f64;
        Ok(Figures::new().with("nll", nll).with("bits_per_pixel", nll / PIXELS as f64 / std::f64::consts::LN_2))
    }

    /// At the end: `samples.png`, a class a column, and `completions.png`, rows of the same images whose lower halves are drawn, below them as they are.
    fn draw(&mut self, net: &N, device: &D, folder: &Path, last: bool) -> Result<(), TrainError> {
        if !last {
            return Ok(());
        }
        let mut batch = None;
        if let Some(first) = self.test.epoch(1).next() {
            batch = Some(first?);
        }
        let Some(Batch { images, labels }) = batch else { return Ok(()) };
        let shown = COLUMNS.min(labels.len());
        let originals = &images.numbers()[..shown * PIXELS];
        // Samples and completions in one go: each pixel costs a pass through the network.
        const ROWS: usize = 3;
        let classes: Vec<usize> = (0..ROWS * COLUMNS).map(|i| i % CLASSES).chain(labels[..shown].repeat(ROWS)).collect();
        let samples = ROWS * COLUMNS;
        let known = [vec![0.0; samples * PIXELS], originals.repeat(ROWS)].concat();
        let begin: Vec<usize> = (0..classes.len()).map(|i| if i < samples { 0 } else { PIXELS / 2 }).collect();
        let drawn = complete(net, device, known, &begin, &classes, &mut StdRng::seed_from_u64(0))?;
        image_grid(&drawn[..samples * PIXELS], SHAPE, COLUMNS).enlarged(2).save(&folder.join("samples.png"))?;
        let completions = [&drawn[samples * PIXELS..], originals].concat();
        let caption = "lower halves drawn by the model; last row: the test images";
        image_grid(&completions, SHAPE, shown).enlarged(2).captioned(caption).save(&folder.join("completions.png"))
    }
}

/// Images drawn pixel by pixel, a class a column.
pub(crate) fn samples<N: Autoregressive<D>, D: Backend<f32>>(net: &N, device: &D, count: usize, seed: u64) -> Result<Canvas, TrainError> {
    let classes: Vec<usize> = (0..count).map(|i| i % CLASSES).collect();
    let drawn = complete(net, device, vec![0.0; count * PIXELS], &vec![0; count], &classes, &mut StdRng::seed_from_u64(seed))?;
    Ok(image_grid(&drawn, SHAPE, COLUMNS).enlarged(2))
}

/// Draws the pixels of each image from `begin` on, in the order in which text is read.
fn complete<N: Autoregressive<D>, D: Backend<f32>>(
    net: &N,
    device: &D,
    mut images: Vec<f32>,
    begin: &[usize],
    classes: &[usize],
    random: &mut StdRng,
) -> Result<Vec<f32>, TrainError> {
    let count = classes.len();
    for pixel in begin.iter().copied().min().unwrap_or(PIXELS)..PIXELS {
        let given: Grey<D> = Array::new(vec![count, 1, SHAPE[1], SHAPE[2]], images.clone()).on(device)?;
        let scores = on_device(net.scores(given, one_hot(classes, device)?))?.as_vec();
        let odds: Vec<f32> = scores.iter().skip(pixel).step_by(PIXELS).copied().collect();
        for (i, probability) in sigmoid(&odds).into_iter().enumerate() {
            // Everyone draws, so that an image does not depend on which others are drawn with it.
            let white = random.r#gen::<f32>() < probability;
            if pixel >= begin[i] {
                images[i * PIXELS + pixel] = f32::from(u8::from(white));
            }
        }
    }
    Ok(images)
}

fn one_hot<D: Backend<f32>>(classes: &[usize], device: &D) -> Result<Classes<D>, TrainError> {
    let row = |&class: &usize| (0..CLASSES).map(move |i| f32::from(u8::from(i == class)));
    Ok(Array::new(vec![classes.len(), CLASSES], classes.iter().flat_map(row).collect()).on(device)?)
}

/// Makes a pixel white with the probability that its grey says (Salakhutdinov and Murray, 2008): anew in each epoch of training, always the same
/// in the test set, whose loader reads its first epoch only.
pub(crate) fn binarise(images: Loader<Images>) -> Loader<Images> {
    images.map(|item: &mut Labelled, random| {
        item.image.pixels.iter_mut().for_each(|pixel| *pixel = f32::from(u8::from(random.r#gen::<f32>() < *pixel)));
        Ok(())
    })
}
