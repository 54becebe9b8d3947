//! The folder that keeps a run.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use layercake::dfdx::nn::tensor_collection::TensorCollection;
use layercake::io::{save_safetensors, write_atomically};
use layercake::prelude::*;
use serde::Serialize;

use super::{Config, Summary, draw_confusion, draw_curves};
use crate::checkpoint::{at as file_error, remove_temporaries};
use crate::{Callback, Checkpoints, Epoch, Figures, Tally, TrainError, metrics};

const CONFIG: &str = "config.json";
const METRICS: &str = "metrics.jsonl";
const SUMMARY: &str = "summary.json";
const MODEL: &str = "model.safetensors";
const CURVES: &str = "curves.svg";
const CHECKPOINTS: &str = "checkpoints";

/// Keeps a run in a folder, as a [`Callback`] of its training: `config.json` at once, and after each epoch a line of `metrics.jsonl`,
/// `model.safetensors` and `curves.svg`. A run that is cut short so leaves its last whole epoch. Each file is either whole or not there;
/// only `metrics.jsonl` grows line by line. Beside them lie the pictures that the task draws and, until the run is done, its checkpoints.
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
        let empty =
            fs::read_dir(path).map_err(|source| file_error(path, source))?.flatten().all(|entry| is_begun_config(&entry.file_name()));
        if !empty && Config::read(&path.join(CONFIG)).is_err() {
            return Err(TrainError::Occupied { path: path.to_owned() });
        }
        remove_temporaries(path)?;
        for entry in fs::read_dir(path).map_err(|source| file_error(path, source))?.flatten() {
            if is_a_runs(&entry.file_name()) {
                remove(&entry.path())?;
            }
        }
        Checkpoints::new(path.join(CHECKPOINTS)).clear()?;
        write_json(&path.join(CONFIG), &config)?;
        let metrics = path.join(METRICS);
        let metrics = File::create(&metrics).map_err(|source| file_error(&metrics, source))?;
        Ok(Self { path: path.to_owned(), metrics, config, history: Vec::new() })
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

    /// Goes on with the run that a folder keeps, with the configuration that it was begun with.
    ///
    /// # Errors
    /// If there is no run in the folder, or it is done.
    pub fn open(path: &Path) -> Result<Self, TrainError> {
        let config = Config::read(&path.join(CONFIG))?;
        if path.join(SUMMARY).is_file() {
            return Err(TrainError::Done { path: path.to_owned() });
        }
        remove_temporaries(path)?;
        let metrics = path.join(METRICS);
        let metrics = OpenOptions::new().append(true).create(true).open(&metrics).map_err(|source| file_error(&metrics, source))?;
        let mut run = Self { path: path.to_owned(), config, metrics, history: Vec::new() };
        // What was written since the last checkpoint is done again.
        run.rewrite(&[])?;
        Ok(run)
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What the run was told.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Where its checkpoints lie.
    pub fn checkpoints(&self) -> Checkpoints {
        Checkpoints::new(self.path.join(CHECKPOINTS))
    }

    /// Keeps the figures of an epoch: a line of `metrics.jsonl`, and `curves.svg`. As a [`Callback`] it does so by itself.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn record(&mut self, epoch: &Epoch) -> Result<(), TrainError> {
        self.history.push(epoch.clone());
        let written = self.metrics.write_all(line(epoch).as_bytes()).and_then(|()| self.metrics.flush());
        written.map_err(|source| file_error(&self.path.join(METRICS), source))?;
        self.draw()
    }

    /// Draws which classes are taken for which, `confusion.svg`.
    ///
    /// # Errors
    /// If it cannot be written.
    ///
    /// # Panics
    /// If there are fewer names than classes.
    pub fn draw_confusion(&self, heading: &str, tally: &Tally, names: &[String]) -> Result<(), TrainError> {
        write_text(&self.path.join("confusion.svg"), draw_confusion(heading, tally, names))
    }

    /// Ends the run: writes `summary.json`, removes the checkpoints, and gives what the summary holds. `params` is the network's number of
    /// trained parameters.
    ///
    /// # Errors
    /// If it cannot be written.
    ///
    /// # Panics
    /// If there was no epoch.
    pub fn finish(self, params: usize) -> Result<Summary, TrainError> {
        let last = self.history.last().expect("a run has at least one epoch");
        let mut figures = Figures::new();
        last.test.iter().for_each(|(name, value)| figures.set(&format!("test_{name}"), value));
        last.train.iter().for_each(|(name, value)| figures.set(&format!("train_{name}"), value));
        // All epochs see as many items.
        let speeds: f64 = self.history.iter().map(|epoch| 1.0 / epoch.items_per_second).sum();
        figures.set(&format!("{}_per_second", last.unit), self.history.len() as f64 / speeds);
        let Config { model, dataset, device, threads, recipe, .. } = self.config.clone();
        let summary = Summary {
            model,
            dataset,
            params,
            figures,
            seconds: self.history.iter().map(|epoch| epoch.seconds).sum(),
            epochs: self.history.len(),
            batch_size: recipe.batch_size,
            lr: recipe.lr,
            seed: recipe.seed,
            device,
            threads,
        };
        write_json(&self.path.join(SUMMARY), &summary)?;
        let checkpoints = self.checkpoints();
        checkpoints.clear()?;
        // It is empty unless somebody has put something there.
        let _ = fs::remove_dir(checkpoints.folder());
        Ok(summary)
    }

    fn draw(&self) -> Result<(), TrainError> {
        let Config { model, dataset, .. } = &self.config;
        let last = self.history.last().map(|epoch| if epoch.test.is_empty() { &epoch.train } else { &epoch.test });
        // The most telling figure is a share, where there is one.
        let figure = last.and_then(|figures| figures.iter().find(|(name, _)| metrics::is_share(name)).or_else(|| figures.iter().next()));
        let figure = figure.map_or(String::new(), |(name, value)| format!(": {}", metrics::shown(name, value)));
        write_text(&self.path.join(CURVES), draw_curves(&format!("{model} on {dataset}{figure}"), &self.history))
    }

    /// Writes `metrics.jsonl` anew.
    fn rewrite(&mut self, history: &[Epoch]) -> Result<(), TrainError> {
        let path = self.path.join(METRICS);
        let text: String = history.iter().map(line).collect();
        write_atomically(&path, text.as_bytes()).map_err(|source| file_error(&path, source))?;
        self.metrics = OpenOptions::new().append(true).open(&path).map_err(|source| file_error(&path, source))?;
        self.history = history.to_vec();
        Ok(())
    }
}

