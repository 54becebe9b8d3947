//! Nearest neighbours, in the shape of a model.

use std::path::{Path, PathBuf};
use std::time::Instant;

use layercake::ir::Graph;
use layercake_train::data::{DataSet, Split};
use layercake_train::neighbours::{Metric, Neighbours};
use layercake_train::run::{Config, Recipe, RunFolder, Summary};
use layercake_train::{Epoch, Figures, TrainError, hold_out};

use crate::model::{Device, EvalOptions, Evaluation, Model, ModelError, TrainOptions};
use crate::training::RUNS;

/// The numbers of neighbours that are tried.
const KS: [usize; 6] = [1, 3, 5, 7, 9, 11];
/// One of so many training images is held out to choose by, where nobody says how many.
const VALIDATION: usize = 30;

/// The k nearest neighbours: metric and k are chosen on images that are held out, then all training images vote on the test images.
pub(crate) struct NearestNeighbours;

/// Refuses what only a network is trained by.
fn check(options: &TrainOptions) -> Result<(), ModelError> {
    let given = [
        ("--epochs", options.epochs.is_some()),
        ("--batch-size", options.batch_size.is_some()),
        ("--lr", options.lr.is_some()),
        ("--patience", options.patience.is_some()),
        ("--restore-best", options.restore_best),
        ("--checkpoint-every", options.checkpoint_every.is_some()),
    ];
    let Some((option, _)) = given.into_iter().find(|(_, given)| *given) else { return Ok(()) };
    let known = "--dataset, --data-dir, --seed, --validation, --threads, --out";
    Err(ModelError::NoEffect { model: "knn", option, reason: "it keeps all images, and takes no steps", known })
}

impl Model for NearestNeighbours {
    fn name(&self) -> &'static str {
        "knn"
    }

    fn about(&self) -> &'static str {
        "nearest neighbours (Cover and Hart, 1967): L1 or L2 and k by validation"
    }

    fn graph(&self) -> Option<&'static Graph> {
        None
    }

    fn dataset(&self, in_files: bool) -> DataSet {
        if in_files { DataSet::Mnist } else { DataSet::Digits }
    }

    fn train(&self, options: &TrainOptions) -> Result<(PathBuf, Summary), ModelError> {
        if options.device != Device::Cpu {
            return Err(ModelError::Cannot { model: self.name(), what: "run on a graphics card: it is no network; leave `--device` out" });
        }
        check(options)?;
        // Nothing is kept of a run that was interrupted but how it was told to go.
        let resumed = options.resume.as_deref().map(RunFolder::open).transpose()?;
        let recipe = match &resumed {
            Some(run) => run.config().recipe,
            None => Recipe { epochs: 1, seed: options.seed(), validation: options.validation, ..Recipe::default() },
        };
        let begin = Instant::now();
        let Split { train, test } = options.dataset.read(options.data_dir.as_deref()).map_err(TrainError::from)?;
        let config = Config {
            layercake: env!("CARGO_PKG_VERSION").to_owned(),
            model: self.name().to_owned(),
            dataset: options.dataset,
            data_dir: options.data_dir.clone(),
            device: options.device.name().to_owned(),
            threads: rayon::current_num_threads(),
            recipe,
            normalise: None,
            classes: train.classes().to_vec(),
        };
        test.must_fit(&format!("{}, test images", options.dataset), train.shape()).map_err(TrainError::from)?;
        let [rest, held] = hold_out(train.len(), recipe.validation.unwrap_or(train.len().div_ceil(VALIDATION)), recipe.seed)?;
        let (validation, rest) = (train.subset(&held), train.subset(&rest));
        let mut run = match (resumed, &options.out) {
            (Some(run), _) => run,
            (None, Some(path)) => RunFolder::create(path, config)?,
            (None, None) => RunFolder::create_numbered(Path::new(RUNS), config)?,
        };
        // Of few images there are few neighbours; one there is.
        let ks: Vec<usize> = KS.into_iter().filter(|&k| k <= rest.len()).collect();
        let mut best = (Metric::L1, 1, 0.0);
        let mut figures = Figures::new();
        for metric in Metric::ALL {
            let shares = Neighbours::new(rest.clone(), metric).validate(&validation, &ks);
            for (&k, &share) in ks.iter().zip(&shares) {
                println!("{:2} neighbours by {}: {:.2} % of {} held out are right", k, metric.name(), 100.0 * share, validation.len());
                figures.set(&format!("accuracy_{}_{k}", metric.name()), share);
                if share > best.2 {
                    best = (metric, k, share);
                }
            }
        }
        let (metric, k, share) = best;
        println!("so {k} by {}", metric.name());
        let validation = Figures::new().with("accuracy", share).with("neighbours", k as f64);
        let figures = figures.iter().fold(validation, |all, (name, value)| all.with(name, value));
        let known = train.len();
        let tally = Neighbours::new(train, metric).test(&test, k);
        let title = format!("{k} nearest neighbours by {} on {}", metric.name(), options.dataset);
        run.draw_confusion(&title, &tally, test.classes())?;
        let seconds = begin.elapsed().as_secs_f64();
        let epoch = Epoch {
            epoch: 1,
            step: 0,
            lr: 0.0,
            train: Figures::new(),
            validation: figures,
            test: Figures::new().with("accuracy", tally.accuracy()),
            unit: "images".to_owned(),
            items_per_second: known as f64 / seconds,
            seconds,
        };
        run.record(&epoch)?;
        let path = run.path().to_owned();
        Ok((path, run.finish(0)?))
    }

    fn evaluate(&self, _: &EvalOptions) -> Result<Evaluation, ModelError> {
        Err(ModelError::Cannot { model: self.name(), what: "evaluated: it has no parameters to be loaded; `train knn` measures it" })
    }
}
