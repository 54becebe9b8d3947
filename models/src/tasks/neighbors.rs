//! k nearest neighbors as a model of the zoo.

use std::path::Path;
use std::time::Instant;

use layercake::ir::Graph;
use layercake::schedule::Better;
use layercake_train::data::{KnownDataset, Split};
use layercake_train::neighbors::{Distance, NearestNeighbors};
use layercake_train::run::{Purpose, RUNS, Recipe, RunConfig, RunFolder, RunOutcome, command};
use layercake_train::{Epoch, Metrics, TrainError, hold_out};

use crate::zoo::{DeviceKind, EvalOptions, Evaluation, ModelError, TrainOptions, ZooModel};

/// The candidates for k.
const KS: [usize; 6] = [1, 3, 5, 7, 9, 11];
/// By default, one in this many training images is held out for validation.
const VALIDATION: usize = 30;

/// The k nearest neighbors. The distance and k are selected on held-out images; then all training images vote on the test images.
pub(crate) struct Knn;

/// Rejects options that only apply to networks.
fn check(options: &TrainOptions) -> Result<(), ModelError> {
    if options.purpose == Purpose::Doctor {
        return Err(ModelError::Unsupported {
            model: "knn",
            action: "examined",
            reason: "it stores the training images and has no gradients",
        });
    }
    let given = [
        ("--epochs", options.epochs.is_some()),
        ("--batch-size", options.batch_size.is_some()),
        ("--lr", options.lr.is_some()),
        ("--from", options.transfer.is_some()),
        ("--weight-decay", options.weight_decay.is_some()),
        ("--clip", options.clip.is_some()),
        ("--train-size", options.train_size.is_some()),
        ("--snapshots", options.snapshots.is_some()),
        ("--dropout", options.dropout.is_some()),
        ("--box-weight", options.box_weight.is_some()),
        ("--loss", options.generator_loss.is_some()),
        ("--lr-find", matches!(options.purpose, Purpose::LrRange(_))),
        ("--patience", options.patience.is_some()),
        ("--restore-best", options.restore_best),
        ("--checkpoint-every", options.checkpoint_every.is_some()),
        ("--tensorboard", options.tensorboard.is_some()),
    ];
    let option = given.into_iter().find(|(_, given)| *given);
    let known = "--dataset, --data-dir, --seed, --validation, --threads, --out";
    match option {
        Some((option, _)) => {
            Err(ModelError::NoEffect { model: "knn", option, reason: "it stores the training images and takes no optimizer steps", known })
        }
        None => options.agent.has_no_effect("knn"),
    }
}

impl ZooModel for Knn {
    fn name(&self) -> &'static str {
        "knn"
    }

    fn description(&self) -> &'static str {
        "k nearest neighbors (Cover and Hart, 1967), L1 or L2 and k selected by validation"
    }

    fn graph(&self) -> Option<&'static Graph> {
        None
    }

    fn default_dataset(&self, in_files: bool) -> KnownDataset {
        if in_files { KnownDataset::Mnist } else { KnownDataset::Digits }
    }

    fn train(&self, options: &TrainOptions) -> Result<RunOutcome, ModelError> {
        if options.device != DeviceKind::Cpu {
            return Err(ModelError::Unsupported {
                model: self.name(),
                action: "trained on CUDA",
                reason: "it is not a network; omit `--device`",
            });
        }
        check(options)?;
        // An interrupted run leaves nothing but its configuration.
        let resumed = options.resume.as_deref().map(RunFolder::open).transpose()?;
        let recipe = match &resumed {
            Some(run) => run.config().recipe,
            None => Recipe { epochs: 1, seed: options.seed(), validation: options.validation, ..Recipe::default() },
        };
        let begin = Instant::now();
        let Split { train, test } = options.dataset.read(options.data_dir.as_deref()).map_err(TrainError::from)?;
        let config = RunConfig {
            layercake: env!("CARGO_PKG_VERSION").to_owned(),
            model: self.name().to_owned(),
            source: options.dataset.into(),
            data_dir: options.data_dir.clone(),
            device: options.device.name().to_owned(),
            threads: rayon::current_num_threads(),
            recipe,
            normalize: None,
            classes: train.classes().to_vec(),
            agent: None,
            transfer: None,
            command: command(),
            variant: None,
            own: None,
            text: None,
        };
        test.check_shape(&format!("{}, test images", options.dataset), train.shape()).map_err(TrainError::from)?;
        let [rest, held] = hold_out(train.len(), recipe.validation.unwrap_or(train.len().div_ceil(VALIDATION)), recipe.seed)?;
        let (validation, rest) = (train.subset(&held), train.subset(&rest));
        let mut run = match (resumed, &options.out) {
            (Some(run), _) => run,
            (None, Some(path)) => RunFolder::create(path, config)?,
            (None, None) => RunFolder::create_numbered(Path::new(RUNS), config)?,
        };
        // With few images there are few neighbors, but always one.
        let ks: Vec<usize> = KS.into_iter().filter(|&k| k <= rest.len()).collect();
        let mut best = (Distance::L1, 1, 0.0);
        let mut metrics = Metrics::new();
        for distance in Distance::ALL {
            let shares = NearestNeighbors::new(rest.clone(), distance).accuracies(&validation, &ks);
            for (&k, &share) in ks.iter().zip(&shares) {
                println!("k = {k:2}, {distance}: validation accuracy {:.2} % of {} images", 100.0 * share, validation.len());
                metrics.set(&format!("accuracy_{distance}_{k}"), share);
                if share > best.2 {
                    best = (distance, k, share);
                }
            }
        }
        let (distance, k, share) = best;
        println!("selected: k = {k}, {distance}");
        let mut validation = Metrics::new().with("accuracy", share).with("k", k as f64);
        validation.extend(metrics.iter());
        let known = train.len();
        let confusion = NearestNeighbors::new(train, distance).evaluate(&test, k);
        let title = format!("{k} nearest neighbors, {distance}, on {}", options.dataset);
        run.draw_confusion_matrix(&title, &confusion, test.classes())?;
        let seconds = begin.elapsed().as_secs_f64();
        let epoch = Epoch {
            epoch: 1,
            validation,
            test: Metrics::new().with("accuracy", confusion.accuracy()),
            unit: "images".to_owned(),
            items_per_second: known as f64 / seconds,
            seconds,
            ..Epoch::default()
        };
        run.record(&epoch)?;
        let path = run.path().to_owned();
        Ok(RunOutcome::Run { folder: path, summary: Box::new(run.finish(0)?), selected_by: ("validation_accuracy", Better::Higher) })
    }

    fn evaluate(&self, _: &EvalOptions) -> Result<Evaluation, ModelError> {
        Err(ModelError::Unsupported {
            model: self.name(),
            action: "evaluated",
            reason: "it has no parameters to load; `layercake train knn` evaluates it",
        })
    }
}
