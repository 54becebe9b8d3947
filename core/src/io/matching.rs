//! Partial loading, for transfer learning.

use std::collections::BTreeSet;
use std::path::Path;

use dfdx::nn::tensor_collection::TensorCollection;
use dfdx::tensor_ops::Device;

use super::arrays::{NumberType, Source};
use super::report::counters;
use super::{Converted, IoError, LoadReport, Mismatch, OnNonFinite, bytes, first_non_finite, is_counter};
use crate::Scalar;
use crate::model::Place;
use crate::model::any_tensor::{AnyTensor, each_mut};

/// Loads the tensors that have the same path and shape in a file, leaves all others unchanged, and reports both: for a network whose head differs
/// from the checkpoint's. The file is safetensors, a file of PyTorch, or `.npz`, whichever its bytes are. Tensors with NaN or infinite numbers are loaded and named in the report; [`load_renamed_with`] can refuse them.
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
/// Returns an error if the file cannot be read, is damaged or is refused, or if a tensor that would be loaded has numbers of a type that is not read. The
/// module is unchanged then.
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
    let file = Source::open(path, &bytes, None)?;
    let mut walk = |store| {
        let (report, used) = (LoadReport::default(), BTreeSet::new());
        let mut matcher = Matcher { path, file: &file, rename: &rename as &dyn Fn(&str) -> String, on_non_finite, store, report, used };
        each_mut(&mut *module, |place, tensor| matcher.tensor(place, tensor))?;
        Ok((matcher.report, matcher.used))
    };
    // Everything is checked before anything is changed.
    walk(false)?;
    let (mut report, used) = walk(true)?;
    let names = file.tensors.keys().filter(|name| !is_counter(name) && !used.contains(*name));
    report.unused = names.cloned().collect();
    report.ignored = counters(file.tensors.keys());
    report.left_out = file.left_out;
    Ok(report)
}

struct Matcher<'a> {
    path: &'a Path,
    file: &'a Source<'a>,
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
        let Some(entry) = self.file.tensors.get(&there) else {
            self.report.missing.push(name);
            return Ok(());
        };
        let expected = tensor.shape();
        if entry.shape() != expected {
            self.report.mismatched.push(Mismatch { name, expected, found: entry.shape().to_vec() });
        } else {
            let view = self.file.view(self.path, &there).expect("the tensor was there a moment ago")?;
            if let Some(found) = first_non_finite::<E>(&there, view) {
                if self.on_non_finite == OnNonFinite::Refuse {
                    return Err(IoError::NonFinite { path: self.path.to_owned(), found });
                }
                self.report.non_finite.push(name.clone());
            }
            if view.kind() != NumberType::of::<E>() {
                self.report.converted.push(Converted { name: name.clone(), from: view.kind() });
            }
            if self.store {
                tensor.write(&view.decode::<E>()).unwrap_or_else(|error| panic!("{error}"));
            }
            self.report.loaded.push(name);
        }
        self.used.insert(there);
        Ok(())
    }
}
