//! What every network is, and how its typed forward methods reach the untyped graph.

use dfdx::shapes::Shape;
use dfdx::tensor::{Gradients, NoneTape, OwnedTape, PutTape, Tape, Tensor};
use dfdx::tensor_ops::Device;
use layercake_engine::{Engine, Mode};
use layercake_ir::{Graph, Op};

use crate::backend::{Backend, Call, Done};
use crate::value::{Slot, Value};
use crate::Scalar;

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
#[derive(Clone, Debug, Default)]
pub struct Runtime {
    pub(crate) engine: Engine,
}

/// The output that carries a tape.
type Traced<S, E, D> = Tensor<S, E, D, OwnedTape<E, D>>;

/// Inference without a tape.
///
/// # Errors
/// If the device is out of memory.
pub fn infer<N: Network<E, D>, E: Scalar, D: Backend<E>, In: Shape, Out: Shape>(
    network: &N,
    input: Tensor<In, E, D>,
) -> Result<Tensor<Out, E, D>, D::Err> {
    let (input, _) = Value::erase(input)?;
    let done = call(network, input, NoneTape, Mode::Infer, false)?;
    single(done).map(|(output, _)| output)
}

/// Inference's behaviour, recorded on the tape.
///
/// # Errors
/// If the device is out of memory.
pub fn eval<N: Network<E, D>, E: Scalar, D: Backend<E>, In: Shape, Out: Shape>(
    network: &N,
    input: Traced<In, E, D>,
) -> Result<Traced<Out, E, D>, D::Err> {
    let (input, tape) = Value::erase(input)?;
    let (output, tape) = single(call(network, input, tape, Mode::Eval, true)?)?;
    Ok(output.put_tape(tape))
}

/// Training.
///
/// # Errors
/// If the device is out of memory.
pub fn train<N: Network<E, D>, E: Scalar, D: Backend<E>, In: Shape, Out: Shape>(
    network: &mut N,
    input: Traced<In, E, D>,
) -> Result<Traced<Out, E, D>, D::Err> {
    let (input, tape) = Value::erase(input)?;
    train_on(network, input, tape, true)
}

/// Training on data that needs no gradient itself.
///
/// # Errors
/// If the device is out of memory.
pub fn train_data<N: Network<E, D>, E: Scalar, D: Backend<E>, In: Shape, Out: Shape>(
    network: &mut N,
    input: Tensor<In, E, D>,
    gradients: Gradients<E, D>,
) -> Result<Traced<Out, E, D>, D::Err> {
    let (input, tape) = Value::erase(dfdx::tensor::Trace::traced(input, gradients))?;
    train_on(network, input, tape, false)
}

fn train_on<N: Network<E, D>, E: Scalar, D: Backend<E>, Out: Shape>(
    network: &mut N,
    input: Value<E, D>,
    tape: OwnedTape<E, D>,
    input_grad: bool,
) -> Result<Traced<Out, E, D>, D::Err> {
    let mut done = call(network, input, tape, Mode::Train, input_grad)?;
    let updates = std::mem::take(&mut done.updates);
    if !updates.is_empty() {
        let mut slots = network.slots();
        for (i, value) in updates {
            slots[i].set(value)?;
        }
    }
    let (output, tape) = single(done)?;
    Ok(output.put_tape(tape))
}

fn call<N: Network<E, D>, E: Scalar, D: Backend<E>, T: Tape<E, D>>(
    network: &N,
    input: Value<E, D>,
    tape: T,
    mode: Mode,
    input_grad: bool,
) -> Result<Done<E, D, T>, D::Err> {
    assert!(input.dims()[0] > 0, "`{}` received an empty batch", N::GRAPH.name);
    // Only a network that needs random numbers draws one: the others leave the device's generator as it was.
    let random = mode == Mode::Train && N::GRAPH.nodes().iter().any(|node| matches!(node.op, Op::Dropout(_)));
    let seed = if random { input.flat().device().random_u64() } else { 0 };
    let call = Call {
        graph: N::GRAPH,
        runtime: network.runtime(),
        tensors: network.tensors()?,
        inputs: vec![input],
        mode,
        input_grad,
        seed,
    };
    D::execute(call, tape)
}

/// The only output, with its type.
fn single<S: Shape, E: Scalar, D: Device<E>, T>(mut done: Done<E, D, T>) -> Result<(Tensor<S, E, D>, T), D::Err> {
    let output = done.outputs.pop().expect("a network has an output");
    let mut sizes = S::Concrete::default();
    for (i, &size) in output.dims().iter().enumerate() {
        sizes[i] = size;
    }
    let shape = S::from_concrete(&sizes).expect("the macro declared the output that the graph gives");
    Ok((output.restore(&shape)?, done.tape))
}
