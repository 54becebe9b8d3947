//! The fixtures in double precision: of losses, optimizers, averages and schedules by `pytorch/training.py`, of explanations by `pytorch/explain.py`.

use std::collections::BTreeMap;

use safetensors::SafeTensors;

use crate::Numbers;

/// All tensors of a file.
pub struct Fixture(BTreeMap<String, Numbers>);

impl Fixture {
    /// Reads a file of `pytorch/training`.
    ///
    /// # Panics
    /// If it cannot be read.
    pub fn open(name: &str) -> Self {
        Self::open_in("training", name)
    }

    /// Reads a file of a folder of `pytorch`.
    ///
    /// # Panics
    /// If it cannot be read.
    pub fn open_in(folder: &str, name: &str) -> Self {
        let path = crate::fixture::root().join(format!("tests/pytorch/{folder}/{name}.safetensors"));
        let bytes = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let file = SafeTensors::deserialize(&bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let numbers = |data: &[u8]| data.as_chunks().0.iter().map(|&bytes| f64::from_le_bytes(bytes)).collect();
        Self(
            file.iter()
                .map(|(key, view)| (key.to_owned(), Numbers { dims: view.shape().to_vec(), values: numbers(view.data()) }))
                .collect(),
        )
    }

    /// One tensor.
    ///
    /// # Panics
    /// If there is none of that name.
    pub fn get(&self, key: &str) -> &Numbers {
        self.0.get(key).unwrap_or_else(|| panic!("no `{key}`"))
    }

    /// All names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The first parts of the names.
    pub fn cases(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.0.keys().map(|key| key.split('/').next().expect("a name")).collect();
        names.dedup();
        names
    }
}
