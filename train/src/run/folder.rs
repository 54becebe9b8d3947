//! The folder of a run.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use layercake::Drawing;
use layercake::dfdx::nn::tensor_collection::TensorCollection;
use layercake::io::{save_safetensors, write_atomically};
use layercake::ir::Graph;
use layercake::prelude::*;
use serde::Serialize;

use super::config::{ConfigFile, files_of, read_config};
use super::progress::{PROGRESS, ProgressFile};
use super::{Canvas, RunConfig, RunSummary, draw_confusion_matrix, draw_curves, report};
use crate::checkpoint::{FolderLock, LOCK, Sum, at as file_error, is_temporary, remove_temporaries, same};
use crate::distributed::World;
use crate::generative::FRECHET_DISTANCE;
use crate::{Callback, Checkpoints, ConfusionMatrix, Epoch, Metrics, Progress, TrainError, TrainingEnd, metrics};

pub(super) const CONFIG: &str = "config.json";
pub(super) const METRICS: &str = "metrics.jsonl";
pub(super) const SUMMARY: &str = "summary.json";
pub(super) const MODEL: &str = "model.safetensors";
pub(super) const CURVES: &str = "curves.svg";
pub(super) const CONFUSION: &str = "confusion.svg";
pub(super) const CLASSES: &str = "classes.md";
pub(super) const NETWORK: &str = "network.svg";
pub(super) const REPORT: &str = "report.html";
const CHECKPOINTS: &str = "checkpoints";

/// The files that every run writes, besides its configuration.
const OWN: [&str; 6] = [SUMMARY, METRICS, MODEL, CURVES, REPORT, PROGRESS];
/// The pictures of runs of early versions, which have no list of files.
const OLD: [&str; 10] = [
    CONFUSION,
    CLASSES,
    "completions.png",
    "filters.png",
    "manifold.png",
    "mistakes.png",
    "overlays.png",
    "reconstructions.png",
    "samples.png",
    "samples.txt",
];

/// The folder of a run, written as a [`Callback`] of the trainer: `config.json` at the start; a line of `metrics.jsonl`, `model.safetensors` and
/// `curves.svg` after each epoch. An interrupted run leaves the results of its last epoch. Files are written atomically, except
/// `metrics.jsonl`, which grows line by line. The folder also contains the task's pictures and, until the run is finished, its checkpoints.
/// A finished run has `summary.json`, and [`report.html`](super::report).
///
/// The folder is locked while this value exists, also against other processes. `config.json` lists the files written by the run; a new run in
/// the same folder removes these and no others.
#[derive(Debug)]
pub struct RunFolder {
    path: PathBuf,
    config: RunConfig,
    /// The files written so far, besides the configuration.
    files: BTreeSet<String>,
    /// `metrics.jsonl`; `None` until something is written to it.
    metrics_file: Option<File>,
    history: Vec<Epoch>,
    /// The epoch of the final weights, and whether early stopping ended the run.
    ending: Option<(usize, bool)>,
    progress: ProgressFile,
    lock: FolderLock,
}

impl RunFolder {
    /// Starts a run in a new or empty folder, or in the folder of an earlier run, whose files are removed. Other files stay.
    ///
    /// # Errors
    /// Returns an error if the configuration is invalid, or the folder is in use, contains other files or cannot be written.
    pub fn create(path: &Path, config: RunConfig) -> Result<Self, TrainError> {
        config.recipe.check()?;
        fs::create_dir_all(path).map_err(|source| file_error(path, source))?;
        let lock = FolderLock::take(path)?;
        let entries = fs::read_dir(path).map_err(|source| file_error(path, source))?;
        let empty = entries.flatten().all(|entry| is_nothing(&entry.file_name()));
        let earlier = match files_of(&path.join(CONFIG)) {
            Some(files) => files.unwrap_or_else(legacy_files),
            None if empty => BTreeSet::new(),
            None => return Err(TrainError::Occupied { path: path.to_owned() }),
        };
        remove_temporaries(path, |name| is_written(name, &earlier))?;
        for name in OWN.into_iter().chain(earlier.iter().map(String::as_str)).filter(|name| is_name(name)) {
            remove(&path.join(name))?;
        }
        let checkpoints = Checkpoints::new(path.join(CHECKPOINTS));
        if checkpoints.folder().is_dir() {
            // Check that they are not in use, and remove the lock file of a killed process.
            drop(checkpoints.lock()?);
        }
        checkpoints.clear()?;
        let (files, history) = (OWN.map(str::to_owned).into(), Vec::new());
        let progress = ProgressFile::default();
        let mut run = Self { path: path.to_owned(), config, files, metrics_file: None, history, ending: None, progress, lock };
        run.write_config()?;
        run.rewrite(&[])?;
        Ok(run)
    }

