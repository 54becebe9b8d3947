//! Runs a graph on the engine of the GPU, as one operation on dfdx's tape.
//!
//! Its layout is dfdx's, so nothing is copied: inputs, parameters, outputs and gradients are read and written where they are. What lies between them is
//! in one allocation, which is kept for the next pass.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::{Arc, OnceLock};

use cudarc::driver::{CudaDevice, CudaSlice};
use dfdx::tensor::{Cuda, Gradients, HasErr, Storage, Tape, ZerosTensor};
use layercake_engine::Mode;
use layercake_engine_cuda::{Key, Plan, Task};
use layercake_ir::{Graph, Node};

use super::call::{Call, Done, Path};
use super::place::{self, Place};
use super::portable;
use super::value::Value;
use crate::cuda::launch::Loaded;
use crate::cuda::options;
use crate::cuda::places::{Memory, Places};
use crate::tape::Located;

type Error = <Cuda as HasErr>::Err;

/// The number of plans that a graph keeps: the sizes of a training batch, of its remainder, and of an evaluation batch, each in two modes, and two more.
const PLANS: usize = 8;
/// The number of arenas that a plan keeps, for passes whose backward pass is yet to come.
const ARENAS: usize = 4;

/// What a graph keeps between passes.
#[derive(Default)]
struct Kept {
    /// The one that was used last is the last.
    plans: RefCell<Vec<(Key, Rc<Ready>)>>,
    /// Whether it has an operation that the engine does not have.
    refused: OnceLock<()>,
}

/// A plan with its kernels on the device.
struct Ready {
    graph: Graph,
    batch: usize,
    plan: Plan,
    loaded: Loaded,
    /// Those that no pass uses.
    arenas: RefCell<Vec<CudaSlice<f32>>>,
}

/// An arena in use. It goes back to its plan: the device does what it is asked for in order, so that the next pass does not meet this one.
struct Arena {
    ready: Rc<Ready>,
    slice: Option<CudaSlice<f32>>,
}

impl Arena {
    fn take(ready: &Rc<Ready>) -> Result<Self, Error> {
        let free = ready.arenas.borrow_mut().pop();
        let slice = match free {
            Some(slice) => slice,
            None => ready.loaded.arena(ready.plan.arena)?,
        };
        Ok(Self { ready: Rc::clone(ready), slice: Some(slice) })
    }

    fn memory(&self) -> Option<Memory> {
        self.slice.as_ref().map(Memory::of_slice)
    }
}

impl Drop for Arena {
    fn drop(&mut self) {
        let mut arenas = self.ready.arenas.borrow_mut();
        if arenas.len() < ARENAS {
            arenas.extend(self.slice.take());
        }
    }
}

impl Kept {
    /// The plan of a pass; none if the engine does not have one of the graph's operations.
    fn ready(&self, call: &Call<'_, f32, Cuda>, key: Key) -> Result<Option<Rc<Ready>>, Error> {
        if self.refused.get().is_some() {
            return Ok(None);
        }
        let mut plans = self.plans.borrow_mut();
        if let Some(known) = plans.iter().position(|(known, _)| *known == key) {
            let last = plans.len() - 1;
            plans[known..].rotate_left(1);
            return Ok(Some(Rc::clone(&plans[last].1)));
        }
        let Ok(plan) = Plan::new(call.graph, key) else {
            self.refused.get_or_init(|| ());
            return Ok(None);
        };
        let loaded = Loaded::new(device(call)?, &plan.kernels)?;
        let ready = Rc::new(Ready { graph: call.graph.clone(), batch: key.batch, plan, loaded, arenas: RefCell::default() });
        if plans.len() == PLANS {
            plans.remove(0);
        }
        plans.push((key, Rc::clone(&ready)));
        Ok(Some(ready))
    }
}

/// cudarc's device. dfdx gives it away with an allocation only.
fn device(call: &Call<'_, f32, Cuda>) -> Result<Arc<CudaDevice>, Error> {
    let some: <Cuda as Storage<f32>>::Vec = call.inputs[0].device().try_alloc_len(1)?;
    Ok(some.device())
}

