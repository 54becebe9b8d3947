//! The step on a GPU: all parameters in one launch, and the norm for clipping where it is needed, so that nothing is read.

use std::sync::Arc;

use cudarc::driver::CudaDevice;
use dfdx::optim::UnusedTensors;
use dfdx::tensor::{Cuda, Gradients, Storage};
use dfdx::tensor_ops::Device;
use layercake_engine_cuda::{Many, norm_factor};

use super::clip::Clip;
use super::rule::{Flat, Rule};
use super::state::{Buffers, State};
use super::step::{AS_OFTEN, Optim};
use crate::Scalar;
use crate::cuda::generic::{memory, of_driver, on_engine, same, storage};
use crate::cuda::launch::{Given, Loaded};
use crate::cuda::many::{Row, blocks, launch};
use crate::cuda::owned;
use crate::cuda::places::Memory;
use crate::host::number;
use crate::model::Place;
use crate::model::any_tensor::AnyTensor;
use crate::run::value::Value;

/// Whether a rule's step is one launch on this device. All tensors have to be contiguous too.
pub(super) fn serves<R: Rule, E: Scalar, D: Device<E>>(optimizer: &Optim<R, E, D>) -> bool {
    owned::CAN_OWN && on_engine::<E, D>() && optimizer.cfg.formula(optimizer.at("", 1)).is_some()
}

/// Parameters with the same numbers in their formula.
struct Alike {
    text: String,
    numbers: Vec<f32>,
    averages: usize,
    rows: Vec<Row>,
}

/// Collects what the launches need.
pub(super) struct Fused<'a, R, E: Scalar, D: Device<E>> {
    pub optimizer: &'a mut Optim<R, E, D>,
    pub gradients: &'a mut Gradients<E, D>,
    /// For each parameter that is updated, in order, whether it has a gradient.
    pub present: std::slice::Iter<'a, bool>,
    pub missing: Vec<String>,
    pub unused: UnusedTensors,
    alike: Vec<Alike>,
    squares: Vec<Row>,
    /// dfdx's device, and the driver's.
    device: Option<(D, Arc<CudaDevice>)>,
}

impl<'a, R: Rule, E: Scalar, D: Device<E>> Fused<'a, R, E, D> {
    pub fn new(optimizer: &'a mut Optim<R, E, D>, gradients: &'a mut Gradients<E, D>, present: &'a [bool]) -> Self {
        let (missing, unused) = (Vec::new(), UnusedTensors::default());
        Self { optimizer, gradients, present: present.iter(), missing, unused, alike: Vec::new(), squares: Vec::new(), device: None }
    }

    pub fn tensor(&mut self, place: Place<'_>, tensor: &mut dyn AnyTensor<E, D>) -> Result<(), D::Err> {
        let optimizer = &mut *self.optimizer;
        if !optimizer.moves(place) {
            return Ok(());
        }
        let (path, known) = (place.path, optimizer.states.contains_key(place.path));
        if !self.present.next().expect(AS_OFTEN) {
            if !known {
                self.missing.push(path.to_owned());
                self.unused.ids.push(tensor.id());
            }
            return Ok(());
        }
        if !known {
            let buffers = Buffers::Device(Vec::new());
            optimizer.states.insert(path.to_owned(), State { steps: 0, buffers });
        }
        let at = optimizer.at(path, optimizer.states[path].steps + 1);
        let formula = optimizer.cfg.formula(at).expect("`serves` says so");
        let averages = optimizer.cfg.buffers().len();
        let state = optimizer.states.get_mut(path).expect("made a moment ago");
        state.steps = at.step;
        let buffers = on_device(&mut state.buffers, &optimizer.cfg, tensor)?;
        // Each is like the other: of one length, and no other tensor of that length is needed.
        tensor.own(&Value::erase(buffers[0].clone())?.0)?;
        let value = tensor.value()?;
        let parameter = value.flat();
        buffers.iter_mut().for_each(|buffer| owned::own(buffer, &parameter));
        let gradient = tensor.gradient(self.gradients)?;
        self.device.get_or_insert_with(|| (tensor.device().clone(), storage::<E, D>(gradient).device()));
        let gradient = memory::<E, D>(gradient);
        let mut row = vec![of_flat(&parameter), gradient];
        row.extend(buffers.iter().take(averages).map(of_flat));
        let numbers: Vec<f32> = formula.numbers.into_iter().map(number).collect();
        let known = self.alike.iter().position(|alike| alike.numbers == numbers && alike.averages == averages);
        let alike = known.unwrap_or_else(|| {
            self.alike.push(Alike { text: formula.text, numbers, averages, rows: Vec::new() });
            self.alike.len() - 1
        });
        self.alike[alike].rows.push(Row::new(row));
        self.squares.push(Row::new(vec![gradient]));
        Ok(())
    }

