//! Loading a file that has exactly the tensors of a module.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::path::Path;

use dfdx::nn::tensor_collection::TensorCollection;
use dfdx::tensor_ops::Device;

use super::arrays::{NumberType, Source};
use super::report::counters;
use super::{Converted, IoError, LoadReport, OnNonFinite, bytes, first_non_finite, is_counter};
use crate::Scalar;
use crate::model::Place;
use crate::model::any_tensor::{AnyTensor, each, each_mut};

/// Loads all tensors of a module from a file that has exactly these tensors: safetensors, a file of PyTorch, or `.npz`, whichever its bytes are. On an
/// error the module is unchanged.
///
/// Numbers of other types are converted; the report says so. A NaN or infinite number is an error. PyTorch's `num_batches_tracked` of batch
/// normalization is ignored.
///
/// ```no_run
/// # use layercake::prelude::*;
/// # network! { Net: [4] -> [3] { fc: Linear(3) } }
/// # let mut net = Net::new(&Cpu::default());
/// let report = io::load_parameters(&mut net, "model.pt")?;
/// println!("{report}");
/// # Ok::<(), io::IoError>(())
/// ```
///
/// # Errors
/// Returns an error if the file cannot be read, is damaged or is refused, or if a tensor is missing, has another shape, has a NaN or infinite number, or
/// is not a tensor of the module.
pub fn load_parameters<M: TensorCollection<E, D>, E: Scalar, D: Device<E>>(
    module: &mut M,
    path: impl AsRef<Path>,
) -> Result<LoadReport, IoError> {
    let path = path.as_ref();
    let bytes = bytes(path)?;
    load(module, path, Source::open(path, &bytes, None)?, OnNonFinite::Refuse)
}

/// Loads all tensors of a module from a file that has exactly these.
pub(super) fn load<M: TensorCollection<E, D>, E: Scalar, D: Device<E>>(
    module: &mut M,
    path: &Path,
    file: Source<'_>,
    on_non_finite: OnNonFinite,
) -> Result<LoadReport, IoError> {
    let mut checker = Checker { path, file: &file, on_non_finite, known: BTreeSet::new(), report: LoadReport::default() };
    each(&*module, |place, tensor: &dyn AnyTensor<E, D>| checker.tensor(place, tensor))?;
    checker.check_names()?;
    let report = checker.report;
    let Ok(()) = each_mut(module, |place, tensor| store(path, &file, place, tensor));
    Ok(LoadReport { ignored: counters(file.tensors.keys()), left_out: file.left_out, ..report })
}

/// Compares every tensor with the file before anything is changed.
struct Checker<'a> {
    path: &'a Path,
    file: &'a Source<'a>,
    on_non_finite: OnNonFinite,
    known: BTreeSet<String>,
    report: LoadReport,
}

impl Checker<'_> {
    fn tensor<E: Scalar, D: Device<E>>(&mut self, place: Place<'_>, tensor: &dyn AnyTensor<E, D>) -> Result<(), IoError> {
        let name = place.path.to_owned();
        let (path, expected) = (self.path.to_owned(), tensor.shape());
        let Some(entry) = self.file.tensors.get(&name) else {
            return Err(match self.renamed(&name) {
                Some((found, rename)) => IoError::Renamed { path, name, found, rename },
                None => IoError::Missing { path, name, expected },
            });
        };
        if entry.shape() != expected {
            return Err(IoError::Shape { path, name, expected, found: entry.shape().to_vec() });
        }
        let view = self.file.view(self.path, &name).expect("the tensor was there a moment ago")?;
        if let Some(found) = first_non_finite::<E>(&name, view) {
            if self.on_non_finite == OnNonFinite::Refuse {
                return Err(IoError::NonFinite { path, found });
            }
            self.report.non_finite.push(name.clone());
        }
        if view.kind() != NumberType::of::<E>() {
            self.report.converted.push(Converted { name: name.clone(), from: view.kind() });
        }
        self.report.loaded.push(name.clone());
        self.known.insert(name);
        Ok(())
    }

    /// The tensor's name in a file in which all paths are longer or shorter at the beginning, and a function that renames it so.
    fn renamed(&self, name: &str) -> Option<(String, String)> {
        let names = || self.file.tensors.keys();
        let before = |long: &str, short: &str| long.strip_suffix(short).filter(|prefix| prefix.ends_with('.')).map(str::to_owned);
        for found in names() {
            if let Some(prefix) = before(found, name).filter(|prefix| names().all(|name| name.starts_with(prefix))) {
                return Some((found.clone(), format!("|name| format!(\"{prefix}{{name}}\")")));
            }
            if let Some(prefix) = before(name, found).filter(|prefix| names().all(|name| !name.starts_with(prefix))) {
                return Some((found.clone(), format!("|name| name.replacen(\"{prefix}\", \"\", 1)")));
            }
        }
        None
    }

    /// Rejects tensors of the file that are not of the module.
    fn check_names(&self) -> Result<(), IoError> {
        let unknown = self.file.tensors.iter().find(|(name, _)| !self.known.contains(*name) && !is_counter(name));
        let Some((name, entry)) = unknown else { return Ok(()) };
        Err(IoError::Unexpected { path: self.path.into(), name: name.to_owned(), found: entry.shape().to_vec() })
    }
}

/// Stores a tensor, after [`Checker`] has checked them all.
fn store<E: Scalar, D: Device<E>>(
    path: &Path,
    file: &Source<'_>,
    place: Place<'_>,
    tensor: &mut dyn AnyTensor<E, D>,
) -> Result<(), Infallible> {
    let view = file.view(path, place.path).and_then(Result::ok).expect("the tensor was there a moment ago");
    tensor.write(&view.decode::<E>()).unwrap_or_else(|error| panic!("{error}"));
    Ok(())
}
