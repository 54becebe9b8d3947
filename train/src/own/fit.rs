//! The shortest way to train a network on data of one's own.

use std::path::Path;

use layercake::AnyNetwork;
use layercake::io::{load_parameters, save_safetensors, write_atomically};
use layercake::prelude::*;

use super::arrays::of_given;
use super::data::{Given, OwnSet};
use super::load::{DataOptions, Loaded, load};
use super::parts::Parts;
use super::predict::{Prediction, predicted};
use super::{BATCH, SELECTED_BY, find};
use crate::data::{Array, Dataset, Loader, Normalize};
use crate::metrics::Epoch;
use crate::run::{OwnData, Recipe, RunConfig, Source, command, has_effect};
use crate::{EarlyStopping, Goal, Metrics, Seeded, Supervised, TrainError, WithValidation};

/// Trains a network on data in memory. What is not said has a default: Adam with a cosine schedule, batches of 64, inputs with mean 0 and standard deviation 1, a fifth of the
/// data held out for the test. What the data and the network say is not asked for.
///
/// ```
/// use layercake::prelude::*;
/// use layercake_train::data::Array;
/// use layercake_train::own::Fit;
///
/// network! { Quadrant: [2] -> [4] { hidden: Linear(16), ReLU, scores: Linear(4) } }
///
/// let points: Vec<f32> = (0..400).map(|i| ((i * i) as f32).sin()).collect();
/// let quadrants: Vec<usize> = points.chunks(2).map(|p| usize::from(p[0] > 0.0) + 2 * usize::from(p[1] > 0.0)).collect();
///
/// let mut net = Quadrant::new(&Cpu::seed_from_u64(0));
/// let fitted = Fit::new((Array::new(vec![200, 2], points), quadrants)).epochs(40).lr(1e-2).run(&mut net)?;
/// assert!(fitted.test().get("accuracy") > Some(0.9));
/// let found = fitted.predict(&net, Array::new(vec![1, 2], vec![0.5, -0.5]))?;
/// assert_eq!(found[0].ranked()[0].0, 1);
/// # Ok::<(), layercake_train::TrainError>(())
/// ```
///
/// For pictures of the training, checkpoints and a command line take a [`Program`](crate::cli::Program); for a loss or data of another kind, a [`Trainer`](crate::Trainer).
#[derive(Debug)]
pub struct Fit {
    data: Result<Given, TrainError>,
    recipe: Recipe,
}

/// What came of [`Fit`].
#[derive(Clone, Debug)]
pub struct Fitted {
    /// The metrics of each epoch.
    pub history: Vec<Epoch>,
    /// What is unusual in the data, such as a class that no training row has.
    pub warnings: Vec<String>,
    data: OwnData,
    normalize: Option<Normalize>,
    recipe: Recipe,
}

impl Fit {
    /// With the data: inputs `[rows, ..]` and for each row a class (`(Array<f32>, Vec<usize>)`) or numbers (`(Array<f32>, Array<f32>)`), a [`Split`](crate::data::Split) of
    /// pictures, or another [`Given`].
    pub fn new(data: impl TryInto<Given, Error: Into<TrainError>>) -> Self {
        Self { data: data.try_into().map_err(Into::into), recipe: Recipe::default() }
    }

    /// The number of epochs; 10 by default.
    #[must_use]
    pub fn epochs(self, epochs: usize) -> Self {
        Self { recipe: Recipe { epochs, ..self.recipe }, ..self }
    }

    /// The peak learning rate; 1e-3 by default.
    #[must_use]
    pub fn lr(self, lr: f64) -> Self {
        Self { recipe: Recipe { lr, ..self.recipe }, ..self }
    }

    /// The number of samples in a batch; 64 by default.
    #[must_use]
    pub fn batch_size(self, batch_size: usize) -> Self {
        Self { recipe: Recipe { batch_size, ..self.recipe }, ..self }
    }

    /// The seed of the order of the samples and of what is held out; 0 by default.
    #[must_use]
    pub fn seed(self, seed: u64) -> Self {
        Self { recipe: Recipe { seed, ..self.recipe }, ..self }
    }

    /// All hyperparameters.
    #[must_use]
    pub fn recipe(self, recipe: Recipe) -> Self {
        Self { recipe, ..self }
    }