    /// Launches the step, with the gradients multiplied by a factor.
    pub fn launch(&self, factor: f64) -> Result<(), D::Err> {
        let Some((place, device)) = &self.device else { return Ok(()) };
        // Kept until everything is launched.
        let norm = match self.optimizer.clip {
            Some(Clip::Norm(most)) => Some(self.norm(place, device, factor, most)?),
            _ => None,
        };
        let most = if let Some(Clip::Value(most)) = self.optimizer.clip { most } else { f64::INFINITY };
        let norm = norm.as_ref().map_or(0, |norm| memory::<E, D>(norm).address());
        let common = [Given::At(norm), Given::Float(number(factor)), Given::Float(number(most))];
        self.alike.iter().try_for_each(|Alike { text, numbers, averages, rows }| {
            let many = Many::update(text, *averages, numbers.len());
            let given: Vec<Given> = common.into_iter().chain(numbers.iter().copied().map(Given::Float)).collect();
            launch(device, &many, rows, |_| given.clone()).map_err(of_driver::<D>)
        })
    }

    /// The factor of clipping by norm is the first number; the sums of squares of the blocks come behind it.
    fn norm(&self, place: &D, device: &Arc<CudaDevice>, factor: f64, most: f64) -> Result<<D as Storage<E>>::Vec, D::Err> {
        let (squares, last) = (Many::squares(), norm_factor());
        let count = blocks(&squares, &self.squares) as usize;
        let numbers = <D as Storage<E>>::try_alloc_len(place, count + 1)?;
        let begin = memory::<E, D>(&numbers).address();
        let parts = Given::At(begin + size_of::<f32>() as u64);
        launch(device, &squares, &self.squares, |first| vec![parts, Given::Int(first as usize)]).map_err(of_driver::<D>)?;
        let given = [parts, Given::At(begin), Given::Int(count), Given::Float(number(factor)), Given::Float(number(most))];
        let loaded = Loaded::new(Arc::clone(device), std::slice::from_ref(&last)).map_err(of_driver::<D>)?;
        loaded.plain(&last, 0, [1, 256], &given).map_err(of_driver::<D>)?;
        Ok(numbers)
    }
}

fn of_flat<E: Scalar, D: Device<E>>(flat: &Flat<E, D>) -> Memory {
    let flat: Flat<f32, Cuda> = same(flat.clone());
    Memory::of_tensor(&flat)
}

/// The buffers of a parameter as tensors, whatever they were before. A rule without buffers has one nevertheless, for [`owned::own`].
fn on_device<'s, R: Rule, E: Scalar, D: Device<E>>(
    buffers: &'s mut Buffers<E, D>,
    rule: &R,
    tensor: &dyn AnyTensor<E, D>,
) -> Result<&'s mut Vec<Flat<E, D>>, D::Err> {
    let (device, len) = (tensor.device(), tensor.element_count());
    if !matches!(buffers, Buffers::Device(_)) {
        *buffers = Buffers::new(buffers.numbers(), device, false)?;
    }
    let Buffers::Device(flats) = buffers else { unreachable!("the tensor is on a device") };
    if flats.is_empty() {
        let firsts = if rule.buffers().is_empty() { vec![0.0] } else { rule.buffers().iter().map(|&(_, first)| first).collect() };
        for first in firsts {
            flats.push(match first {
                0.0 => device.try_zeros_like(&(len,))?,
                first => device.try_tensor_from_vec(vec![number(first); len], (len,))?,
            });
        }
    }
    Ok(flats)
}
