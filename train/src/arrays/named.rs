//! The arrays of a file or folder, and which of them are inputs and targets.

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use layercake::io::read_arrays;

use super::rows::{Rows, shown};
use crate::data::{DataError, listed};
use crate::tables::TableOptions;

/// The endings of the files that [`Named::open`] reads.
const FILES: [&str; 3] = ["npz", "npy", "safetensors"];
const TARGETS: [&str; 5] = ["y", "labels", "label", "targets", "target"];
const INPUTS: [&str; 5] = ["x", "inputs", "images", "features", "data"];

/// The arrays of a file or folder by name.
#[derive(Clone, Debug)]
pub struct Named {
    path: PathBuf,
    arrays: BTreeMap<String, Rows>,
}

/// Inputs and targets, row by row.
#[derive(Clone, Debug)]
pub struct Pairs {
    /// The inputs.
    pub inputs: Rows,
    /// What is to be predicted.
    pub targets: Rows,
}

impl Pairs {
    /// Pairs the rows of two arrays.
    ///
    /// # Errors
    /// Returns an error if their numbers of rows differ, or are 0.
    pub fn new(inputs: Rows, targets: Rows) -> Result<Self, DataError> {
        if inputs.len() != targets.len() || inputs.is_empty() {
            let expected = format!("expected as many rows as `{}` has, at least one", inputs.name());
            return Err(targets.wrong(expected, format!("{} and {}", shown(inputs.shape()), shown(targets.shape()))));
        }
        Ok(Self { inputs, targets })
    }
}

impl Named {
    /// Whether a path is a file of arrays, by its ending, or a folder of `.npy` files.
    pub fn is_one(path: &Path) -> bool {
        let ending = |path: &Path| path.extension().and_then(OsStr::to_str).map(str::to_ascii_lowercase);
        if path.is_dir() {
            let files = std::fs::read_dir(path).into_iter().flatten().flatten();
            return files.map(|file| file.path()).any(|path| ending(&path).as_deref() == Some("npy"));
        }
        ending(path).is_some_and(|ending| FILES.contains(&&*ending))
    }