    /// Trains the network. The test samples are used for the metrics alone; with early stopping or the best epoch's weights in the recipe, validation samples are held out for these.
    ///
    /// # Errors
    /// Returns an error if the data do not fit the network, a hyperparameter is out of range, the device fails, or the loss is not finite.
    pub fn run<N, D>(self, net: &mut N) -> Result<Fitted, TrainError>
    where
        N: AnyNetwork<f32, D> + Clone,
        D: Seeded,
    {
        let Self { data, recipe } = self;
        recipe.check()?;
        has_effect(&recipe)?;
        let device = device_of(net)?;
        let input = net.network_graph().inputs()[0].shape.dims().to_vec();
        let parts = Parts { recipe: &recipe, input: Some(&input), known: None, fold: None };
        let Loaded { own, normalize, train, validation, test, warnings } = load(&DataOptions::default(), Some(data?), &parts)?;
        fits(net, &own)?;
        let task = |set: OwnSet| Supervised::new(own.goal.clone(), Loader::new(set, BATCH));
        let mut task = WithValidation { task: task(test), validation: validation.map(task) };
        let batches = train.len().div_ceil(recipe.batch_size);
        let train = Loader::new(train, recipe.batch_size).shuffle(recipe.seed).workers(recipe.workers);
        let mut trainer = recipe.trainer(batches);
        let (metric, better) = SELECTED_BY;
        if let Some(patience) = recipe.patience {
            trainer = trainer.early_stopping(EarlyStopping::on(metric, better, patience));
        }
        if recipe.restore_best {
            trainer = trainer.restore_best(metric, better);
        }
        let mut optimizer = recipe.adam(net);
        let history = trainer.fit(net, &device, &mut optimizer, &mut task, &train)?;
        Ok(Fitted { history, warnings, data: own, normalize, recipe })
    }
}

impl Fitted {
    /// The metrics on the test samples after the last epoch: `accuracy`, `f1` and `auroc` of classes, `mae`, `rmse` and `r2` of numbers.
    ///
    /// # Panics
    /// Panics if there were no epochs, as in what was loaded.
    pub fn test(&self) -> &Metrics {
        &self.history.last().expect("a trained network has an epoch").test
    }

    /// What is predicted: the names of classes, the distributions of numbers.
    pub fn goal(&self) -> &Goal {
        &self.data.goal
    }

    /// Predicts for inputs `[samples, ..]` as they were in training: they are standardized here.
    ///
    /// # Errors
    /// Returns an error if their sizes are not those of the training data, a number is not finite, or the device fails.
    pub fn predict<N: AnyNetwork<f32, D>, D: Seeded>(&self, net: &N, inputs: Array<f32>) -> Result<Vec<Prediction>, TrainError> {
        let device = device_of(net)?;
        predicted(net, &device, &self.data.goal, of_given(inputs, &self.data, self.normalize.as_ref())?)
    }

    /// Writes a folder with the network's parameters and what was learned about the data, `model.safetensors` and `config.json`.
    ///
    /// # Errors
    /// Returns an error if it cannot be written.
    pub fn save<N: AnyNetwork<f32, D>, D: Seeded>(&self, net: &N, folder: impl AsRef<Path>) -> Result<(), TrainError> {
        let folder = folder.as_ref();
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| TrainError::File { path, source }
        };
        std::fs::create_dir_all(folder).map_err(failed(folder))?;
        save_safetensors(net, folder.join("model.safetensors"))?;
        let config = RunConfig {
            layercake: env!("CARGO_PKG_VERSION").to_owned(),
            model: net.network_graph().name().to_owned(),
            source: Source::Data("own".to_owned()),
            data_dir: None,
            variant: None,
            own: Some(self.data.clone()),
            text: None,
            device: "cpu".to_owned(),
            threads: rayon::current_num_threads(),
            recipe: self.recipe,
            normalize: self.normalize.clone(),
            classes: Vec::new(),
            agent: None,
            transfer: None,
            command: command(),
        };
        let path = folder.join("config.json");
        let text = serde_json::to_string_pretty(&config).expect("plain data can be written as JSON");
        write_atomically(&path, text.as_bytes()).map_err(failed(&path))
    }

    /// Reads a folder that [`Fitted::save`] wrote, and the parameters into the network. There is no history.
    ///
    /// # Errors
    /// Returns an error if it cannot be read, or is of another network.
    pub fn load<N: AnyNetwork<f32, D>, D: Seeded>(folder: impl AsRef<Path>, net: &mut N) -> Result<Self, TrainError> {
        let (file, config, data) = find(folder.as_ref())?;
        fits(net, &data)?;
        load_parameters(net, file)?;
        Ok(Self { history: Vec::new(), warnings: Vec::new(), data, normalize: config.normalize, recipe: config.recipe })
    }
}

