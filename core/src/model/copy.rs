//! Copying tensors from one model to another.

use std::collections::HashMap;

use dfdx::nn::tensor_collection::TensorCollection;
use dfdx::tensor_ops::Device;

use super::{Model, Named};
use crate::Scalar;

/// Why tensors cannot be copied.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CopyError {
    /// The source has no tensor of this path.
    #[error("`{path}` is to be copied from `{from}`, which does not exist")]
    Missing {
        /// The path of the target.
        path: String,
        /// The path of the source.
        from: String,
    },
    /// The shapes differ.
    #[error("`{path}` {shape:?} cannot be copied from `{from}` {found:?}")]
    Shape {
        /// The path of the target.
        path: String,
        /// Its shape.
        shape: Vec<usize>,
        /// The path of the source.
        from: String,
        /// Its shape.
        found: Vec<usize>,
    },
}

/// Copies tensors into a model from another one, which may be of another type and on another device. `from` gives the path of the source for each path of the
/// target, or `None` to leave a tensor as it is. Returns the number of tensors copied; the model is unchanged if there is an error.
///
/// ```
/// use layercake::model::copy_tensors;
/// use layercake::prelude::*;
///
/// network! {
///     Encoder: [4] -> [2] { fc1: Linear(3), Tanh, fc2: Linear(2) }
///     Classifier: [4] -> [10] { encoder: Encoder, Tanh, scores: Linear(10) }
/// }
///
/// let device = Cpu::seed_from_u64(0);
/// let (pretrained, mut classifier) = (Encoder::new(&device), Classifier::new(&device));
/// let copied = copy_tensors(&mut classifier, &pretrained, |path| path.strip_prefix("encoder.").map(str::to_owned))?;
/// assert_eq!(copied, 4);
/// assert_eq!(classifier.encoder.fc1.weight.array(), pretrained.fc1.weight.array());
/// # Ok::<(), layercake::model::CopyError>(())
/// ```
///
/// # Errors
/// Returns an error if a path of the source does not exist, or the shapes differ.
///
/// # Panics
/// Panics if a device is out of memory.
pub fn copy_tensors<M, N, E: Scalar, D: Device<E>, D2: Device<E>>(
    target: &mut M,
    source: &N,
    from: impl Fn(&str) -> Option<String>,
) -> Result<usize, CopyError>
where
    M: TensorCollection<E, D>,
    N: TensorCollection<E, D2>,
{
    let copies = sources(target, source, from)?;
    target.for_each_tensor_mut(|mut tensor| {
        if let Some(found) = copies.get(tensor.path()) {
            tensor.copy_from(&found.to_vec());
        }
    });
    Ok(copies.len())
}

/// The source of each tensor of the target that has one, by the path of the target.
pub(crate) fn sources<M, N, E: Scalar, D: Device<E>, D2: Device<E>>(
    target: &M,
    source: &N,
    from: impl Fn(&str) -> Option<String>,
) -> Result<HashMap<String, Named<E, D2>>, CopyError>
where
    M: TensorCollection<E, D>,
    N: TensorCollection<E, D2>,
{
    let known: HashMap<String, Named<E, D2>> =
        source.named_tensors().into_iter().map(|tensor| (tensor.path().to_owned(), tensor)).collect();
    let mut found = HashMap::new();
    for tensor in target.named_tensors() {
        let path = tensor.path().to_owned();
        let Some(from) = from(&path) else { continue };
        match known.get(&from) {
            None => return Err(CopyError::Missing { path, from }),
            Some(source) if source.shape() != tensor.shape() => {
                let (shape, found) = (tensor.shape().to_vec(), source.shape().to_vec());
                return Err(CopyError::Shape { path, shape, from, found });
            }
            Some(source) => _ = found.insert(path, source.clone()),
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prelude::*;

    network! {
        Small: [2] -> [3] { a: Linear(3), BatchNorm1d, b: Linear(3) }
        Other: [2] -> [4] { a: Linear(3), BatchNorm1d, b: Linear(4) }
    }

    #[test]
    fn nothing_is_copied_by_halves() {
        let device = Cpu::seed_from_u64(1);
        let (source, mut target) = (Small::new(&device), Other::new(&device));
        let before: Vec<Vec<f32>> = target.named_tensors().iter().map(Named::to_vec).collect();
        let error = copy_tensors(&mut target, &source, |path| Some(path.to_owned())).unwrap_err().to_string();
        assert_eq!(error, "`b.weight` [4, 3] cannot be copied from `b.weight` [3, 3]");
        let error = copy_tensors(&mut target, &source, |path| Some(format!("c.{path}"))).unwrap_err().to_string();
        assert_eq!(error, "`a.weight` is to be copied from `c.a.weight`, which does not exist");
        assert_eq!(before, target.named_tensors().iter().map(Named::to_vec).collect::<Vec<_>>());
        // Buffers too.
        let copied = copy_tensors(&mut target, &source, |path| (!path.starts_with("b.")).then(|| path.to_owned())).unwrap();
        assert_eq!(copied, source.named_tensors().len() - 2);
        assert_eq!(target.a.weight.array(), source.a.weight.array());
    }
}
