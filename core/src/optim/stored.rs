//! The state of an optimizer in a file: safetensors, with PyTorch's names for the averages (`fc1.weight.exp_avg`, `fc1.weight.step`).

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use dfdx::nn::tensor_collection::TensorCollection;
use dfdx::tensor_ops::Device;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use super::rule::{At, Rule};
use super::share::Place;
use super::state::{Buffers, State};
use super::step::Optim;
use crate::Scalar;
use crate::io::{Entry, IoError, NumberType, Source, dtype, encode, first_non_finite, read, tensors, write_atomically};
use crate::model::{Model, Named};

/// The key in the file that names the optimizer.
const OWNER: &str = "optimizer";

impl<R: Rule, E: Scalar, D: Device<E>> Optim<R, E, D> {
    /// Saves the state of the parameters: averages and numbers of steps. Options, groups and frozen parameters are not in the file. The file is
    /// written atomically. An optimizer of a share ([`Optim::share`]) has the state of that share alone, and its file cannot be loaded: save that of [`Optim::whole`].
    ///
    /// # Errors
    /// Returns an error if the file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), IoError> {
        let path = path.as_ref();
        let mut tensors: Vec<(String, Dtype, Vec<usize>, Vec<u8>)> = Vec::new();
        for (name, state) in &self.states {
            tensors.push((format!("{name}.step"), Dtype::U64, Vec::new(), state.steps.to_le_bytes().to_vec()));
            for ((buffer, _), numbers) in self.cfg.buffers().iter().zip(state.buffers.numbers()) {
                tensors.push((format!("{name}.{buffer}"), dtype::<E>(), vec![numbers.len()], encode(&numbers)));
            }
        }
        let views = tensors.iter().map(|(name, dtype, shape, bytes)| {
            (name, TensorView::new(*dtype, shape.clone(), bytes).expect("there are as many bytes as the shape says"))
        });
        let owner = HashMap::from([(OWNER.to_owned(), R::NAME.to_owned())]);
        let bytes = safetensors::serialize(views, Some(owner)).expect("tensors in memory can be serialized");
        write_atomically(path, &bytes).map_err(|source| IoError::Write { path: path.into(), source })
    }

    /// Loads a state that [`Optim::save`] saved. A parameter that is not in the file, because it was frozen, starts with a new state. On an error the
    /// optimizer is not changed.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read, is damaged, belongs to another optimizer, or does not match the model's parameters.
    pub fn load<M: TensorCollection<E, D>>(&mut self, model: &M, path: impl AsRef<Path>) -> Result<(), IoError> {
        self.load_for(&model.named_parameters(), path.as_ref())
    }

    fn load_for(&mut self, parameters: &[Named<E, D>], path: &Path) -> Result<(), IoError> {
        let bytes = read(path).map_err(|source| IoError::Read { path: path.into(), source })?;
        let wrong = |reason: String| IoError::Format { path: path.into(), format: "safetensors", reason };
        let file = tensors(path, &bytes)?;
        let (_, header) = SafeTensors::read_metadata(&bytes).map_err(|error| wrong(error.to_string()))?;
        let other = |expected: String, found: String| IoError::OptimizerState { path: path.into(), expected, found };
        match header.metadata().as_ref().and_then(|entries| entries.get(OWNER)) {
            Some(owner) if owner == R::NAME => {}
            Some(owner) => return Err(other(format!("the state of {}", R::NAME), format!("the state of {owner}"))),
            None => return Err(other(format!("the state of {}", R::NAME), "a file of another kind".to_owned())),
        }
        let buffers = self.cfg.buffers();
        let (mut states, mut known, mut place) = (BTreeMap::new(), 0, Place::default());
        for parameter in parameters {
            let own = place.next(&self.share, parameter.element_count());
            let Some(step) = file.view(path, &format!("{}.step", parameter.path())).transpose()? else { continue };
            let steps = match (step.kind(), step.in_order().as_array()) {
                (NumberType::U64, Some(bytes)) => u64::from_le_bytes(*bytes),
                _ => {
                    let expected = format!("`{}.step` to be one U64 number", parameter.path());
                    return Err(other(expected, format!("{} of shape {:?}", step.kind(), step.shape())));
                }
            };
            if steps == 0 || steps > MOST_STEPS {
                return Err(other(format!("`{}.step` to be in 1..={MOST_STEPS}", parameter.path()), steps.to_string()));
            }
            let mut numbers = Vec::new();
            for (buffer, _) in &buffers {
                let whole = buffer_of::<E>(&file, path, &format!("{}.{buffer}", parameter.path()), parameter.element_count())?;
                numbers.push(if own.len() == whole.len() { whole } else { whole[own.clone()].to_vec() });
            }
            known += 1 + buffers.len();
            let device = parameter.flat().device().clone();
            let in_place = self.cfg.kernel::<E>(At::new(steps, self.cfg.lr(), self.cfg.weight_decay())).is_some();
            let buffers = Buffers::new(numbers, &device, in_place).map_err(|error| wrong(format!("the device failed: {error}")))?;
            states.insert(parameter.path().to_owned(), State { steps, buffers });
        }
        if file.tensors.len() != known {
            let ours = |name: &str| {
                let (owner, kind) = name.rsplit_once('.').unwrap_or(("", name));
                states.contains_key(owner) && (kind == "step" || buffers.iter().any(|(buffer, _)| *buffer == kind))
            };
            let stranger = file.tensors.iter().find(|(name, _)| !ours(name));
            let (name, found) = stranger.map(|(name, entry)| (name.clone(), entry.shape().to_vec())).unwrap_or_default();
            return Err(IoError::Unexpected { path: path.into(), name, found });
        }
        self.states = states;
        Ok(())
    }
}

/// More steps than any run takes; a larger number means that the file is damaged.
const MOST_STEPS: u64 = 1 << 53;

/// The elements of one buffer, as many as its parameter has.
fn buffer_of<E: Scalar>(file: &Source<'_>, path: &Path, name: &str, len: usize) -> Result<Vec<E>, IoError> {
    let (path, name, expected) = (path.to_owned(), name.to_owned(), vec![len]);
    let Some(entry) = file.tensors.get(&name) else { return Err(IoError::Missing { path, name, expected }) };
    if entry.shape() != expected {
        return Err(IoError::Shape { path, name, expected, found: entry.shape().to_vec() });
    }
    let view = match entry {
        Entry::Read(view) if matches!(view.kind(), NumberType::F32 | NumberType::F64) => view,
        Entry::Read(view) => return Err(IoError::Dtype { path, name, found: view.kind().to_string() }),
        Entry::Unread { kind, .. } => return Err(IoError::Dtype { path, name, found: kind.clone() }),
    };
    if let Some(found) = first_non_finite::<E>(&name, view) {
        return Err(IoError::NonFinite { path, found });
    }
    Ok(view.decode())
}