/// Runs the whole graph. If the engine lacks one of its operations, the portable path runs it.
///
/// # Errors
/// Returns an error if the device is out of memory, or refuses a kernel.
///
/// # Panics
/// Panics if the batch is empty, or if it has too few values for batch normalization in training.
pub(crate) fn execute<T: Tape<f32, Cuda> + Located>(call: Call<'_, f32, Cuda>, mut tape: T) -> Result<Done<f32, Cuda, T>, Error> {
    let batch = call.inputs[0].dims()[0];
    let key = Key { batch, mode: call.mode, input_grad: call.input_grad && T::OWNS_TAPE };
    let kept: Rc<Kept> = call.tables.kept();
    // The portable path says what is wrong with a batch.
    let ready = match options::is_off() || portable::check(call.graph, batch, call.mode).is_err() {
        true => None,
        false => kept.ready(&call, key)?,
    };
    let Some(ready) = ready else { return portable::execute(call, tape) };
    // What an earlier pass noted is not about this one.
    place::take();
    let Call { graph, tensors, inputs, mode, input_grad, seed, .. } = call;
    let device = inputs[0].device().clone();
    let fresh = |dims: Vec<usize>| -> Result<Value<f32, Cuda>, Error> {
        let flat = device.try_zeros_like(&(dims.iter().product::<usize>(),))?;
        Value::erase(flat).map(|(value, _)| value.with_dims(dims))
    };
    // All memory of the pass is asked for at once, so the layer with the largest values is named if there is not enough.
    let (outputs, updates, arena) = place::within(
        || largest(graph, batch),
        || {
            let dims = graph.outputs().iter().map(|port| [&[batch], port.shape.dims()].concat());
            let outputs = dims.map(&fresh).collect::<Result<Vec<_>, _>>()?;
            let updated = ready.plan.updates.iter().map(|&(tensor, _)| Ok((tensor, fresh(tensors[tensor].dims().to_vec())?)));
            let updates = updated.collect::<Result<Vec<_>, Error>>()?;
            let arena = Arena::take(&ready).or_else(|_| {
                // What other batch sizes and modes keep is free.
                kept.plans.borrow().iter().for_each(|(_, other)| other.arenas.borrow_mut().clear());
                Arena::take(&ready)
            })?;
            Ok::<_, Error>((outputs, updates, arena))
        },
    )?;
    let ids = ids(&ready.loaded, &inputs)?;
    let places = Places {
        inputs: inputs.iter().zip(&ids).map(|(input, ids)| ids.as_ref().map_or_else(|| input.memory(), Memory::of_slice)).collect(),
        params: tensors.iter().map(Value::memory).collect(),
        outputs: outputs.iter().map(Value::memory).collect(),
        updates: updates.iter().map(|(_, value)| value.memory()).collect(),
        arena: arena.memory(),
        ..Places::default()
    };
    let pass = Pass { ready, places, seed, _arena: arena, _ids: ids };
    pass.run(false)?;
    if T::OWNS_TAPE && mode != Mode::Infer {
        record(&mut tape, pass, tensors, inputs, input_grad, outputs.clone());
    }
    Ok(Done { outputs, tape, updates, path: Path::Engine })
}

/// The layer with the largest values, and the bytes of its largest.
fn largest(graph: &Graph, batch: usize) -> Place {
    let most = |node: &Node| node.shapes().map(layercake_ir::Shape::len).max().unwrap_or(0);
    let node = graph.nodes().iter().rev().max_by_key(|node| most(node)).expect("a graph that runs has nodes");
    let bytes = most(node) as u128 * batch as u128 * size_of::<f32>() as u128;
    Place { bytes, ..portable::place_of(graph, node, batch, size_of::<f32>()) }
}

/// Inputs of token ids, on the device.
fn ids(loaded: &Loaded, inputs: &[Value<f32, Cuda>]) -> Result<Vec<Option<CudaSlice<i32>>>, Error> {
    let upload = |input: &Value<f32, Cuda>| match input.is_ids() {
        // An id is below the number of rows of its table, which fits: ids are checked before a pass.
        true => loaded.upload(input.ids().iter().map(|&id| id as i32).collect()).map(Some),
        false => Ok(None),
    };
    Ok(inputs.iter().map(upload).collect::<Result<_, _>>()?)
}

/// One pass: where its tensors are, and what keeps them there.
struct Pass {
    ready: Rc<Ready>,
    places: Places,
    seed: u64,
    _arena: Arena,
    _ids: Vec<Option<CudaSlice<i32>>>,
}

impl Pass {
    /// Does the work of the forward or the backward pass. If that fails, the layer is noted.
    fn run(&self, backward: bool) -> Result<(), Error> {
        let Ready { graph, batch, plan, loaded, .. } = &*self.ready;
        assert!(self.places.fit(plan), "the tensors of `{}` have other sizes than its graph", graph.name);
        for Task { node, work } in if backward { &plan.backward } else { &plan.forward } {
            let place = || Place { backward, ..portable::place_of(graph, &graph.nodes()[*node], *batch, size_of::<f32>()) };
            place::within(place, || loaded.run(plan, work, &self.places, self.seed))?;
        }
        Ok(())
    }
}

/// Records the backward pass of the whole network on the tape.
fn record<T: Tape<f32, Cuda>>(
    tape: &mut T,
    mut pass: Pass,
    tensors: Vec<Value<f32, Cuda>>,
    inputs: Vec<Value<f32, Cuda>>,
    input_grad: bool,
    outputs: Vec<Value<f32, Cuda>>,
) {
    tape.add_backward_op(move |gradients| {
        let graph = &pass.ready.graph;
        let trained = graph.nodes().iter().flat_map(|node| node.params().as_slice().to_vec()).map(|param| param.trained);
        let lent = |gradients: &mut Gradients<f32, Cuda>, value: &Value<f32, Cuda>, needed: bool| match needed {
            true => Ok(Some(Memory::of_storage(gradients.get_or_alloc_mut(&value.flat())?))),
            false => Ok::<_, Error>(None),
        };
        for output in &outputs {
            pass.places.output_grads.extend(lent(gradients, output, true)?);
        }
        for (tensor, trained) in tensors.iter().zip(trained) {
            pass.places.param_grads.push(lent(gradients, tensor, trained)?);
        }
        for input in &inputs {
            pass.places.input_grads.push(lent(gradients, input, input_grad && !input.is_ids())?);
        }
        pass.run(true)
    });
}
