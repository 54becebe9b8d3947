//! The model with its parameters, and the pictures that it looks at.

use layercake::io::load_parameters;
use layercake::prelude::*;
use layercake_train::TrainError;
use layercake_train::data::readers::{Channels, read_image};
use layercake_train::data::{Dataset, Image, Images, Normalize, Split};

use super::ExplainOptions;
use crate::tasks::{Run, on_device};
use crate::zoo::{ModelError, ZooModel};

/// The number of pictures in a pass over the test set.
const BATCH: usize = 64;

/// A model with its parameters.
pub(super) struct Subject {
    pub network: GraphModel,
    pub device: Cpu,
    pub shape: [usize; 3],
    pub normalize: Normalize,
    /// The names of the classes; empty without a data set.
    pub classes: Vec<String>,
    /// The picture in 0..=1, and its class.
    picture: Option<(Image, Option<usize>)>,
    test: Option<Images>,
}

impl Subject {
    /// Loads the parameters, and the picture or the test set that the method needs.
    pub fn open(model: &dyn ZooModel, options: &ExplainOptions) -> Result<Self, ModelError> {
        let unsupported = |reason| ModelError::Unsupported { model: model.name(), action: "explained", reason };
        if !model.environments().is_empty() {
            return Err(unsupported("it acts in an environment and has no data set of pictures"));
        }
        let run = Run::find(&options.checkpoint)?;
        let (config, checkpoint) = (run.config, run.checkpoint);
        let data_dir = options.data_dir.clone().or_else(|| config.as_ref().and_then(|config| config.data_dir.clone()));
        let recorded = config.as_ref().and_then(|config| config.source.dataset());
        let dataset = options.dataset.or(recorded).unwrap_or(model.default_dataset(data_dir.is_some()));
        let graph = model.graph_on(dataset).ok_or(unsupported("it is not a network"))?;
        let shape = match graph.inputs() {
            [input] if !input.shape.is_ids() && input.shape.rank() == 3 => [0, 1, 2].map(|axis| input.shape.dim(axis)),
            _ => return Err(unsupported("it does not take one picture [channels, height, width]")),
        };
        let device = Cpu::default();
        let built = GraphModel::try_new(graph.clone(), &device);
        let mut network = built.map_err(|error| ModelError::Option(format!("`{}`: {error}", model.name())))?;
        load_parameters(&mut network, &checkpoint).map_err(TrainError::from)?;
        let needs_test = options.method.takes_images() || (options.wants_picture() && options.image.is_none());
        let own = config.as_ref().and_then(|config| config.normalize.clone());
        let normalize = match &options.normalize {
            Some((mean, std)) => Some(Normalize { mean: mean.clone(), std: std.clone() }),
            None => own,
        };
        let split = match needs_test || (normalize.is_none() && options.method != super::ExplainMethod::Filters) {
            true => Some(dataset.load(data_dir.as_deref(), shape).map_err(TrainError::from)?),
            false => None,
        };
        let normalize = match (normalize, &split) {
            (Some(normalize), _) => normalize,
            (None, Some(Split { train, .. })) => Normalize::measure(train),
            (None, None) => Normalize { mean: vec![0.0; shape[0]], std: vec![1.0; shape[0]] },
        };
        if !normalize.fits(shape[0]) {
            let text = format!("`--mean` and `--std` need a number for each of {} channels, and deviations above 0", shape[0]);
            return Err(ModelError::Option(text));
        }
        let test = split.map(|split| split.test);
        let classes = config.map_or_else(|| test.as_ref().map_or(Vec::new(), |test| test.classes().to_vec()), |config| config.classes);
        let picture = match &options.image {
            Some(path) => {
                let channels = match shape[0] {
                    1 => Channels::Gray,
                    3 => Channels::Rgb,
                    _ => return Err(unsupported("a picture file has one or three channels, and the network takes another number")),
                };
                let image = read_image(path, channels).map_err(TrainError::from)?;
                if image.size().contains(&0) {
                    return Err(ModelError::Option(format!("{}: the picture is empty", path.display())));
                }
                let image = if options.method == super::ExplainMethod::Dream { image } else { image.resized([shape[1], shape[2]]) };
                Some((image, None))
            }
            None if options.wants_picture() => test.as_ref().map(|test| of_test(test, options.index.unwrap_or(0))).transpose()?,
            None => None,
        };
        Ok(Self { network, device, shape, normalize, classes, picture, test })
    }

    /// The picture in 0..=1.
    pub fn image(&self) -> &Image {
        &self.picture.as_ref().expect("a method that takes a picture has read one").0
    }

    /// The picture, if the method has one.
    pub fn picture(&self) -> Option<&Image> {
        self.picture.as_ref().map(|picture| &picture.0)
    }

