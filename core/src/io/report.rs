//! What loading did.

use std::collections::BTreeMap;
use std::fmt;

use super::{NumberType, is_counter};

/// The result of loading parameters. `Display` prints one line for each tensor that was not loaded or not used, with the reason, and one line for each
/// number type that was converted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoadReport {
    /// The network's tensors that were loaded.
    pub loaded: Vec<String>,
    /// The network's tensors that are not in the file. They are unchanged.
    pub missing: Vec<String>,
    /// The network's tensors that have another shape in the file. They are unchanged.
    pub mismatched: Vec<Mismatch>,
    /// The file's tensors that the network does not have.
    pub unused: Vec<String>,
    /// The loaded tensors that have NaN or infinite numbers.
    pub non_finite: Vec<String>,
    /// The loaded tensors whose numbers had another type in the file than in the network.
    pub converted: Vec<Converted>,
    /// The file's tensors that a network has no use for: PyTorch's `num_batches_tracked`.
    pub ignored: Vec<String>,
    /// What the file has beside the `state_dict` that was read.
    pub left_out: Vec<LeftOut>,
}

/// A tensor that has another shape in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// Its path in the network.
    pub name: String,
    /// The network's shape.
    pub expected: Vec<usize>,
    /// The file's shape.
    pub found: Vec<usize>,
}

/// A tensor whose numbers were converted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Converted {
    /// Its path in the network, or its name in a file that was written.
    pub name: String,
    /// The type in the file that was read.
    pub from: NumberType,
}

/// Something in a file that was not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Its place in the file: keys with dots between them.
    pub name: String,
    /// What it is, and why it was left out.
    pub reason: String,
}

impl LoadReport {
    /// Whether every tensor of the network was loaded and every tensor of the file was used. Numbers may be NaN or infinite all the same.
    pub fn is_complete(&self) -> bool {
        self.missing.is_empty() && self.mismatched.is_empty() && self.unused.is_empty()
    }
}

impl fmt::Display for LoadReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = self.loaded.len() + self.missing.len() + self.mismatched.len();
        write!(f, "{} of the network's {all} tensors loaded", self.loaded.len())?;
        for name in &self.missing {
            write!(f, "\n`{name}` is not in the file")?;
        }
        for Mismatch { name, expected, found } in &self.mismatched {
            write!(f, "\n`{name}` has shape {found:?} in the file, but {expected:?} in the network")?;
        }
        for name in &self.unused {
            write!(f, "\n`{name}` of the file is not in the network")?;
        }
        for name in &self.non_finite {
            write!(f, "\n`{name}` holds NaN or infinite numbers")?;
        }
        for (from, count) in by_type(&self.converted) {
            write!(f, "\n{count} of the tensors converted from {from}")?;
        }
        if !self.ignored.is_empty() {
            write!(f, "\n{} `num_batches_tracked` ignored", self.ignored.len())?;
        }
        for LeftOut { name, reason } in &self.left_out {
            write!(f, "\n`{name}` left out: {reason}")?;
        }
        Ok(())
    }
}

/// How many tensors had each number type.
pub(super) fn by_type(converted: &[Converted]) -> BTreeMap<NumberType, usize> {
    converted.iter().fold(BTreeMap::new(), |mut types, tensor| {
        *types.entry(tensor.from).or_default() += 1;
        types
    })
}

/// The names that are counters of batch normalization.
pub(super) fn counters<'a>(names: impl Iterator<Item = &'a String>) -> Vec<String> {
    names.filter(|name| is_counter(name)).cloned().collect()
}
