//! What every network is, and how its typed forward methods reach the untyped graph.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use dfdx::tensor::{Gradients, NoneTape, OwnedTape, Tape};
use dfdx::tensor_ops::Device;
use layercake_engine::{Engine, Mode};
use layercake_ir::{Graph, Mistake, Shape};

use crate::Scalar;
use crate::ids::{self, ForwardError};
use crate::run::backend::{Backend, Call};
use crate::run::custom::Called;
use crate::run::edge::{Inputs, Outputs};
use crate::run::plan::{Pass, Plan, Ran};
use crate::run::value::{Slot, Value};
use crate::shown::CustomPart;
use crate::tape::{Recording, Reel};
use crate::tensors::Tensors;

/// A network made by `network!`.
pub trait Network<E: Scalar, D: Backend<E>> {
    /// The network as data.
    const GRAPH: &'static Graph;

    /// Appends all tensors, in graph order.
    ///
    /// # Errors
    /// If the device is out of memory.
    #[doc(hidden)]
    fn tensors(&self, into: &mut Tensors<E, D>) -> Result<(), D::Err>;

    /// Calls `work` with the same tensors, as places to store into.
    #[doc(hidden)]
    fn slots(&mut self, work: &mut dyn FnMut(&mut dyn Slot<E, D>));

    /// The plans and buffers of this network.
    #[doc(hidden)]
    fn runtime(&self) -> &Runtime;

    /// What its custom layers own, each path behind `prefix`.
    #[doc(hidden)]
    fn custom_parts(prefix: &str, list: &mut Vec<CustomPart>) {
        let _ = (prefix, list);
    }

    /// Runs the custom layer of a path.
    ///
    /// # Errors
    /// If the device is out of memory.
    #[doc(hidden)]
    fn custom<T: Tape<E, D>>(&self, path: &str, input: Value<E, D>, tape: T) -> Result<Called<E, D, T>, D::Err> {
        let _ = (input, tape);
        unreachable!("`{path}` is a custom layer of no network here")
    }

    /// Runs the custom layer of a path in training.
    ///
    /// # Errors
    /// If the device is out of memory.
    #[doc(hidden)]
    fn custom_mut(&mut self, path: &str, input: Value<E, D>, tape: OwnedTape<E, D>) -> Result<Called<E, D, OwnedTape<E, D>>, D::Err> {
        let _ = (input, tape);
        unreachable!("`{path}` is a custom layer of no network here")
    }
}

/// The engine's plans and buffers for one network. A clone of a network begins with none of its own.
#[derive(Debug, Default)]
pub struct Runtime {
    pub(crate) engine: Engine,
    plan: OnceLock<Arc<Plan>>,
    /// Plans for inputs of other lengths, the latest at the end.
    lengths: Mutex<Vec<(Vec<Shape>, Arc<Plan>)>>,
}

/// For so many lengths plans are kept.
const LENGTHS: usize = 8;

impl Runtime {
    /// The plan for inputs of these sizes, the batch axis first.
    ///
    /// # Errors
    /// If a layer cannot act on them, which only a network can bring about whose length is known when it runs.
    fn plan<E: Scalar, D: Device<E>>(&self, graph: &'static Graph, inputs: &[Value<E, D>]) -> Result<Arc<Plan>, Mistake> {
        let plan = self.plan.get_or_init(|| Arc::new(Plan::of(Cow::Borrowed(graph))));
        let declared = graph.inputs().iter().map(|port| &port.shape);
        if inputs.iter().zip(declared).all(|(input, shape)| input.dims()[1..] == *shape.dims()) {
            return Ok(Arc::clone(plan));
        }
        let shapes: Vec<Shape> = inputs.iter().map(|input| Shape::new(&input.dims()[1..])).collect();
        // A panic elsewhere leaves the list as it was: it is changed in one step.
        let mut lengths = self.lengths.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lengths.iter().position(|(known, _)| *known == shapes) {
            let last = lengths.len() - 1;
            lengths[known..=last].rotate_left(1);
            return Ok(Arc::clone(&lengths[last].1));
        }
        let resized = plan.graph().resized(&shapes)?;
        let plan = Arc::new(Plan::of(Cow::Owned(resized)));
        if lengths.len() == LENGTHS {
            lengths.remove(0);
        }
        lengths.push((shapes, Arc::clone(&plan)));
        Ok(plan)
    }
}

impl Clone for Runtime {
    fn clone(&self) -> Self {
        Self::default()
    }
}

