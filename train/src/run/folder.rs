//! The folder that keeps a run.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use layercake::dfdx::nn::tensor_collection::TensorCollection;
use layercake::io::{save_safetensors, write_atomically};
use layercake::prelude::*;
use serde::Serialize;

use super::config::{Kept, files_of, read_kept};
use super::{RunConfig, RunSummary, draw_confusion_matrix, draw_curves};
use crate::checkpoint::{FolderLock, LOCK, Sum, at as file_error, is_temporary, remove_temporaries, same};
use crate::{Callback, Checkpoints, ConfusionMatrix, Epoch, Metrics, TrainError, TrainingEnd, metrics};

const CONFIG: &str = "config.json";
const METRICS: &str = "metrics.jsonl";
pub(super) const SUMMARY: &str = "summary.json";
pub(super) const MODEL: &str = "model.safetensors";
const CURVES: &str = "curves.svg";
const CONFUSION: &str = "confusion.svg";
const CHECKPOINTS: &str = "checkpoints";

/// What every run writes, beside its configuration.
const OWN: [&str; 4] = [SUMMARY, METRICS, MODEL, CURVES];
/// All that runs wrote before they wrote down what they did.
const OLD: [&str; 10] = [
    CONFUSION,
    "classes.md",
    "completions.png",
    "filters.png",
    "manifold.png",
    "mistakes.png",
    "overlays.png",
    "reconstructions.png",
    "samples.png",
    "samples.txt",
];

/// Keeps a run in a folder, as a [`Callback`] of its training: `config.json` at once, and after each epoch a line of `metrics.jsonl`,
/// `model.safetensors` and `curves.svg`. A run that is cut short so leaves its last whole epoch. Each file is either whole or not there;
/// only `metrics.jsonl` grows line by line. Beside them lie the pictures that the task draws and, until the run is done, its checkpoints.
///
/// As long as it lives nobody else can keep a run in the folder, whichever process it is in. `config.json` also lists the files that the
/// run has written: a run that takes its place removes those and nothing else.
#[derive(Debug)]
pub struct RunFolder {
    path: PathBuf,
    config: RunConfig,
    /// What was written so far, beside the configuration.
    files: BTreeSet<String>,
    /// `metrics.jsonl`; none until something is written to it.
    metrics: Option<File>,
    history: Vec<Epoch>,
    /// The epoch whose weights were left, and whether the run ended before its time.
    ending: Option<(usize, bool)>,
    lock: FolderLock,
}

impl RunFolder {
    /// Begins a run in a folder of this path: a new one, an empty one, or that of an earlier run, whose files are taken away first. Files that the
    /// earlier run has not written stay.
    ///
    /// # Errors
    /// If the configuration makes no sense, the folder is in use, holds anything else, or cannot be written to.
    pub fn create(path: &Path, config: RunConfig) -> Result<Self, TrainError> {
        config.recipe.check()?;
        fs::create_dir_all(path).map_err(|source| file_error(path, source))?;
        let lock = FolderLock::take(path)?;
        let entries = fs::read_dir(path).map_err(|source| file_error(path, source))?;
        let empty = entries.flatten().all(|entry| is_nothing(&entry.file_name()));
        let earlier = match files_of(&path.join(CONFIG)) {
            Some(files) => files.unwrap_or_else(of_old),
            None if empty => BTreeSet::new(),
            None => return Err(TrainError::Occupied { path: path.to_owned() }),
        };
        remove_temporaries(path, |name| is_written(name, &earlier))?;
        for name in OWN.into_iter().chain(earlier.iter().map(String::as_str)).filter(|name| is_name(name)) {
            remove(&path.join(name))?;
        }
        let checkpoints = Checkpoints::new(path.join(CHECKPOINTS));
        if checkpoints.folder().is_dir() {
            // Nobody uses them, and what a killed process has left of a lock goes away.
            drop(checkpoints.lock()?);
        }
        checkpoints.clear()?;
        let (files, history) = (OWN.map(str::to_owned).into(), Vec::new());
        let mut run = Self { path: path.to_owned(), config, files, metrics: None, history, ending: None, lock };
        run.write_config()?;
        run.rewrite(&[])?;
        Ok(run)
    }

