//! A file of events.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use layercake::ir::Graph;

use super::event::{What, record};
use super::graph;
use super::hparams::{self, HyperParameter};
use super::proto::Message;
use super::summary::{self, Histogram};
use crate::TrainError;
use crate::checkpoint::at;
use crate::run::Canvas;

/// What the name of an event file begins with; a time, a name and a number follow.
const PREFIX: &str = "events.out.tfevents.";

/// Writes an event file for TensorBoard. Each event is in the file when its function returns; a reader accepts a file that is still written to.
///
/// Steps are whatever you count: TensorBoard draws by them.
#[derive(Debug)]
pub struct SummaryWriter {
    file: File,
    path: PathBuf,
}

impl SummaryWriter {
    /// Creates a new event file in a folder, which is created if it does not exist. Files of earlier writers stay: TensorBoard shows all files of a folder as one run.
    ///
    /// # Errors
    /// Returns an error if the folder or the file cannot be created.
    pub fn create(folder: &Path) -> Result<Self, TrainError> {
        fs::create_dir_all(folder).map_err(|source| at(folder, source))?;
        let entries = fs::read_dir(folder).map_err(|source| at(folder, source))?;
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let latest = names.filter_map(|name| name.strip_prefix(PREFIX)?.split('.').next()?.parse::<u64>().ok()).max();
        // TensorBoard reads files in the order of their names, so this one must be the last, also within one second or if the clock was set back.
        let mut second = (wall_time() as u64).max(latest.map_or(0, |latest| latest.saturating_add(1)));
        let (file, path) = loop {
            let path = folder.join(format!("{PREFIX}{second:010}.layercake"));
            match OpenOptions::new().append(true).create_new(true).open(&path) {
                Ok(file) => break (file, path),
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => second += 1,
                Err(source) => return Err(at(&path, source)),
            }
        };
        let mut writer = Self { file, path };
        writer.write(0, &What::Version)?;
        Ok(writer)
    }

    /// The event file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Begins a session at a step: what earlier files of the folder have of this step and later ones is no longer shown. A run that is resumed repeats these steps.
    ///
    /// # Errors
    /// Returns an error if the file cannot be written, as do the other functions.
    pub fn purge(&mut self, step: usize) -> Result<(), TrainError> {
        self.write(step, &What::Start)
    }

    /// Adds a number. Tags with the same text before a `/` are shown together. It is stored in single precision.
    ///
    /// # Errors
    /// Returns an error if the file cannot be written.
    pub fn add_scalar(&mut self, tag: &str, value: f64, step: usize) -> Result<(), TrainError> {
        self.summary(step, summary::scalar(tag, value))
    }

    /// Adds the distribution of numbers, in 30 buckets of equal width. Those that are not finite are left out; without others nothing is written.
    ///
    /// # Errors
    /// Returns an error if the file cannot be written.
    pub fn add_histogram(&mut self, tag: &str, values: &[f32], step: usize) -> Result<(), TrainError> {
        match Histogram::of(values.iter().map(|&x| f64::from(x))) {
            Some(histogram) => self.histogram(tag, &histogram, step),
            None => Ok(()),
        }
    }

    pub(super) fn histogram(&mut self, tag: &str, histogram: &Histogram, step: usize) -> Result<(), TrainError> {
        self.summary(step, summary::histogram(tag, histogram))
    }

    /// Adds a picture.
    ///
    /// # Errors
    /// Returns an error if the file cannot be written.
    pub fn add_image(&mut self, tag: &str, picture: &Canvas, step: usize) -> Result<(), TrainError> {
        let png = picture.encoded().map_err(|error| TrainError::Drawing { path: self.path.clone(), reason: error.to_string() })?;
        self.png(tag, picture.size(), &png, step)
    }

    /// Adds the bytes of a PNG file.
    pub(super) fn png(&mut self, tag: &str, size: [usize; 2], png: &[u8], step: usize) -> Result<(), TrainError> {
        self.summary(step, summary::image(tag, size, png))
    }

    /// Adds the drawing of a network.
    ///
    /// # Errors
    /// Returns an error if the file cannot be written.
    pub fn add_graph(&mut self, graph: &Graph) -> Result<(), TrainError> {
        self.write(0, &What::Graph(graph::message(graph)))
    }

    /// Adds the hyperparameters of the run. TensorBoard's table has them beside all scalars.
    ///
    /// # Errors
    /// Returns an error if the file cannot be written.
    pub fn add_hparams(&mut self, settings: &BTreeMap<String, HyperParameter>) -> Result<(), TrainError> {
        self.summary(0, hparams::start(settings, wall_time()))
    }

    /// Says that a run with hyperparameters ended well.
    ///
    /// # Errors
    /// Returns an error if the file cannot be written.
    pub fn end_hparams(&mut self) -> Result<(), TrainError> {
        self.summary(0, hparams::end(wall_time()))
    }

    fn summary(&mut self, step: usize, summary: Message) -> Result<(), TrainError> {
        self.write(step, &What::Summary(summary))
    }

    fn write(&mut self, step: usize, what: &What) -> Result<(), TrainError> {
        self.file.write_all(&record(wall_time(), step, what)).map_err(|source| at(&self.path, source))
    }
}

/// Seconds since 1970.
fn wall_time() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}