/// Inference without a tape.
///
/// # Errors
/// If the device is out of memory.
///
/// # Panics
/// Here and in the functions below: on an empty batch, on inputs of different batches, if a token id is not below the vocabulary, if a layer cannot act
/// on a length that is known when the network runs, and if the stated types are not the network's.
pub fn infer<N, E, D, In, Out>(network: &N, inputs: In) -> Result<Out, D::Err>
where
    N: Network<E, D>,
    E: Scalar,
    D: Backend<E>,
    In: Inputs<E, D, NoneTape>,
    Out: Outputs<E, D, NoneTape>,
{
    checked::infer(network, inputs).map_err(ForwardError::device)
}

/// Inference's behavior, recorded on the tape.
///
/// # Errors
/// If the device is out of memory.
pub fn eval<N, E, D, In, Out>(network: &N, inputs: In) -> Result<Out, D::Err>
where
    N: Network<E, D>,
    E: Scalar,
    D: Backend<E>,
    In: Inputs<E, D, OwnedTape<E, D>>,
    Out: Outputs<E, D, OwnedTape<E, D>>,
{
    checked::eval(network, inputs).map_err(ForwardError::device)
}

/// Training.
///
/// # Errors
/// If the device is out of memory.
pub fn train<N, E, D, In, Out>(network: &mut N, inputs: In) -> Result<Out, D::Err>
where
    N: Network<E, D>,
    E: Scalar,
    D: Backend<E>,
    In: Inputs<E, D, OwnedTape<E, D>>,
    Out: Outputs<E, D, OwnedTape<E, D>>,
{
    checked::train(network, inputs).map_err(ForwardError::device)
}

/// Training on data that needs no gradient itself.
///
/// # Errors
/// If the device is out of memory.
pub fn train_data<N, E, D, In, Out>(network: &mut N, inputs: In, gradients: Gradients<E, D>) -> Result<Out, D::Err>
where
    N: Network<E, D>,
    E: Scalar,
    D: Backend<E>,
    In: Inputs<E, D, NoneTape>,
    Out: Outputs<E, D, OwnedTape<E, D>>,
{
    checked::train_data(network, inputs, gradients).map_err(ForwardError::device)
}

/// The same functions for networks that take token ids, of which one may be too large: they refuse it with an error.
pub mod checked {
    use super::*;

    /// Inference without a tape.
    ///
    /// # Errors
    /// If the device is out of memory, a token id is not below the vocabulary, or a layer cannot act on the inputs' length.
    pub fn infer<N, E, D, In, Out>(network: &N, inputs: In) -> Result<Out, ForwardError<D::Err>>
    where
        N: Network<E, D>,
        E: Scalar,
        D: Backend<E>,
        In: Inputs<E, D, NoneTape>,
        Out: Outputs<E, D, NoneTape>,
    {
        let (inputs, _) = inputs.erase()?;
        let (plan, pass, _) = pass(network, inputs, Mode::Infer, false)?;
        let run = |call: Call<'_, E, D>, tape| Ok((D::run(call)?, tape));
        let (outputs, ..) = plan.run(pass, NoneTape, run, |path, value, tape| network.custom(path, value, tape))?;
        let tapes = outputs.iter().map(|_| NoneTape).collect();
        Ok(Out::restore(outputs, tapes)?)
    }

    /// Inference's behavior, recorded on the tape.
    ///
    /// # Errors
    /// If the device is out of memory, a token id is not below the vocabulary, or a layer cannot act on the inputs' length.
    pub fn eval<N, E, D, In, Out>(network: &N, inputs: In) -> Result<Out, ForwardError<D::Err>>
    where
        N: Network<E, D>,
        E: Scalar,
        D: Backend<E>,
        In: Inputs<E, D, OwnedTape<E, D>>,
        Out: Outputs<E, D, OwnedTape<E, D>>,
    {
        let (inputs, tape) = inputs.erase()?;
        let (plan, pass, copies) = pass(network, inputs, Mode::Eval, true)?;
        let (outputs, reel, _) = plan.run(pass, Reel::new(tape, copies), record, |path, value, reel| {
            let (value, tape) = network.custom(path, value, reel.into_tape())?;
            Ok((value, Reel::new(tape, Recording::default())))
        })?;
        let tapes = reel.tapes(&N::GRAPH.name, &outputs)?;
        Ok(Out::restore(outputs, tapes)?)
    }

    /// Training.
    ///
    /// # Errors
    /// If the device is out of memory, a token id is not below the vocabulary, or a layer cannot act on the inputs' length.
    pub fn train<N, E, D, In, Out>(network: &mut N, inputs: In) -> Result<Out, ForwardError<D::Err>>
    where
        N: Network<E, D>,
        E: Scalar,
        D: Backend<E>,
        In: Inputs<E, D, OwnedTape<E, D>>,
        Out: Outputs<E, D, OwnedTape<E, D>>,
    {
        let (inputs, tape) = inputs.erase()?;
        train_on(network, inputs, tape, true)
    }