    /// Begins a run in a new folder, `parent/MODEL-DATASET-N` with the first number after all that are there.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn create_numbered(parent: &Path, config: RunConfig) -> Result<Self, TrainError> {
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
    /// If there is no run in the folder, it is in use, or the run is done.
    pub fn open(path: &Path) -> Result<Self, TrainError> {
        let config = path.join(CONFIG);
        // A folder without a run stays as it is.
        RunConfig::read(&config)?;
        let lock = FolderLock::take(path)?;
        let (config, files) = read_kept(&config)?;
        if path.join(SUMMARY).is_file() {
            return Err(TrainError::Done { path: path.to_owned() });
        }
        let files = files.unwrap_or_else(of_old);
        remove_temporaries(path, |name| is_written(name, &files))?;
        // What was written since the last checkpoint is done again; until it is known where that is, `metrics.jsonl` stays.
        Ok(Self { path: path.to_owned(), config, files, metrics: None, history: Vec::new(), ending: None, lock })
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What the run was told.
    pub fn config(&self) -> &RunConfig {
        &self.config
    }

    /// Where its checkpoints lie.
    pub fn checkpoints(&self) -> Checkpoints {
        Checkpoints::new(self.path.join(CHECKPOINTS))
    }

    /// Keeps the metrics of an epoch: a line of `metrics.jsonl`, and `curves.svg`. As a [`Callback`] it does so by itself.
    ///
    /// # Errors
    /// If a file cannot be written, or the folder is not there any more.
    pub fn record(&mut self, epoch: &Epoch) -> Result<(), TrainError> {
        self.lock.must_be_in_place()?;
        let path = self.path.join(METRICS);
        // It may be that of an interrupted run, or somebody may have taken it away: then all lines are written anew.
        let mut metrics = match self.metrics.take().filter(|file| same(file, &path)) {
            Some(metrics) => metrics,
            None => self.rewritten(&self.history)?,
        };
        let written = metrics.write_all(line(epoch).as_bytes()).and_then(|()| metrics.flush());
        written.map_err(|source| file_error(&path, source))?;
        self.metrics = Some(metrics);
        self.history.push(epoch.clone());
        self.draw()
    }

    /// Draws which classes are taken for which, `confusion.svg`.
    ///
    /// # Errors
    /// If it cannot be written.
    ///
    /// # Panics
    /// If there are fewer names than classes.
    pub fn draw_confusion_matrix(&mut self, heading: &str, confusion: &ConfusionMatrix, names: &[String]) -> Result<(), TrainError> {
        self.lock.must_be_in_place()?;
        self.list(&[CONFUSION.to_owned()])?;
        write_text(&self.path.join(CONFUSION), draw_confusion_matrix(heading, confusion, names))
    }

    /// Ends the run: writes `summary.json`, removes the checkpoints, and gives what the summary holds. `params` is the network's number of
    /// trained parameters.
    ///
    /// # Errors
    /// If it cannot be written, there was no epoch, or the folder is not there any more.
    pub fn finish(self, params: usize) -> Result<RunSummary, TrainError> {
        self.lock.must_be_in_place()?;
        let (weights_of_epoch, stopped_early) = self.ending.unwrap_or((self.history.len(), false));
        let left = weights_of_epoch.checked_sub(1).and_then(|position| self.history.get(position));
        let Some(left) = left else {
            return Err(TrainError::Setting("a run without an epoch has no summary".to_owned()));
        };
        let mut metrics = Metrics::new();
        left.test.iter().for_each(|(name, value)| metrics.set(&format!("test_{name}"), value));
        left.validation.iter().for_each(|(name, value)| metrics.set(&format!("validation_{name}"), value));
        left.train.iter().for_each(|(name, value)| metrics.set(&format!("train_{name}"), value));
        // All epochs see as many items.
        let speeds: f64 = self.history.iter().map(|epoch| 1.0 / epoch.items_per_second).sum();
        metrics.set(&format!("{}_per_second", left.unit), self.history.len() as f64 / speeds);
        let RunConfig { model, dataset, device, threads, recipe, .. } = self.config.clone();
        let parameters = self.path.join(MODEL);
        let model_crc32 = if parameters.is_file() { Some(Sum::of(&parameters)?.crc32) } else { None };
        let summary = RunSummary {
            model,
            dataset,
            params,
            metrics,
            seconds: self.history.iter().map(|epoch| epoch.seconds).sum(),
            epochs: self.history.len(),
            batch_size: recipe.batch_size,
            lr: recipe.lr,
            seed: recipe.seed,
            device,
            threads,
            instruction_set: layercake::instruction_set().to_owned(),
            weights_of_epoch,
            stopped_early,
            model_crc32,
        };
        write_json(&self.path.join(SUMMARY), &summary)?;
        let checkpoints = self.checkpoints();
        checkpoints.clear()?;
        // It is empty unless somebody has put something there.
        let _ = fs::remove_dir(checkpoints.folder());
        Ok(summary)
    }

    fn draw(&self) -> Result<(), TrainError> {
        let RunConfig { model, dataset, .. } = &self.config;
        let last = self.history.last().map(|epoch| if epoch.test.is_empty() { &epoch.train } else { &epoch.test });
        // The most telling metric is a share, where there is one.
        let metric = last.and_then(|metrics| metrics.iter().find(|(name, _)| metrics::is_share(name)).or_else(|| metrics.iter().next()));
        let metric = metric.map_or(String::new(), |(name, value)| format!(": {}", metrics::shown(name, value)));
        let history: Vec<Epoch> = self.history.iter().map(drawable).collect();
        write_text(&self.path.join(CURVES), draw_curves(&format!("{model} on {dataset}{metric}"), &history))
    }

    /// Writes `metrics.jsonl` anew.
    fn rewrite(&mut self, history: &[Epoch]) -> Result<(), TrainError> {
        self.metrics = Some(self.rewritten(history)?);
        self.history = history.to_vec();
        Ok(())
    }

    fn rewritten(&self, history: &[Epoch]) -> Result<File, TrainError> {
        let path = self.path.join(METRICS);
        let text: String = history.iter().map(line).collect();
        write_atomically(&path, text.as_bytes()).map_err(|source| file_error(&path, source))?;
        OpenOptions::new().append(true).open(&path).map_err(|source| file_error(&path, source))
    }

    /// Writes down that files of these names are the run's, before they are.
    fn list(&mut self, names: &[String]) -> Result<(), TrainError> {
        let before = self.files.len();
        self.files.extend(names.iter().cloned());
        if self.files.len() == before { Ok(()) } else { self.write_config() }
    }

    fn write_config(&self) -> Result<(), TrainError> {
        let kept = Kept { config: &self.config, files: &self.files };
        write_json(&self.path.join(CONFIG), &kept)
    }
}

impl<M: TensorCollection<f32, D>, D: Device<f32>> Callback<M, D> for RunFolder {
    fn on_epoch(&mut self, epoch: &Epoch, model: &M) -> Result<(), TrainError> {
        self.lock.must_be_in_place()?;
        save_safetensors(model, self.path.join(MODEL))?;
        self.record(epoch)
    }