    /// The class of the picture, if it is known.
    pub fn truth(&self) -> Option<String> {
        self.picture.as_ref()?.1.map(|class| self.class_name(class))
    }

    /// The name of a class.
    pub fn class_name(&self, class: usize) -> String {
        self.classes.get(class).cloned().unwrap_or_else(|| format!("class {class}"))
    }

    /// A picture as the network takes it, as a batch of one.
    pub fn tensor(&self, image: &Image) -> Result<DynTensor<f32, Cpu>, ModelError> {
        let plane = image.shape[1] * image.shape[2];
        let channel = |i: usize| (self.normalize.mean[i / plane], self.normalize.std[i / plane]);
        let numbers = image.pixels.iter().enumerate().map(|(i, &pixel)| (pixel - channel(i).0) / channel(i).1).collect();
        self.batch(numbers, 1, image.shape)
    }

    /// The opposite of [`Subject::tensor`], clamped to 0..=1.
    pub fn picture_of(&self, tensor: &DynTensor<f32, Cpu>) -> Image {
        let &[_, channels, height, width] = tensor.dims() else { unreachable!("a batch of pictures") };
        let plane = height * width;
        let pixel = |(i, x): (usize, f32)| (x * self.normalize.std[i / plane] + self.normalize.mean[i / plane]).clamp(0.0, 1.0);
        Image { shape: [channels, height, width], pixels: tensor.to_vec().into_iter().enumerate().map(pixel).collect() }
    }

    /// A batch of these numbers.
    pub fn batch(&self, numbers: Vec<f32>, count: usize, [channels, height, width]: [usize; 3]) -> Result<DynTensor<f32, Cpu>, ModelError> {
        let made = on_device(DynTensor::try_from_vec(&self.device, numbers, &[count, channels, height, width]))?;
        Ok(made.expect("as many numbers as the shape has"))
    }

    /// The range of the network's input for pixels in 0..=1, over all channels.
    pub fn bounds(&self) -> [f64; 2] {
        let channels = || self.normalize.mean.iter().zip(&self.normalize.std);
        let low = channels().map(|(mean, std)| f64::from(-mean / std)).fold(f64::INFINITY, f64::min);
        [low, channels().map(|(mean, std)| f64::from((1.0 - mean) / std)).fold(f64::NEG_INFINITY, f64::max)]
    }

    /// The probabilities of the classes for a picture; none if the network gives something else.
    pub fn probabilities(&self, x: &DynTensor<f32, Cpu>) -> Result<Option<Vec<f64>>, ModelError> {
        let hooks = layercake::hook::Hooks::new();
        let outputs: Vec<DynTensor<f32, Cpu>> = hooks.try_forward(&self.network, vec![x.clone()])?;
        let [logits] = &outputs[..] else { return Ok(None) };
        if logits.dims().len() != 2 {
            return Ok(None);
        }
        let logits: Vec<f64> = logits.to_vec().into_iter().map(f64::from).collect();
        let most = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let powers: Vec<f64> = logits.iter().map(|logit| (logit - most).exp()).collect();
        let sum: f64 = powers.iter().sum();
        Ok(Some(powers.into_iter().map(|power| power / sum).collect()))
    }

    /// Calls `work` with test images as the network takes them, in batches.
    pub fn each_batch(
        &self,
        numbers: &[usize],
        mut work: impl FnMut(&DynTensor<f32, Cpu>) -> Result<(), ModelError>,
    ) -> Result<(), ModelError> {
        for together in numbers.chunks(BATCH) {
            let mut inputs = Vec::new();
            for &index in together {
                inputs.extend(self.tensor(&of_test(self.test_images(), index)?.0)?.to_vec());
            }
            work(&self.batch(inputs, together.len(), self.shape)?)?;
        }
        Ok(())
    }

    /// Calls `work` with all test images, in batches, and gives their number.
    pub fn all_batches(&self, work: impl FnMut(&DynTensor<f32, Cpu>) -> Result<(), ModelError>) -> Result<usize, ModelError> {
        let count = self.test_images().len();
        self.each_batch(&(0..count).collect::<Vec<_>>(), work)?;
        Ok(count)
    }

    /// The test images.
    pub fn test_images(&self) -> &Images {
        self.test.as_ref().expect("a method of the test images has read them")
    }
}

/// A test image and its class.
pub(super) fn of_test(test: &Images, index: usize) -> Result<(Image, Option<usize>), ModelError> {
    if index >= test.len() {
        return Err(ModelError::Option(format!("`--index {index}`: there are {} test images, counted from 0", test.len())));
    }
    let item = test.get(index).map_err(TrainError::from)?;
    Ok((item.image, Some(item.label)))
}