impl<M: TensorCollection<f32, D>, D: Device<f32>> Callback<M, D> for RunFolder {
    fn on_epoch(&mut self, epoch: &Epoch, model: &M) -> Result<(), TrainError> {
        save_safetensors(model, self.path.join(MODEL))?;
        self.record(epoch)
    }

    fn on_resume(&mut self, history: &[Epoch]) -> Result<(), TrainError> {
        self.rewrite(history)
    }
}

/// One line of `metrics.jsonl`.
fn line(epoch: &Epoch) -> String {
    serde_json::to_string(epoch).expect("plain data can be written as JSON") + "\n"
}

fn write_json(path: &Path, value: &impl Serialize) -> Result<(), TrainError> {
    let text = serde_json::to_string_pretty(value).expect("plain data can be written as JSON") + "\n";
    write_atomically(path, text.as_bytes()).map_err(|source| file_error(path, source))
}

/// Writes a drawing.
pub(crate) fn write_text(path: &Path, drawn: Result<String, String>) -> Result<(), TrainError> {
    let text = drawn.map_err(|reason| TrainError::Drawing { path: path.to_owned(), reason })?;
    write_atomically(path, text.as_bytes()).map_err(|source| file_error(path, source))
}

/// What is left of a `config.json` whose writer was killed: the folder is as good as empty.
fn is_begun_config(name: &std::ffi::OsStr) -> bool {
    name.to_str().is_some_and(|name| name.starts_with(".config.json.") && name.ends_with(".tmp"))
}

/// Is it a file that a run writes: figures, parameters, or a picture?
fn is_a_runs(name: &std::ffi::OsStr) -> bool {
    let name = name.to_str().unwrap_or_default();
    [SUMMARY, METRICS, MODEL, "samples.txt", "classes.md"].contains(&name) || [".svg", ".png"].iter().any(|ending| name.ends_with(ending))
}

fn remove(path: &Path) -> Result<(), TrainError> {
    match fs::remove_file(path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => Err(file_error(path, source)),
        _ => Ok(()),
    }
}