    fn on_resume(&mut self, history: &[Epoch]) -> Result<(), TrainError> {
        self.lock.must_be_in_place()?;
        self.rewrite(history)
    }

    fn on_pictures(&mut self, names: &[String]) -> Result<(), TrainError> {
        self.lock.must_be_in_place()?;
        self.list(names)
    }

    /// The weights that are left, where they are not those of the last epoch.
    fn on_end(&mut self, ending: &TrainingEnd<'_>, model: &M) -> Result<(), TrainError> {
        self.lock.must_be_in_place()?;
        if ending.weights_epoch != ending.history.len() {
            save_safetensors(model, self.path.join(MODEL))?;
        }
        self.ending = Some((ending.weights_epoch, ending.stopped_early));
        Ok(())
    }
}

/// Metrics that an axis can show: the drawing has no room for numbers near the largest that there are.
fn drawable(epoch: &Epoch) -> Epoch {
    const LARGEST: f64 = 1e30;
    let shown = |metrics: &Metrics| {
        let values = metrics.iter().map(|(name, value)| (name, if value.abs() > LARGEST { f64::NAN } else { value }));
        values.fold(Metrics::new(), |shown, (name, value)| shown.with(name, value))
    };
    Epoch { train: shown(&epoch.train), validation: shown(&epoch.validation), test: shown(&epoch.test), ..epoch.clone() }
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

/// A folder with nothing but this is as good as empty: a lock, and what is left of a `config.json` whose writer was killed.
fn is_nothing(name: &OsStr) -> bool {
    name == LOCK || name.to_str().is_some_and(|name| is_temporary(name, |name| name == CONFIG))
}

/// Is it the name of a file that the run writes?
fn is_written(name: &str, files: &BTreeSet<String>) -> bool {
    name == CONFIG || name == "pictures" || OWN.contains(&name) || files.contains(name)
}

/// A name, and no way out of the folder: `config.json` may be anybody's.
fn is_name(name: &str) -> bool {
    Path::new(name).file_name() == Some(OsStr::new(name))
}

/// What a run may have written that did not write it down.
fn of_old() -> BTreeSet<String> {
    OWN.iter().chain(&OLD).map(|&name| name.to_owned()).collect()
}

fn remove(path: &Path) -> Result<(), TrainError> {
    match fs::remove_file(path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => Err(file_error(path, source)),
        _ => Ok(()),
    }
}
