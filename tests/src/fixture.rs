//! The fixtures that `pytorch/generate.py` wrote; its header explains the names in them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::Numbers;

/// All tensors of one kind of layer.
pub struct Fixture {
    kind: String,
    tensors: BTreeMap<String, Numbers>,
}

/// One case.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its name.
    pub name: String,
    /// The inputs: `input`, `output_grad`, and parameters and buffers by path.
    pub given: BTreeMap<String, Numbers>,
    /// The expected results of a training step; `None` if they are random.
    pub train: Option<BTreeMap<String, Numbers>>,
    /// The expected results at inference.
    pub eval: BTreeMap<String, Numbers>,
}

/// The folder of the fixtures.
pub fn folder() -> PathBuf {
    root().join("tests/pytorch/fixtures")
}

/// The repository: where it was when this was compiled, or in `LAYERCAKE_ROOT`, for a program that runs on another machine.
pub fn root() -> PathBuf {
    std::env::var_os("LAYERCAKE_ROOT").map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join(".."), PathBuf::from)
}

impl Fixture {
    /// Reads a kind's file.
    ///
    /// # Panics
    /// If it cannot be read.
    pub fn open(kind: &str) -> Self {
        Self::read(&folder().join(format!("{kind}.safetensors")), kind)
    }

    /// What `pytorch/gallery.py` wrote of the networks of the gallery.
    ///
    /// # Panics
    /// If it cannot be read.
    pub fn gallery() -> Self {
        Self::read(&folder().with_file_name("gallery").join("values.safetensors"), "gallery")
    }

    fn read(path: &Path, kind: &str) -> Self {
        Self { kind: kind.to_owned(), tensors: Numbers::read(path) }
    }

    /// The names of the cases.
    pub fn cases(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.tensors.keys().filter_map(|key| key.strip_suffix("/given/input")).collect();
        names.sort_unstable();
        names
    }

    /// One tensor.
    ///
    /// # Panics
    /// If there is none of that name.
    pub fn tensor(&self, key: &str) -> &Numbers {
        self.tensors.get(key).unwrap_or_else(|| panic!("the fixture `{}` has no `{key}`", self.kind))
    }

    /// The tensors of a part of a case.
    pub fn part(&self, case: &str, part: &str) -> BTreeMap<String, Numbers> {
        let prefix = format!("{case}/{part}/");
        self.tensors.iter().filter_map(|(key, tensor)| Some((key.strip_prefix(&prefix)?.to_owned(), tensor.clone()))).collect()
    }

    /// One case.
    ///
    /// # Panics
    /// If there is none of that name.
    pub fn case(&self, name: &str) -> Case {
        let [given, both, train, eval] = ["given", "both", "train", "eval"].map(|part| self.part(name, part));
        assert!(!given.is_empty(), "the fixture `{}` has no case `{name}`", self.kind);
        let (train, eval) = if both.is_empty() { (Some(train).filter(|part| !part.is_empty()), eval) } else { (Some(both.clone()), both) };
        assert!(!eval.is_empty(), "the case `{}/{name}` has no results", self.kind);
        Case { name: name.to_owned(), given, train, eval }
    }
}
