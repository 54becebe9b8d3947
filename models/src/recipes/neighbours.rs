//! Nearest neighbours, in the shape of a model.

use std::path::{Path, PathBuf};
use std::time::Instant;

use layercake::ir::Graph;
use layercake_train::data::{DataSet, Split};
use layercake_train::neighbours::{Metric, Neighbours};
use layercake_train::run::{Config, Recipe, RunFolder, Summary};
use layercake_train::{Epoch, Figures, TrainError};

use crate::model::{Device, EvalOptions, Evaluation, Model, ModelError, TrainOptions};
use crate::training::RUNS;

/// The numbers of neighbours that are tried.
const KS: [usize; 6] = [1, 3, 5, 7, 9, 11];
/// One of so many training images is put aside to choose by.
const VALIDATION: usize = 30;

/// The k nearest neighbours: metric and k are chosen on images that are put aside, then all training images vote on the test images.
pub(crate) struct NearestNeighbours;

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
        let begin = Instant::now();
        let Split { train, test } = options.dataset.read(options.data_dir.as_deref()).map_err(TrainError::from)?;
        let config = Config {
            layercake: env!("CARGO_PKG_VERSION").to_owned(),
            model: self.name().to_owned(),
            dataset: options.dataset,
            data_dir: options.data_dir.clone(),
            device: options.device.name().to_owned(),
            threads: rayon::current_num_threads(),
            recipe: Recipe { epochs: 1, seed: options.seed, ..Recipe::default() },
            normalise: None,
            classes: train.classes().to_vec(),
        };
        let mut run = match &options.out {
            Some(path) => RunFolder::create(path, config)?,
            None => RunFolder::create_numbered(Path::new(RUNS), config)?,
        };
        let aside = |i: &usize| i.is_multiple_of(VALIDATION);
        let (validation, rest): (Vec<usize>, Vec<usize>) = (0..train.len()).partition(aside);
        let (validation, rest) = (train.subset(&validation), train.subset(&rest));
        let mut best = (Metric::L1, 1, 0.0);
        let mut figures = Figures::new();
        for metric in Metric::ALL {
            let shares = Neighbours::new(rest.clone(), metric).validate(&validation, &KS);
            for (&k, &share) in KS.iter().zip(&shares) {
                println!("{:2} neighbours by {}: {:.2} % of {} put aside are right", k, metric.name(), 100.0 * share, validation.len());
                figures.set(&format!("accuracy_{}_{k}", metric.name()), share);
                if share > best.2 {
                    best = (metric, k, share);
                }
            }
        }
        let (metric, k, _) = best;
        println!("so {k} by {}", metric.name());
        let known = train.len();
        let tally = Neighbours::new(train, metric).test(&test, k);
        let title = format!("{k} nearest neighbours by {} on {}", metric.name(), options.dataset);
        run.draw_confusion(&title, &tally, test.classes())?;
        let seconds = begin.elapsed().as_secs_f64();
        let epoch = Epoch {
            epoch: 1,
            step: 0,
            lr: 0.0,
            train: figures,
            test: Figures::new()
                .with("accuracy", tally.accuracy())
                .with("neighbours", k as f64)
                .with("l2", f64::from(u8::from(metric == Metric::L2))),
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
