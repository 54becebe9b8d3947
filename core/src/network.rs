//! What every network is, and how its typed forward methods reach the untyped graph.

use std::borrow::Cow;
use std::sync::OnceLock;

use dfdx::tensor::{Gradients, NoneTape, OwnedTape};
use dfdx::tensor_ops::Device;
use layercake_engine::{Engine, Mode};
use layercake_ir::{Graph, Op};

use crate::Scalar;
use crate::backend::{Backend, Call};
use crate::edge::{Inputs, Outputs};
use crate::value::{Slot, Value};

/// A network made by `network!`.
pub trait Network<E: Scalar, D: Backend<E>> {
    /// The network as data.
    const GRAPH: &'static Graph;

    /// All tensors, in graph order.
    ///
    /// # Errors
    /// If the device is out of memory.
    #[doc(hidden)]
    fn tensors(&self) -> Result<Vec<Value<E, D>>, D::Err>;

    /// The same tensors as places to store into.
    #[doc(hidden)]
    fn slots(&mut self) -> Vec<&mut dyn Slot<E, D>>;

    /// The plans and buffers of this network.
    #[doc(hidden)]
    fn runtime(&self) -> &Runtime;
}

/// The engine's plans and buffers for one network. A clone of a network begins with none of its own.
#[derive(Debug, Default)]
pub struct Runtime {
    pub(crate) engine: Engine,
    /// The graph with the networks in it opened up.
    flat: OnceLock<Cow<'static, Graph>>,
}

impl Runtime {
    fn flat(&self, graph: &'static Graph) -> &Graph {
        self.flat.get_or_init(|| match graph.nodes().iter().any(|node| matches!(node.op, Op::Subgraph(_))) {
            true => Cow::Owned(graph.inlined()),
            false => Cow::Borrowed(graph),
        })
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
/// Here and in the functions below: on an empty batch, on inputs of different batches, and if the stated types are not the network's.
pub fn infer<N, E, D, In, Out>(network: &N, inputs: In) -> Result<Out, D::Err>
where
    N: Network<E, D>,
    E: Scalar,
    D: Backend<E>,
    In: Inputs<E, D, NoneTape>,
    Out: Outputs<E, D, NoneTape>,
{
    let (inputs, _) = inputs.erase()?;
    let done = D::run(call_of(network, inputs, Mode::Infer, false)?)?;
    Out::restore(done.outputs, done.tape)
}

/// Inference's behaviour, recorded on the tape.
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
    let (inputs, tape) = inputs.erase()?;
    let done = D::record(call_of(network, inputs, Mode::Eval, true)?, tape)?;
    Out::restore(done.outputs, done.tape)
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
    let (inputs, tape) = inputs.erase()?;
    train_on(network, inputs, tape, true)
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
    let (inputs, _) = inputs.erase()?;
    let tape = inputs[0].taped(gradients)?;
    train_on(network, inputs, tape, false)
}

fn train_on<N, E, D, Out>(network: &mut N, inputs: Vec<Value<E, D>>, tape: OwnedTape<E, D>, input_grad: bool) -> Result<Out, D::Err>
where
    N: Network<E, D>,
    E: Scalar,
    D: Backend<E>,
    Out: Outputs<E, D, OwnedTape<E, D>>,
{
    let mut done = D::record(call_of(network, inputs, Mode::Train, input_grad)?, tape)?;
    store(std::mem::take(&mut done.updates), || network.slots())?;
    Out::restore(done.outputs, done.tape)
}

/// Puts the new values of tensors into their places.
pub(crate) fn store<'a, E: Scalar, D: Device<E>>(
    updates: Vec<(usize, Value<E, D>)>,
    slots: impl FnOnce() -> Vec<&'a mut dyn Slot<E, D>>,
) -> Result<(), D::Err> {
    if updates.is_empty() {
        return Ok(());
    }
    let mut slots = slots();
    updates.into_iter().try_for_each(|(i, value)| slots[i].set(value))
}

/// One pass of a typed network.
fn call_of<N: Network<E, D>, E: Scalar, D: Backend<E>>(
    network: &N,
    inputs: Vec<Value<E, D>>,
    mode: Mode,
    input_grad: bool,
) -> Result<Call<'_, E, D>, D::Err> {
    let runtime = network.runtime();
    let graph = runtime.flat(N::GRAPH);
    let batches: Vec<usize> = inputs.iter().map(|input| input.dims()[0]).collect();
    assert!(batches[0] > 0, "`{}` received an empty batch", graph.name);
    assert!(batches.iter().all(|&batch| batch == batches[0]), "`{}` received inputs with batches of {batches:?}", graph.name);
    Ok(call(graph, runtime, network.tensors()?, inputs, mode, input_grad))
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
