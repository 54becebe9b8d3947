//! What a model is trained on.

use std::fmt;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::data::KnownDataset;

/// What a model is trained on. In `config.json` and `summary.json` it is the key `dataset`, `environment` or `data`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A data set.
    Dataset(KnownDataset),
    /// An environment, by its name.
    Environment(String),
    /// The user's own data, by the name of the file or folder.
    Data(String),
}

impl Source {
    /// The data set, if it is one.
    pub fn dataset(&self) -> Option<KnownDataset> {
        match self {
            Self::Dataset(dataset) => Some(*dataset),
            Self::Environment(_) | Self::Data(_) => None,
        }
    }

    /// The name of the environment, if it is one.
    pub fn environment(&self) -> Option<&str> {
        match self {
            Self::Dataset(_) | Self::Data(_) => None,
            Self::Environment(name) => Some(name),
        }
    }
}

/// The user's own file or folder, by its name without the extension, as a part of a folder's name; `own` for data without a file.
impl From<Option<&Path>> for Source {
    fn from(path: Option<&Path>) -> Self {
        let name = path.and_then(|path| path.file_name()?.to_str());
        let stem = name.map_or("own", |name| name.split_once('.').map_or(name, |(stem, _)| if stem.is_empty() { name } else { stem }));
        Self::Data(stem.chars().map(|c| if c.is_alphanumeric() || c == '_' { c } else { '-' }).collect())
    }
}

impl From<KnownDataset> for Source {
    fn from(dataset: KnownDataset) -> Self {
        Self::Dataset(dataset)
    }
}

/// Its name.
impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dataset(dataset) => dataset.fmt(f),
            Self::Environment(name) | Self::Data(name) => f.write_str(name),
        }
    }
}
