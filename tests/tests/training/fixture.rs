//! The fixtures that `pytorch/training.py` wrote.

use std::collections::BTreeMap;
use std::path::PathBuf;

use layercake_tests::Numbers;
use safetensors::SafeTensors;

/// All tensors of a file.
pub struct Fixture(BTreeMap<String, Numbers>);

impl Fixture {
    pub fn open(name: &str) -> Self {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("pytorch/training/{name}.safetensors"));
        let bytes = std::fs::read(&path).unwrap();
        let file = SafeTensors::deserialize(&bytes).unwrap();
        let numbers = |data: &[u8]| data.as_chunks().0.iter().map(|&bytes| f64::from_le_bytes(bytes)).collect();
        Self(
            file.iter()
                .map(|(key, view)| (key.to_owned(), Numbers { dims: view.shape().to_vec(), values: numbers(view.data()) }))
                .collect(),
        )
    }

    pub fn get(&self, key: &str) -> &Numbers {
        self.0.get(key).unwrap_or_else(|| panic!("no `{key}`"))
    }

    /// The first parts of the names.
    pub fn cases(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.0.keys().map(|key| key.split('/').next().unwrap()).collect();
        names.dedup();
        names
    }
}
