//! The fixtures that `pytorch/generate.py` wrote; its header explains the names in them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use safetensors::{Dtype, SafeTensors};

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
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("pytorch/fixtures")
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
        let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let file = SafeTensors::deserialize(&bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let tensors = file.iter().map(|(key, view)| {
            let values = match view.dtype() {
                Dtype::F32 => view.data().as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes).into()).collect(),
                Dtype::U8 => view.data().iter().map(|&byte| byte.into()).collect(),
                dtype => panic!("{}: `{key}` has the type {dtype:?}", path.display()),
            };
            (key.to_owned(), Numbers { dims: view.shape().to_vec(), values })
        });
        Self { kind: kind.to_owned(), tensors: tensors.collect() }
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