    /// Opens a file of arrays, or the `.npy` files of a folder.
    ///
    /// # Errors
    /// Returns an error if a file cannot be read, is damaged or not complete, or has numbers of a type that is not read.
    pub fn open(path: &Path) -> Result<Self, DataError> {
        if path.exists() && !Self::is_one(path) {
            let expected = "expected arrays: a .npz or .safetensors file, or a folder of .npy files".to_owned();
            return Err(DataError::Content { path: path.to_owned(), expected, found: "another file".to_owned() });
        }
        let is_npy = |path: &Path| path.extension().and_then(OsStr::to_str).is_some_and(|ending| ending.eq_ignore_ascii_case("npy"));
        let files = if path.is_dir() {
            let entries = std::fs::read_dir(path).and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>, _>>());
            entries.map_err(|source| DataError::Io { path: path.to_owned(), source })?.into_iter().filter(|path| is_npy(path)).collect()
        } else if is_npy(path) {
            vec![path.to_owned()]
        } else {
            let arrays = read_arrays(path)?;
            let arrays = arrays.into_iter().map(|(name, array)| (name.clone(), Rows::new(path, &name, array))).collect();
            return Ok(Self { path: path.to_owned(), arrays });
        };
        let arrays = files.iter().map(|path| Rows::open(path).map(|rows| (rows.name().to_owned(), rows)));
        Ok(Self { path: path.to_owned(), arrays: arrays.collect::<Result<_, DataError>>()? })
    }

    /// The inputs and targets: one pair, or those for training and test.
    ///
    /// # Errors
    /// Returns an error that lists the arrays if it is not clear which are meant, or if inputs and targets have different numbers of rows.
    pub fn pairs(&self, options: &TableOptions) -> Result<(Pairs, Option<Pairs>), DataError> {
        let known = |name: &String| self.arrays.contains_key(name) || self.arrays.contains_key(&format!("{name}_train"));
        if let Some(unknown) = options.targets.iter().chain(&options.ignored).chain(&options.group).find(|name| !known(name)) {
            return Err(self.wrong(format!("expected an array `{unknown}`")));
        }
        let left_out =
            |name: &str| options.ignored.iter().chain(&options.group).any(|left| name == left || name == format!("{left}_train"));
        let names: Vec<&str> = self.arrays.keys().map(String::as_str).filter(|name| !left_out(name)).collect();
        let stems = |part: &str| names.iter().filter_map(|name| name.strip_suffix(part)).collect::<Vec<_>>();
        let (train, test) = (stems("_train"), stems("_test"));
        if train.is_empty() {
            return Ok((self.pair(&names, "", options)?, None));
        }
        let pair = self.pair(&train, "_train", options)?;
        let test = if test.is_empty() { None } else { Some(self.both(pair.inputs.stem(), pair.targets.stem(), "_test")?) };
        Ok((pair, test))
    }

    /// The arrays of these names: one pair, or those for training and test.
    ///
    /// # Errors
    /// Returns an error if there are none of these names, or their numbers of rows differ.
    pub fn parts(&self, inputs: &str, targets: &str) -> Result<(Pairs, Option<Pairs>), DataError> {
        if !self.arrays.contains_key(&format!("{inputs}_train")) {
            return Ok((self.both(inputs, targets, "")?, None));
        }
        let test = if self.has_test(inputs) { Some(self.both(inputs, targets, "_test")?) } else { None };
        Ok((self.both(inputs, targets, "_train")?, test))
    }

    /// The arrays of other data, by the names of the training data.
    ///
    /// # Errors
    /// Returns an error if there are none of these names, or their numbers of rows differ.
    pub fn like(&self, inputs: &str, targets: &str) -> Result<Pairs, DataError> {
        // Data with a part for the test are compared with that part.
        self.both(inputs, targets, if self.has_test(inputs) { "_test" } else { "" })
    }

    /// The group of each row of the training part, as numbers from 0.
    ///
    /// # Errors
    /// Returns an error if there is no array of that name, or it has not a number for each of `rows` rows.
    pub fn groups(&self, name: &str, rows: usize) -> Result<Vec<usize>, DataError> {
        let array = self.arrays.get(&format!("{name}_train")).or(self.arrays.get(name));
        let array = array.ok_or_else(|| self.wrong(format!("expected an array `{name}`")))?;
        if array.len() != rows || array.row().iter().product::<usize>() != 1 {
            return Err(array.wrong(format!("expected the group of each row, [{rows}]"), shown(array.shape())));
        }
        let mut known = HashMap::new();
        let number = |number: f64| {
            let next = known.len();
            *known.entry(number.to_bits()).or_insert(next)
        };
        Ok(array.read(0, rows)?.to_vec::<f64>().into_iter().map(number).collect())
    }

    /// Whether there is a part for the test.
    pub fn has_test(&self, inputs: &str) -> bool {
        self.arrays.contains_key(&format!("{inputs}_test"))
    }

    /// The inputs alone: the array of this name, or the only one.
    ///
    /// # Errors
    /// Returns an error if there is none.
    pub fn inputs(&self, name: &str) -> Result<&Rows, DataError> {
        let only = if self.arrays.len() == 1 { self.arrays.values().next() } else { None };
        self.arrays.get(name).or(only).ok_or_else(|| self.wrong(format!("expected an array `{name}`, the inputs of the training data")))
    }

    fn pair(&self, names: &[&str], part: &str, options: &TableOptions) -> Result<Pairs, DataError> {
        let target = match &options.targets[..] {
            [] => TARGETS.iter().copied().find(|name| names.contains(name)),
            [name] => names.iter().copied().find(|known| known == name),
            several => return Err(self.wrong(format!("expected one array as the target, found {}; one", listed(several)))),
        };
        let Some(target) = target else {
            return Err(self.wrong("expected `--target`, the array to predict".to_owned()));
        };
        let others: Vec<&str> = names.iter().copied().filter(|name| *name != target).collect();
        let inputs = match others[..] {
            [only] => Some(only),
            _ => INPUTS.iter().copied().find(|name| others.contains(name)),
        };
        match inputs {
            Some(inputs) => self.both(inputs, target, part),
            None => Err(self.wrong("expected one array of inputs besides the target; `--ignore` leaves others out".to_owned())),
        }
    }

    fn both(&self, inputs: &str, targets: &str, part: &str) -> Result<Pairs, DataError> {
        let array = |name: &str| {
            let name = format!("{name}{part}");
            self.arrays.get(&name).cloned().ok_or_else(|| self.wrong(format!("expected an array `{name}`")))
        };
        Pairs::new(array(inputs)?, array(targets)?)
    }

    fn wrong(&self, expected: String) -> DataError {
        let found: Vec<String> = self.arrays.values().map(|rows| format!("`{}` {}", rows.name(), shown(rows.shape()))).collect();
        let found = if found.is_empty() { "no arrays".to_owned() } else { found.join(", ") };
        DataError::Content { path: self.path.clone(), expected, found }
    }
}