    /// Starts a run in a new folder `parent/MODEL-DATASET-N` (or the environment's name) with the next free number.
    ///
    /// # Errors
    /// Returns an error if the folder cannot be created.
    pub fn create_numbered(parent: &Path, config: RunConfig) -> Result<Self, TrainError> {
        fs::create_dir_all(parent).map_err(|source| file_error(parent, source))?;
        let stem = format!("{}-{}-", config.model, config.source);
        let entries = fs::read_dir(parent).map_err(|source| file_error(parent, source))?;
        let numbers = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.strip_prefix(&stem)?.parse::<u32>().ok());
        let mut number = numbers.max().unwrap_or(0);
        // Creating the folder reserves the number, even against other processes.
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

    /// Opens the folder of an interrupted run to resume it with its configuration.
    ///
    /// # Errors
    /// Returns an error if the folder contains no run, is in use, or the run is finished.
    pub fn open(path: &Path) -> Result<Self, TrainError> {
        let config = path.join(CONFIG);
        // Do not lock a folder without a run.
        RunConfig::read(&config)?;
        let lock = FolderLock::take(path)?;
        let (config, files) = read_config(&config)?;
        if path.join(SUMMARY).is_file() {
            return Err(TrainError::Done { path: path.to_owned() });
        }
        let files = files.unwrap_or_else(legacy_files);
        remove_temporaries(path, |name| is_written(name, &files))?;
        // Epochs after the last checkpoint are repeated; `metrics.jsonl` stays until the checkpoint is loaded.
        let (history, progress) = (Vec::new(), ProgressFile::default());
        Ok(Self { path: path.to_owned(), config, files, metrics_file: None, history, ending: None, progress, lock })
    }

    /// [`RunFolder::open`] on a rank of the [`World`]: rank 0 opens the folder, which the others read only.
    ///
    /// # Errors
    /// As [`RunFolder::open`].
    pub fn open_on(path: &Path, world: &World) -> Result<Self, TrainError> {
        let opened = if world.is_root() { Some(Self::open(path)) } else { None };
        match world.agree(opened.transpose())? {
            Some(run) => Ok(run),
            None => Self::of_another_rank(path),
        }
    }

    /// The folder of a run that another rank writes.
    fn of_another_rank(path: &Path) -> Result<Self, TrainError> {
        let (config, files) = read_config(&path.join(CONFIG))?;
        let (history, progress, lock) = (Vec::new(), ProgressFile::default(), FolderLock::of_another_rank(path));
        let files = files.unwrap_or_default();
        Ok(Self { path: path.to_owned(), config, files, metrics_file: None, history, ending: None, progress, lock })
    }

    /// The path of the folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The settings of the run.
    pub fn config(&self) -> &RunConfig {
        &self.config
    }

    /// The run's checkpoints.
    pub fn checkpoints(&self) -> Checkpoints {
        checkpoints_in(&self.path)
    }

    /// Records the metrics of an epoch in `metrics.jsonl` and `curves.svg`. Called automatically if the folder is a [`Callback`].
    ///
    /// # Errors
    /// Returns an error if a file cannot be written, or the folder was removed or replaced.
    pub fn record(&mut self, epoch: &Epoch) -> Result<(), TrainError> {
        self.lock.must_be_in_place()?;
        let path = self.path.join(METRICS);
        // After a resume, or if the file was replaced, all lines are rewritten.
        let mut metrics = match self.metrics_file.take().filter(|file| same(file, &path)) {
            Some(metrics) => metrics,
            None => self.rewritten(&self.history)?,
        };
        let written = metrics.write_all(line(epoch).as_bytes()).and_then(|()| metrics.flush());
        written.map_err(|source| file_error(&path, source))?;
        self.metrics_file = Some(metrics);
        self.history.push(epoch.clone());
        self.draw()
    }

    /// Draws the confusion matrix, `confusion.svg`.
    ///
    /// # Errors
    /// Returns an error if it cannot be written.
    ///
    /// # Panics
    /// Panics if there are fewer names than classes.
    pub fn draw_confusion_matrix(&mut self, heading: &str, confusion: &ConfusionMatrix, names: &[String]) -> Result<(), TrainError> {
        self.lock.must_be_in_place()?;
        self.list(&[CONFUSION.to_owned()])?;
        write_text(&self.path.join(CONFUSION), draw_confusion_matrix(heading, confusion, names))
    }

