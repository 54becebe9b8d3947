//! Reads the user's data: for a new run, and again for one that goes on or is evaluated.

use std::path::{Path, PathBuf};

use super::augment::Augmentation;
use super::data::{Given, OwnSet};
use super::parts::{Parts, class_of};
use super::{arrays, list};
use crate::arrays::Named;
use crate::data::readers::{Channels, ImageFolder, read_image};
use crate::data::{DataError, Images, Normalize, Split, listed};
use crate::run::OwnData;
use crate::tables::{Frame, Schema, TableOptions};
use crate::{Goal, TrainError};

/// Which data, and what they mean.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct DataOptions {
    /// A CSV file or a folder of pictures; `None` for data that the program provides.
    pub data: Option<PathBuf>,
    /// The test data; `None` to hold out a fifth of the data, or a fold.
    pub test: Option<PathBuf>,
    /// Which of how many folds of a cross-validation is held out, counted from 0.
    pub fold: Option<[usize; 2]>,
    /// How training pictures change.
    pub augmentations: Vec<Augmentation>,
    /// The columns of a table.
    pub table: TableOptions,
}

/// The parts of the data, and what is known of them.
#[derive(Clone, Debug)]
pub(super) struct Loaded {
    pub own: OwnData,
    pub normalize: Option<Normalize>,
    pub train: OwnSet,
    pub validation: Option<OwnSet>,
    pub test: OwnSet,
    pub warnings: Vec<String>,
}

/// Reads the data.
pub(super) fn load(options: &DataOptions, given: Option<Given>, parts: &Parts<'_>) -> Result<Loaded, TrainError> {
    match (&options.data, given) {
        (Some(path), _) if Named::is_one(path) => arrays::of_file(path, options, parts),
        (Some(path), _) if path.is_dir() => {
            options.table.must_be_unused("a folder of pictures")?;
            images_of(path, options.test.as_deref(), parts)
        }
        (Some(path), _) if list::is_one(path, parts) => list::of_file(path, options, parts),
        (Some(path), _) => table(path, options, parts),
        (None, Some(given)) => {
            options.table.must_be_unused("the program's own data")?;
            if options.test.is_some() {
                return Err(TrainError::Setting("`--test` needs `--data`: the program's own data have a test part".to_owned()));
            }
            of_program(given, parts)
        }
        (None, None) => Err(TrainError::Setting("expected `--data`, a CSV file, a folder of pictures or a file of arrays".to_owned())),
    }
}

impl TableOptions {
    /// Rejects options about columns.
    pub(crate) fn must_be_unused(&self, data: &str) -> Result<(), TrainError> {
        let given = [
            ("--target", !self.targets.is_empty()),
            ("--task", self.task.is_some()),
            ("--categories", !self.categories.is_empty()),
            ("--ignore", !self.ignored.is_empty()),
            ("--group", self.group.is_some()),
        ];
        match given.into_iter().find(|(_, given)| *given) {
            Some((option, _)) => Err(TrainError::Setting(format!("`{option}` has no effect on {data}: it is for columns of a table"))),
            None => Ok(()),
        }
    }
}

fn table(path: &Path, options: &DataOptions, parts: &Parts<'_>) -> Result<Loaded, TrainError> {
    let frame = Frame::read(path)?;
    let (mut schema, mut warnings) = match parts.known.and_then(|known| known.table.clone()) {
        Some(schema) => (schema, Vec::new()),
        None if options.table.targets.is_empty() => {
            let columns = listed(frame.columns());
            return Err(TrainError::Setting(format!(
                "{}: expected `--target`, the column to predict; there are {columns}",
                path.display()
            )));
        }
        None => Schema::of(&frame, &options.table)?,
    };
    let labels = schema.labels(&frame)?;
    let groups = schema.groups(&frame)?;
    let (train, test) = match &options.test {
        Some(test) => {
            parts.without_folds()?;
            let test = Frame::read(test)?;
            warnings.extend(schema.warnings(&test));
            ((0..frame.rows()).collect(), (test.clone(), (0..test.rows()).collect()))
        }
        None => {
            let [train, held] = parts.test(&labels, groups.as_deref())?;
            (train, (frame.clone(), held))
        }
    };
    let [train, held] = parts.validation(train, &labels, groups.as_deref())?;
    if parts.known.is_none() {
        schema.measure(&frame, &train);
        warnings.extend(only_in_training(&schema, &frame, &labels, &options.test));
    }
    let set = |frame: &Frame, rows: &[usize]| Ok::<_, TrainError>(OwnSet::Samples(schema.samples(frame, rows)?));
    let test = set(&test.0, &test.1)?;
    let validation = if held.is_empty() { None } else { Some(set(&frame, &held)?) };
    let (goal, input) = (schema.goal.clone(), vec![schema.width()]);
    let train = set(&frame, &train)?;
    let (path, test_path) = (Some(absolute(path)), options.test.as_deref().map(absolute));
    let own = OwnData { path, test: test_path, goal, input, table: Some(schema), fold: parts.fold, ..OwnData::default() };
    Ok(Loaded { own, normalize: None, train, validation, test, warnings })
}

/// Classes of one row cannot be in both parts.
fn only_in_training(schema: &Schema, frame: &Frame, labels: &[usize], test: &Option<PathBuf>) -> Option<String> {
    let Goal::Classes(names) = &schema.goal else { return None };
    let count = |class: usize| labels.iter().filter(|&&label| label == class).count();
    let single: Vec<&String> = names.iter().enumerate().filter(|(class, _)| count(*class) == 1).map(|(_, name)| name).collect();
    (test.is_none() && !single.is_empty()).then(|| {
        let (path, column) = (frame.path().display(), &schema.targets[0]);
        format!("{path}: classes of column `{column}` with a single row, which no test row has: {}", listed(&single))
    })
}