/// Checks that a network takes and gives what the data have.
fn fits<N: AnyNetwork<f32, D>, D: Seeded>(net: &N, data: &OwnData) -> Result<(), TrainError> {
    let graph = net.network_graph();
    data.goal.check(graph)?;
    super::train::takes(graph.name(), graph, data)
}

/// The device of a network's parameters.
fn device_of<N: AnyNetwork<f32, D>, D: Seeded>(net: &N) -> Result<D, TrainError> {
    let tensor = net.named_tensors().into_iter().next();
    let tensor = tensor.ok_or_else(|| TrainError::Network(format!("`{}` has no parameters to train", net.network_graph().name())))?;
    Ok(tensor.flat().device().clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Split, digits};

    network! {
        Digits: [1, 8, 8] -> [10] { Flatten, fc: Linear(10) }
        Line: [2] -> [1] { fc: Linear(1) }
    }

    /// Pixels in 0..1 get the normalization of the training, also after a load.
    #[test]
    fn pictures_with_early_stopping_and_the_best_weights() {
        let Split { train, test } = digits();
        let (pixels, label) = (test.image(0).iter().map(|&pixel| f32::from(pixel) / 255.0).collect::<Vec<f32>>(), test.labels()[0]);
        let mut net = Digits::new(&Cpu::seed_from_u64(0));
        let recipe = Recipe { epochs: 8, lr: 1e-2, patience: Some(3), restore_best: true, ..Recipe::default() };
        let fitted = Fit::new(Split { train, test }).recipe(recipe).run(&mut net).unwrap();
        assert!(fitted.test().get("accuracy") > Some(0.9) && fitted.history[0].validation.get("loss").is_some());
        let image = Array::new(vec![1, 1, 8, 8], pixels);
        let found = fitted.predict(&net, image.clone()).unwrap();
        assert_eq!(found[0].ranked()[0].0, label);
        let folder = tempfile::tempdir().unwrap();
        fitted.save(&net, folder.path()).unwrap();
        let mut other = Digits::new(&Cpu::seed_from_u64(1));
        let loaded = Fitted::load(folder.path(), &mut other).unwrap();
        assert_eq!(loaded.predict(&other, image).unwrap(), found);
        let error = loaded.predict(&other, Array::new(vec![1, 8, 8], vec![0.0; 64])).unwrap_err().to_string();
        assert_eq!(error, "expected inputs of 1x8x8 behind the samples, found 8x8");
        assert!(Fitted::load(folder.path(), &mut Line::new(&Cpu::default())).unwrap_err().to_string().contains("Line"));
    }

    #[test]
    fn numbers_and_mistakes() {
        let x: Vec<f32> = (0..200).map(|i| ((i * 31) as f32).sin()).collect();
        let y: Vec<f32> = x.chunks(2).map(|x| 50.0 + 8.0 * x[0] - 3.0 * x[1]).collect();
        let (x, y) = (Array::new(vec![100, 2], x), Array::new(vec![100], y));
        let mut net = Line::new(&Cpu::seed_from_u64(0));
        let fitted = Fit::new((x.clone(), y.clone())).epochs(60).lr(5e-2).batch_size(16).run(&mut net).unwrap();
        assert!(fitted.test().get("r2") > Some(0.99), "{}", fitted.test());
        let Prediction::Numbers(found) = &fitted.predict(&net, Array::new(vec![1, 2], vec![0.5, 1.0])).unwrap()[0] else { panic!() };
        assert!((found[0] - 51.0).abs() < 0.5, "{found:?}");
        let message = |fit: Fit| fit.run(&mut Line::new(&Cpu::default())).unwrap_err().to_string();
        assert!(message(Fit::new((x.clone(), Array::new(vec![99], vec![0.0; 99])))).contains("as many rows as `inputs`"));
        assert!(message(Fit::new((x, vec![0; 100]))).contains("at least two classes"));
        assert!(message(Fit::new((Array::new(vec![100, 3], vec![0.0; 300]), y))).contains("expected rows of [2]"));
    }
}