    /// Training on data that needs no gradient itself.
    ///
    /// # Errors
    /// If the device is out of memory, a token id is not below the vocabulary, or a layer cannot act on the inputs' length.
    pub fn train_data<N, E, D, In, Out>(network: &mut N, inputs: In, gradients: Gradients<E, D>) -> Result<Out, ForwardError<D::Err>>
    where
        N: Network<E, D>,
        E: Scalar,
        D: Backend<E>,
        In: Inputs<E, D, NoneTape>,
        Out: Outputs<E, D, OwnedTape<E, D>>,
    {
        let (inputs, _) = inputs.erase()?;
        let tape = inputs[0].taped(gradients)?;
        train_on(network, inputs, tape, false)
    }
}

fn train_on<N, E, D, Out>(
    network: &mut N,
    inputs: Vec<Value<E, D>>,
    tape: OwnedTape<E, D>,
    input_grad: bool,
) -> Result<Out, ForwardError<D::Err>>
where
    N: Network<E, D>,
    E: Scalar,
    D: Backend<E>,
    Out: Outputs<E, D, OwnedTape<E, D>>,
{
    let (plan, pass, copies) = pass(network, inputs, Mode::Train, input_grad)?;
    let (outputs, reel, updates) = plan.run(pass, Reel::new(tape, copies), record, |path, value, reel| {
        let (value, tape) = network.custom_mut(path, value, reel.into_tape())?;
        Ok((value, Reel::new(tape, Recording::default())))
    })?;
    store(updates, |work| network.slots(work))?;
    let tapes = reel.tapes(&N::GRAPH.name, &outputs)?;
    Ok(Out::restore(outputs, tapes)?)
}

/// Runs a part of a network and records it.
fn record<E: Scalar, D: Backend<E>>(call: Call<'_, E, D>, reel: Reel<E, D>) -> Result<Ran<E, D, Reel<E, D>>, D::Err> {
    let (done, recording) = D::record(call)?.split_tape();
    Ok((done, reel.with(recording)))
}

/// Puts the new values of tensors into their places: `slots` calls what it is given with each tensor in graph order.
pub(crate) fn store<E: Scalar, D: Device<E>>(
    updates: Vec<(usize, Value<E, D>)>,
    slots: impl FnOnce(&mut dyn FnMut(&mut dyn Slot<E, D>)),
) -> Result<(), D::Err> {
    if updates.is_empty() {
        return Ok(());
    }
    // Of a layer that was applied several times, the last value counts.
    let mut updates: HashMap<usize, Value<E, D>> = updates.into_iter().collect();
    let (mut next, mut outcome) = (0, Ok(()));
    slots(&mut |slot| {
        let update = updates.remove(&next).filter(|_| outcome.is_ok());
        outcome = update.map_or(Ok(()), |value| slot.set(value)).and(std::mem::replace(&mut outcome, Ok(())));
        next += 1;
    });
    outcome
}

/// The plan of a pass, what it begins with, and what made copies of tensors.
type Prepared<E, D> = (Arc<Plan>, Pass<E, D>, Recording<E, D>);

/// What a pass of a typed network runs, and on what.
pub(crate) fn pass<N: Network<E, D>, E: Scalar, D: Backend<E>>(
    network: &N,
    inputs: Vec<Value<E, D>>,
    mode: Mode,
    input_grad: bool,
) -> Result<Prepared<E, D>, ForwardError<D::Err>> {
    let graph = N::GRAPH;
    let batches: Vec<usize> = inputs.iter().map(|input| input.dims()[0]).collect();
    assert!(batches[0] > 0, "`{}` received an empty batch", graph.name);
    assert!(batches.iter().all(|&batch| batch == batches[0]), "`{}` received inputs with batches of {batches:?}", graph.name);
    let plan = network.runtime().plan(graph, &inputs).map_err(|mistake| ForwardError::Shape(Box::new(mistake)))?;
    ids::check(plan.graph(), &inputs)?;
    let mut tensors = Tensors::new();
    network.tensors(&mut tensors)?;
    let (tensors, copies) = tensors.recorded();
    Ok((plan, Pass { tensors, inputs, mode, input_grad }, copies))
}

/// Everything that a backend needs for one pass over a graph without networks in it.
pub(crate) fn call<'a, E: Scalar, D: Backend<E>>(
    graph: &'a Graph,
    runtime: &'a Runtime,
    tensors: Vec<Value<E, D>>,
    inputs: Vec<Value<E, D>>,
    mode: Mode,
    input_grad: bool,
) -> Call<'a, E, D> {
    // Only a network that needs random numbers draws one: the others leave the device's generator as it was.
    let random = mode == Mode::Train && graph.nodes().iter().any(|node| node.op.is_random());
    let seed = if random { inputs[0].device().random_u64() } else { 0 };
    Call { graph, runtime, tensors, inputs, mode, input_grad, seed }
}