fn images_of(path: &Path, test: Option<&Path>, parts: &Parts<'_>) -> Result<Loaded, TrainError> {
    let shape = picture_shape(parts.known.map(|known| &known.input[..]).or(parts.input), path)?;
    let channels = channels(shape);
    let inside = path.join("test");
    let (train, test_folder) = match test {
        Some(test) => (path.to_owned(), Some(test.to_owned())),
        None if path.join("train").is_dir() && inside.is_dir() => (path.join("train"), Some(inside)),
        None => (path.to_owned(), None),
    };
    let folder = match parts.known {
        Some(OwnData { goal: Goal::Classes(classes), .. }) => ImageFolder::open_with_classes(&train, classes, channels)?,
        _ => ImageFolder::open(&train, channels)?,
    };
    if folder.classes().len() < 2 {
        let found = listed(folder.classes());
        let expected = "expected a folder for each of at least two classes".to_owned();
        return Err(DataError::Content { path: train, expected, found }.into());
    }
    let all = read_images(&folder, shape)?;
    let split = match test_folder {
        Some(test) => {
            parts.without_folds()?;
            Split { test: read_images(&ImageFolder::open_like(&test, &folder)?, shape)?, train: all }
        }
        None => {
            let [train, held] = parts.test(all.labels(), None)?;
            Split { train: all.subset(&train), test: all.subset(&held) }
        }
    };
    pictures(split, (Some(path), test), None, parts)
}

/// The sizes of pictures that a network takes.
pub(super) fn picture_shape(input: Option<&[usize]>, path: &Path) -> Result<[usize; 3], TrainError> {
    match input {
        Some(&[channels @ (1 | 3), height, width]) => Ok([channels, height, width]),
        Some(other) => {
            let expected = format!(
                "expected a CSV file: the network takes [{}], and pictures are [1, height, width] or [3, height, width]",
                crate::data::sizes(other).replace('x', ", ")
            );
            Err(DataError::Content { path: path.to_owned(), expected, found: "a folder".to_owned() }.into())
        }
        None => {
            let expected = "expected a CSV file: this network is made for tables".to_owned();
            Err(DataError::Content { path: path.to_owned(), expected, found: "a folder".to_owned() }.into())
        }
    }
}

pub(super) fn channels(shape: [usize; 3]) -> Channels {
    if shape[0] == 1 { Channels::Gray } else { Channels::Rgb }
}

/// Reads all pictures, resized to `shape`.
pub(super) fn read_images(folder: &ImageFolder, shape: [usize; 3]) -> Result<Images, DataError> {
    let mut pixels = Vec::with_capacity(folder.files().len().saturating_mul(shape.iter().product()));
    for (path, _) in folder.files() {
        let image = read_image(path, channels(shape))?;
        pixels.extend(image.resized([shape[1], shape[2]]).to_bytes());
    }
    let labels = folder.files().iter().map(|(_, label)| *label).collect();
    Images::new("the pictures", shape, pixels, labels, folder.classes().to_vec())
}

/// The parts of pictures, from a path and that of the test data; the groups are those of the training pictures.
pub(super) fn pictures(
    split: Split,
    (path, test): (Option<&Path>, Option<&Path>),
    groups: Option<&[usize]>,
    parts: &Parts<'_>,
) -> Result<Loaded, TrainError> {
    let Split { train, test: tested } = split;
    let (path, test) = (path.map(absolute), test.map(absolute));
    let [rows, held] = parts.validation((0..train.len()).collect(), train.labels(), groups)?;
    let (validation, train) = (if held.is_empty() { None } else { Some(train.subset(&held)) }, train.subset(&rows));
    let normalize = Normalize::measure(&train);
    let own = OwnData {
        path,
        test,
        goal: Goal::Classes(train.classes().to_vec()),
        input: train.shape().to_vec(),
        fold: parts.fold,
        ..OwnData::default()
    };
    let set = |images| OwnSet::Images(images, normalize.clone());
    let (train, validation, test) = (set(train), validation.map(set), set(tested));
    Ok(Loaded { own, normalize: Some(normalize), train, validation, test, warnings: Vec::new() })
}

fn of_program(given: Given, parts: &Parts<'_>) -> Result<Loaded, TrainError> {
    if !matches!(given, Given::Arrays(_)) {
        parts.without_folds()?;
    }
    match given {
        Given::Images(split) => pictures(split, (None, None), None, parts),
        Given::Arrays(pairs) => arrays::of_pairs(&pairs, None, None, None, parts),
        Given::Samples { train, test, goal } => {
            let Some(input) = train.0.first().map(|sample| sample.shape.clone()) else { return Err(TrainError::NoBatches) };
            let own = OwnData { goal, input, ..OwnData::default() };
            let labels: Vec<usize> = train.0.iter().map(|sample| class_of(&sample.target)).collect();
            let [rows, held] = parts.validation((0..labels.len()).collect(), &labels, None)?;
            let train = OwnSet::Samples(train);
            let validation = if held.is_empty() { None } else { Some(train.subset(&held)) };
            let (train, test) = (train.subset(&rows), OwnSet::Samples(test));
            Ok(Loaded { own, normalize: None, train, validation, test, warnings: Vec::new() })
        }
    }
}

/// A run may be resumed from another working directory.
pub(super) fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
