//! The folder that keeps a run.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use layercake::dfdx::nn::tensor_collection::TensorCollection;
use layercake::io::{save_safetensors, write_atomically};
use layercake::prelude::*;
use serde::Serialize;

use super::{Config, Summary, draw_confusion, draw_curves};
use crate::{Epoch, Observer, Tally, TrainError};

const CONFIG: &str = "config.json";
const METRICS: &str = "metrics.jsonl";
const SUMMARY: &str = "summary.json";
const MODEL: &str = "model.safetensors";
const CURVES: &str = "curves.svg";
const CONFUSION: &str = "confusion.svg";

/// Keeps a run in a folder, as an [`Observer`] of its training: `config.json` at once, and after each epoch a line of `metrics.jsonl`,
/// `model.safetensors`, `curves.svg` and `confusion.svg`. A run that is cut short so leaves its last whole epoch. Each file is
/// either whole or not there; only `metrics.jsonl` grows line by line.
#[derive(Debug)]
pub struct RunFolder {
    path: PathBuf,
    config: Config,
    metrics: File,
    history: Vec<Epoch>,
}

impl RunFolder {
    /// Begins a run in a folder of this path: a new one, an empty one, or that of an earlier run, whose files are taken away first.
    ///
    /// # Errors
    /// If the folder holds anything else, or cannot be written to.
    pub fn create(path: &Path, config: Config) -> Result<Self, TrainError> {
        fs::create_dir_all(path).map_err(|source| file_error(path, source))?;
        let empty = fs::read_dir(path).map_err(|source| file_error(path, source))?.next().is_none();
        if !empty {
            if Config::read(&path.join(CONFIG)).is_err() {
                return Err(TrainError::Occupied { path: path.to_owned() });
            }
            for name in [SUMMARY, METRICS, MODEL, CURVES, CONFUSION] {
                remove(&path.join(name))?;
            }
        }
        let metrics_path = path.join(METRICS);
        let run = Self {
            path: path.to_owned(),
            metrics: File::create(&metrics_path).map_err(|source| file_error(&metrics_path, source))?,
            config,
            history: Vec::new(),
        };
        run.write_json(CONFIG, &run.config)?;
        Ok(run)
    }

    /// Begins a run in a new folder, `parent/MODEL-DATASET-N` with the first number after all that are there.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn create_numbered(parent: &Path, config: Config) -> Result<Self, TrainError> {
        fs::create_dir_all(parent).map_err(|source| file_error(parent, source))?;
        let stem = format!("{}-{}-", config.model, config.dataset);
        let entries = fs::read_dir(parent).map_err(|source| file_error(parent, source))?;
        let numbers = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.strip_prefix(&stem)?.parse::<u32>().ok());
        let mut number = numbers.max().unwrap_or(0);
        // Another process may take a number in between: making the folder is what decides.
        loop {
            number += 1;
            let path = parent.join(format!("{stem}{number}"));
            match fs::create_dir(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(source) => return Err(file_error(&path, source)),
                Ok(()) => return Self::create(&path, config),
            }
        }
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Ends the run: writes `summary.json` and gives what it holds. `params` is the network's number of trained parameters.
    ///
    /// # Errors
    /// If it cannot be written.
    ///
    /// # Panics
    /// If there was no epoch.
    pub fn finish(self, params: usize, images_per_epoch: usize) -> Result<Summary, TrainError> {
        let last = self.history.last().expect("a run has at least one epoch");
        let training: f64 = self.history.iter().map(|epoch| images_per_epoch as f64 / epoch.images_per_second).sum();
        let Config { model, dataset, device, threads, recipe, .. } = self.config.clone();
        let summary = Summary {
            model,
            dataset,
            params,
            test_accuracy: last.test_accuracy,
            test_loss: last.test_loss,
            train_accuracy: last.train_accuracy,
            train_loss: last.train_loss,
            images_per_second: (images_per_epoch * self.history.len()) as f64 / training,
            seconds: self.history.iter().map(|epoch| epoch.seconds).sum(),
            epochs: self.history.len(),
            batch_size: recipe.batch_size,
            lr: recipe.lr,
            seed: recipe.seed,
            device,
            threads,
        };
        self.write_json(SUMMARY, &summary)?;
        Ok(summary)
    }

    fn write_json(&self, name: &str, value: &impl Serialize) -> Result<(), TrainError> {
        let mut text = serde_json::to_string_pretty(value).expect("plain data can be written as JSON");
        text.push('\n');
        self.write(name, text.as_bytes())
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), TrainError> {
        let path = self.path.join(name);
        write_atomically(&path, bytes).map_err(|source| file_error(&path, source))
    }

    fn draw(&self, epoch: &Epoch, tested: &Tally) -> Result<(), TrainError> {
        let Config { model, dataset, classes, .. } = &self.config;
        let heading = format!("{model} on {dataset}: {:.2} % of the test images right", 100.0 * epoch.test_accuracy);
        let failed = |name: &str| {
            let path = self.path.join(name);
            move |reason| TrainError::Drawing { path, reason }
        };
        self.write(CURVES, draw_curves(&heading, &self.history).map_err(failed(CURVES))?.as_bytes())?;
        self.write(CONFUSION, draw_confusion(&heading, tested, classes).map_err(failed(CONFUSION))?.as_bytes())
    }
}

impl<N: TensorCollection<f32, D>, D: Device<f32>> Observer<N, D> for RunFolder {
    fn on_epoch(&mut self, epoch: &Epoch, net: &N, tested: &Tally) -> Result<(), TrainError> {
        self.history.push(*epoch);
        save_safetensors(net, self.path.join(MODEL))?;
        let mut line = serde_json::to_string(epoch).expect("plain data can be written as JSON");
        line.push('\n');
        let written = self.metrics.write_all(line.as_bytes()).and_then(|()| self.metrics.flush());
        written.map_err(|source| file_error(&self.path.join(METRICS), source))?;
        self.draw(epoch, tested)
    }
}

fn file_error(path: &Path, source: io::Error) -> TrainError {
    TrainError::File { path: path.to_owned(), source }
}

fn remove(path: &Path) -> Result<(), TrainError> {
    match fs::remove_file(path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => Err(file_error(path, source)),
        _ => Ok(()),
    }
}