    /// Draws the network, `network.svg`.
    ///
    /// # Errors
    /// Returns an error if it cannot be written.
    pub fn draw_network(&mut self, graph: &Graph) -> Result<(), TrainError> {
        self.lock.must_be_in_place()?;
        self.list(&[NETWORK.to_owned()])?;
        write_text(&self.path.join(NETWORK), Ok(Drawing::of(graph).svg()))
    }

    /// Writes a picture of the results.
    ///
    /// # Errors
    /// Returns an error if it cannot be written.
    pub fn save_picture(&mut self, name: &str, picture: &Canvas) -> Result<(), TrainError> {
        self.lock.must_be_in_place()?;
        self.list(&[name.to_owned()])?;
        picture.save(&self.path.join(name))
    }

    /// Finishes the run: writes `summary.json`, removes the checkpoints and returns the summary. `params` is the number of trainable parameters.
    ///
    /// # Errors
    /// Returns an error if the summary cannot be written, there was no epoch, or the folder was removed or replaced.
    pub fn finish(self, params: usize) -> Result<RunSummary, TrainError> {
        self.lock.must_be_in_place()?;
        let (weights_of_epoch, stopped_early) = self.ending.unwrap_or((self.history.len(), false));
        let left = weights_of_epoch.checked_sub(1).and_then(|position| self.history.get(position));
        let Some(left) = left else {
            return Err(TrainError::Setting("a run without epochs has no summary".to_owned()));
        };
        let mut metrics = Metrics::new();
        left.test.iter().for_each(|(name, value)| metrics.set(&format!("test_{name}"), value));
        left.validation.iter().for_each(|(name, value)| metrics.set(&format!("validation_{name}"), value));
        left.train.iter().for_each(|(name, value)| metrics.set(&format!("train_{name}"), value));
        // A figure of the samples, which is not one of a part of the data.
        if let Some(distance) = left.test.get(FRECHET_DISTANCE) {
            metrics.set(FRECHET_DISTANCE, distance);
        }
        // All epochs have the same number of items.
        let speeds: f64 = self.history.iter().map(|epoch| 1.0 / epoch.items_per_second).sum();
        metrics.set(&format!("{}_per_second", left.unit), self.history.len() as f64 / speeds);
        let RunConfig { model, source, device, threads, recipe, .. } = self.config.clone();
        let parameters = self.path.join(MODEL);
        let model_crc32 = if parameters.is_file() { Some(Sum::of(&parameters)?.crc32) } else { None };
        let summary = RunSummary {
            model,
            source,
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
        remove(&self.path.join(PROGRESS))?;
        write_json(&self.path.join(SUMMARY), &summary)?;
        report::write(&self.path)?;
        let checkpoints = self.checkpoints();
        checkpoints.clear()?;
        // Fails if other files are in the folder.
        let _ = fs::remove_dir(checkpoints.folder());
        Ok(summary)
    }

    fn draw(&self) -> Result<(), TrainError> {
        let RunConfig { model, source, .. } = &self.config;
        let last = self.history.last().map(|epoch| if epoch.test.is_empty() { &epoch.train } else { &epoch.test });
        // Prefer a fraction, such as the accuracy.
        let metric = last.and_then(|metrics| metrics.iter().find(|(name, _)| metrics::is_share(name)).or_else(|| metrics.iter().next()));
        let metric = metric.map_or(String::new(), |(name, value)| format!(": {}", metrics::shown(name, value)));
        let history: Vec<Epoch> = self.history.iter().map(drawable).collect();
        write_text(&self.path.join(CURVES), draw_curves(&format!("{model} on {source}{metric}"), &history))
    }

    /// Rewrites `metrics.jsonl`.
    fn rewrite(&mut self, history: &[Epoch]) -> Result<(), TrainError> {
        self.metrics_file = Some(self.rewritten(history)?);
        self.history = history.to_vec();
        Ok(())
    }

    fn rewritten(&self, history: &[Epoch]) -> Result<File, TrainError> {
        let path = self.path.join(METRICS);
        let text: String = history.iter().map(line).collect();
        write_atomically(&path, text.as_bytes()).map_err(|source| file_error(&path, source))?;
        OpenOptions::new().append(true).open(&path).map_err(|source| file_error(&path, source))
    }

    /// Lists files in `config.json` before they are written.
    fn list(&mut self, names: &[String]) -> Result<(), TrainError> {
        let before = self.files.len();
        self.files.extend(names.iter().cloned());
        if self.files.len() == before { Ok(()) } else { self.write_config() }
    }

    fn write_config(&self) -> Result<(), TrainError> {
        let file = ConfigFile { config: &self.config, files: &self.files };
        write_json(&self.path.join(CONFIG), &file)
    }
}

impl<M: TensorCollection<f32, D>, D: Device<f32>> Callback<M, D> for RunFolder {
    fn on_step(&mut self, progress: &Progress<'_>, _: &M) -> Result<(), TrainError> {
        if !self.progress.is_due() {
            return Ok(());
        }
        self.lock.must_be_in_place()?;
        self.progress.write(&self.path, progress)
    }

