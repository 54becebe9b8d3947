//! Partial loading, for transfer learning.

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;

use dfdx::nn::tensor_collection::TensorCollection;
use dfdx::tensor_ops::Device;
use safetensors::tensor::SafeTensors;

use super::IoError;
use super::safetensors::{OnNonFinite, bytes, decode, first_non_finite, is_counter, is_read, open};
use crate::Scalar;
use crate::model::Place;
use crate::model::any_tensor::{AnyTensor, each_mut};

/// The result of [`load_matching`]. `Display` prints one line for each tensor that was not loaded or not used, with the reason.
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
        Ok(())
    }
}

/// Loads the tensors that have the same path and shape in a file, leaves all others unchanged, and reports both: for a network whose head differs
/// from the checkpoint's. Tensors with NaN or infinite numbers are loaded and named in the report; [`load_renamed_with`] can refuse them.
///
/// ```no_run
/// # use layercake::prelude::*;
/// # network! { Net: [4] -> [3] { fc: Linear(3) } }
/// # let mut net = Net::new(&Cpu::default());
/// let report = layercake::io::load_matching(&mut net, "pretrained.safetensors")?;
/// println!("{report}");
/// assert!(report.missing.iter().all(|path| path.starts_with("fc.")), "more than the head is missing");
/// # Ok::<(), layercake::io::IoError>(())
/// ```
///
/// # Errors
/// Returns an error if the file cannot be read or is damaged, or if a tensor that would be loaded is neither F32 nor F64. The module is unchanged
/// then.
pub fn load_matching<M: TensorCollection<E, D>, E: Scalar, D: Device<E>>(
    module: &mut M,
    path: impl AsRef<Path>,
) -> Result<LoadReport, IoError> {
    load_renamed(module, path, str::to_owned)
}

/// [`load_matching`] for a file with other names: `rename` maps a tensor's path in the network to its name in the file.
///
/// # Errors
/// The same as [`load_matching`].
pub fn load_renamed<M: TensorCollection<E, D>, E: Scalar, D: Device<E>>(
    module: &mut M,
    path: impl AsRef<Path>,
    rename: impl Fn(&str) -> String,
) -> Result<LoadReport, IoError> {
    load_renamed_with(module, path, rename, OnNonFinite::Accept)
}

/// [`load_renamed`] with a choice of what to do with NaN and infinite numbers. For unchanged names pass `str::to_owned`.
///
/// # Errors
/// The same as [`load_matching`]; and, with [`OnNonFinite::Refuse`], if a tensor that would be loaded has a NaN or infinite number.
pub fn load_renamed_with<M: TensorCollection<E, D>, E: Scalar, D: Device<E>>(
    module: &mut M,
    path: impl AsRef<Path>,
    rename: impl Fn(&str) -> String,
    on_non_finite: OnNonFinite,
) -> Result<LoadReport, IoError> {
    let path = path.as_ref();
    let bytes = bytes(path)?;
    let file = open(path, &bytes)?;
    let mut walk = |store| {
        let (report, used) = (LoadReport::default(), BTreeSet::new());
        let mut matcher = Matcher { path, file: &file, rename: &rename as &dyn Fn(&str) -> String, on_non_finite, store, report, used };
        each_mut(&mut *module, |place, tensor| matcher.tensor(place, tensor))?;
        Ok((matcher.report, matcher.used))
    };
    // Everything is checked before anything is changed.
    walk(false)?;
    let (mut report, used) = walk(true)?;
    let names: BTreeSet<&str> = file.names().into_iter().filter(|name| !is_counter(name)).collect();
    report.unused = names.into_iter().filter(|name| !used.contains(*name)).map(str::to_owned).collect();
    Ok(report)
}

struct Matcher<'a> {
    path: &'a Path,
    file: &'a SafeTensors<'a>,
    rename: &'a dyn Fn(&str) -> String,
    on_non_finite: OnNonFinite,
    store: bool,
    report: LoadReport,
    used: BTreeSet<String>,
}

impl Matcher<'_> {
    fn tensor<E: Scalar, D: Device<E>>(&mut self, place: Place<'_>, tensor: &mut dyn AnyTensor<E, D>) -> Result<(), IoError> {
        let name = place.path.to_owned();
        let there = (self.rename)(&name);
        let Ok(view) = self.file.tensor(&there) else {
            self.report.missing.push(name);
            return Ok(());
        };
        let expected = tensor.shape();
        if view.shape() != expected {
            self.report.mismatched.push(Mismatch { name, expected, found: view.shape().to_vec() });
        } else if !is_read(view.dtype()) {
            return Err(IoError::Dtype { path: self.path.to_owned(), name: there, found: format!("{:?}", view.dtype()) });
        } else {
            if let Some(found) = first_non_finite::<E>(&there, &view) {
                if self.on_non_finite == OnNonFinite::Refuse {
                    return Err(IoError::NonFinite { path: self.path.to_owned(), found });
                }
                self.report.non_finite.push(name.clone());
            }
            if self.store {
                tensor.write(&decode::<E>(&view)).unwrap_or_else(|error| panic!("{error}"));
            }
            self.report.loaded.push(name);
        }
        self.used.insert(there);
        Ok(())
    }
}