    fn on_epoch(&mut self, epoch: &Epoch, model: &M) -> Result<(), TrainError> {
        self.lock.must_be_in_place()?;
        save_safetensors(model, self.path.join(MODEL))?;
        if let Some(number) = self.config.recipe.snapshot_after(epoch.epoch) {
            let name = snapshot(number);
            self.list(std::slice::from_ref(&name))?;
            save_safetensors(model, self.path.join(name))?;
        }
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

    /// Saves the final weights if they are not those of the last epoch.
    fn on_end(&mut self, ending: &TrainingEnd<'_>, model: &M) -> Result<(), TrainError> {
        self.lock.must_be_in_place()?;
        if ending.weights_epoch != ending.history.len() {
            save_safetensors(model, self.path.join(MODEL))?;
        }
        self.ending = Some((ending.weights_epoch, ending.stopped_early));
        Ok(())
    }
}

/// The name of a snapshot, counted from 1.
fn snapshot(number: usize) -> String {
    format!("snapshot-{number}.safetensors")
}

/// The snapshots in the folder of a run that [`Recipe::snapshots`](super::Recipe::snapshots) asked for.
///
/// # Errors
/// Returns an error if the folder is not that of a run, the run has no snapshots, or one of them is missing.
pub fn snapshots(folder: &Path) -> Result<Vec<PathBuf>, TrainError> {
    let path = folder.join(CONFIG);
    let count = RunConfig::read(&path)?.recipe.snapshots;
    let Some(count) = count else {
        let reason = "a run without snapshots; `--snapshots N` of `train` takes them".to_owned();
        return Err(TrainError::Content { path, reason });
    };
    let all: Vec<PathBuf> = (1..=count).map(|number| folder.join(snapshot(number))).collect();
    match all.iter().find(|path| !path.is_file()) {
        Some(missing) => Err(file_error(missing, io::ErrorKind::NotFound.into())),
        None => Ok(all),
    }
}

/// Replaces metrics too large for a plot with NaN.
fn drawable(epoch: &Epoch) -> Epoch {
    const LARGEST: f64 = 1e30;
    let shown = |metrics: &Metrics| {
        let values = metrics.iter().map(|(name, value)| (name, if value.abs() > LARGEST { f64::NAN } else { value }));
        values.collect::<Metrics>()
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

/// Writes a drawing to a file.
pub(crate) fn write_text(path: &Path, drawn: Result<String, String>) -> Result<(), TrainError> {
    let text = drawn.map_err(|reason| TrainError::Drawing { path: path.to_owned(), reason })?;
    write_atomically(path, text.as_bytes()).map_err(|source| file_error(path, source))
}

/// The checkpoints in a run folder.
pub(super) fn checkpoints_in(path: &Path) -> Checkpoints {
    Checkpoints::new(path.join(CHECKPOINTS))
}

/// Whether a file does not count in an otherwise empty folder: the lock, or a temporary `config.json`.
fn is_nothing(name: &OsStr) -> bool {
    name == LOCK || name.to_str().is_some_and(|name| is_temporary(name, |name| name == CONFIG))
}

/// Whether a name is that of a file of the run.
fn is_written(name: &str, files: &BTreeSet<String>) -> bool {
    name == CONFIG || name == "pictures" || OWN.contains(&name) || files.contains(name)
}

/// Whether a name from `config.json` is a plain file name that does not leave the folder.
pub(super) fn is_name(name: &str) -> bool {
    Path::new(name).file_name() == Some(OsStr::new(name))
}

/// The possible files of a run without a list.
fn legacy_files() -> BTreeSet<String> {
    OWN.iter().chain(&OLD).map(|&name| name.to_owned()).collect()
}

fn remove(path: &Path) -> Result<(), TrainError> {
    match fs::remove_file(path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => Err(file_error(path, source)),
        _ => Ok(()),
    }
}
