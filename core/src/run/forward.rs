//! The forward passes of typed networks: types are taken off the inputs, the plan runs, and the outputs get their types back.

use std::sync::Arc;

use dfdx::tensor::{Gradients, NoneTape, OwnedTape};
use layercake_engine::Mode;
use layercake_ir::Graph;

use super::backend::Backend;
use super::call::{Call, Pass};
use super::edge::{Inputs, Outputs};
use super::network::Network;
use super::plan::{Plan, Ran};
use super::runtime::Runtime;
use super::slot::store;
use super::value::Value;
use crate::Scalar;
use crate::ids::{self, ForwardError};
use crate::tape::{Recording, Reel};
use crate::tensors::Tensors;

/// Inference, without a tape: the network's `try_forward`.
///
/// # Errors
/// Returns an error if the device is out of memory.
///
/// # Panics
/// Panics if the batch is empty, if the inputs have different batch sizes, if a token id is not below the number of rows of its embedding,
/// if a layer cannot take a length that is known only at run time, or if the stated types are not those of the network.
pub fn try_forward<N, E, D, In, Out>(network: &N, inputs: In) -> Result<Out, D::Err>
where
    N: Network<E, D>,
    E: Scalar,
    D: Backend<E>,
    In: Inputs<E, D, NoneTape>,
    Out: Outputs<E, D, NoneTape>,
{
    checked::try_forward(network, inputs).map_err(ForwardError::device)
}

/// Inference, recorded on the tape: the network's `try_forward_eval`.
///
/// # Errors
/// Returns an error if the device is out of memory.
///
/// # Panics
/// Panics under the same conditions as [`try_forward`].
pub fn try_forward_eval<N, E, D, In, Out>(network: &N, inputs: In) -> Result<Out, D::Err>
where
    N: Network<E, D>,
    E: Scalar,
    D: Backend<E>,
    In: Inputs<E, D, OwnedTape<E, D>>,
    Out: Outputs<E, D, OwnedTape<E, D>>,
{
    checked::try_forward_eval(network, inputs).map_err(ForwardError::device)
}

/// Training, with gradients of the inputs: the network's `try_forward_mut`.
///
/// # Errors
/// Returns an error if the device is out of memory.
///
/// # Panics
/// Panics under the same conditions as [`try_forward`].
pub fn try_forward_mut<N, E, D, In, Out>(network: &mut N, inputs: In) -> Result<Out, D::Err>
where
    N: Network<E, D>,
    E: Scalar,
    D: Backend<E>,
    In: Inputs<E, D, OwnedTape<E, D>>,
    Out: Outputs<E, D, OwnedTape<E, D>>,
{
    checked::try_forward_mut(network, inputs).map_err(ForwardError::device)
}

/// Training, without gradients of the inputs: the network's `try_forward_train`.
///
/// # Errors
/// Returns an error if the device is out of memory.
///
/// # Panics
/// Panics under the same conditions as [`try_forward`].
pub fn try_forward_train<N, E, D, In, Out>(network: &mut N, inputs: In, gradients: Gradients<E, D>) -> Result<Out, D::Err>
where
    N: Network<E, D>,
    E: Scalar,
    D: Backend<E>,
    In: Inputs<E, D, NoneTape>,
    Out: Outputs<E, D, OwnedTape<E, D>>,
{
    checked::try_forward_train(network, inputs, gradients).map_err(ForwardError::device)
}

/// The same functions with an error for token ids that are out of range and lengths that a layer cannot take. The methods of networks with
/// token ids call these.
pub mod checked {
    use super::*;

    /// Inference, without a tape: the network's `try_forward`.
    ///
    /// # Errors
    /// Returns an error if the device is out of memory, if a token id is out of range, or if a layer cannot take the length of the inputs.
    pub fn try_forward<N, E, D, In, Out>(network: &N, inputs: In) -> Result<Out, ForwardError<D::Err>>
    where
        N: Network<E, D>,
        E: Scalar,
        D: Backend<E>,
        In: Inputs<E, D, NoneTape>,
        Out: Outputs<E, D, NoneTape>,
    {
        let (inputs, _) = inputs.erase()?;
        let (plan, pass, _) = pass(network, inputs, Mode::Infer, false)?;
        let (outputs, ..) = plan.run(pass, NoneTape, infer, &mut |path, value, tape| network.custom(path, value, tape))?;
        let tapes = outputs.iter().map(|_| NoneTape).collect();
        Ok(Out::restore(outputs, tapes)?)
    }

    /// Inference, recorded on the tape: the network's `try_forward_eval`.
    ///
    /// # Errors
    /// Returns an error if the device is out of memory, if a token id is out of range, or if a layer cannot take the length of the inputs.
    pub fn try_forward_eval<N, E, D, In, Out>(network: &N, inputs: In) -> Result<Out, ForwardError<D::Err>>
    where
        N: Network<E, D>,
        E: Scalar,
        D: Backend<E>,
        In: Inputs<E, D, OwnedTape<E, D>>,
        Out: Outputs<E, D, OwnedTape<E, D>>,
    {
        let (inputs, tape) = inputs.erase()?;
        let (plan, pass, copies) = pass(network, inputs, Mode::Eval, true)?;
        let (outputs, reel, _) = plan.run(pass, Reel::new(tape, copies), record, &mut |path, value, reel: Reel<E, D>| {
            let (value, tape) = network.custom(path, value, reel.into_tape())?;
            Ok((value, Reel::new(tape, Recording::default())))
        })?;
        let tapes = reel.tapes(&N::GRAPH.name, &outputs)?;
        Ok(Out::restore(outputs, tapes)?)
    }

    /// Training, with gradients of the inputs: the network's `try_forward_mut`.
    ///
    /// # Errors
    /// Returns an error if the device is out of memory, if a token id is out of range, or if a layer cannot take the length of the inputs.
    pub fn try_forward_mut<N, E, D, In, Out>(network: &mut N, inputs: In) -> Result<Out, ForwardError<D::Err>>
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

    /// Training, without gradients of the inputs: the network's `try_forward_train`.
    ///
    /// # Errors
    /// Returns an error if the device is out of memory, if a token id is out of range, or if a layer cannot take the length of the inputs.
    pub fn try_forward_train<N, E, D, In, Out>(network: &mut N, inputs: In, gradients: Gradients<E, D>) -> Result<Out, ForwardError<D::Err>>
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
    let (outputs, reel, updates) = plan.run(pass, Reel::new(tape, copies), record, &mut |path, value, reel: Reel<E, D>| {
        let (value, tape) = network.custom_mut(path, value, reel.into_tape())?;
        Ok((value, Reel::new(tape, Recording::default())))
    })?;
    store(updates, |work| network.slots(work))?;
    let tapes = reel.tapes(&N::GRAPH.name, &outputs)?;
    Ok(Out::restore(outputs, tapes)?)
}

/// Runs a segment of a network.
fn infer<E: Scalar, D: Backend<E>>(call: Call<'_, E, D>, tape: NoneTape) -> Result<Ran<E, D, NoneTape>, D::Err> {
    Ok((D::run(call)?, tape))
}

/// Runs a segment of a network and records it.
fn record<E: Scalar, D: Backend<E>>(call: Call<'_, E, D>, reel: Reel<E, D>) -> Result<Ran<E, D, Reel<E, D>>, D::Err> {
    let (done, recording) = D::record(call)?.split_tape();
    Ok((done, reel.with(recording)))
}

/// The plan of a pass, what it begins with, and what made copies of tensors.
type Prepared<E, D> = (Arc<Plan>, Pass<E, D>, Recording<E, D>);

/// Prepares a pass of a typed network.
pub(crate) fn pass<N: Network<E, D>, E: Scalar, D: Backend<E>>(
    network: &N,
    inputs: Vec<Value<E, D>>,
    mode: Mode,
    input_grad: bool,
) -> Result<Prepared<E, D>, ForwardError<D::Err>> {
    let plan = plan(N::GRAPH, network.runtime(), &inputs)?;
    let mut tensors = Tensors::new();
    network.tensors(&mut tensors)?;
    let (tensors, copies) = tensors.recorded();
    Ok((plan, Pass { tensors, inputs, mode, input_grad }, copies))
}

/// The plan for checked inputs.
fn plan<E: Scalar, D: Backend<E>>(
    graph: &'static Graph,
    runtime: &Runtime,
    inputs: &[Value<E, D>],
) -> Result<Arc<Plan>, ForwardError<D::Err>> {
    let batches: Vec<usize> = inputs.iter().map(|input| input.dims()[0]).collect();
    assert!(batches[0] > 0, "`{}` received an empty batch", graph.name);
    assert!(batches.iter().all(|&batch| batch == batches[0]), "`{}` received inputs of different batch sizes: {batches:?}", graph.name);
    let plan = runtime.plan(graph, inputs).map_err(|mistake| ForwardError::Shape(Box::new(mistake)))?;
    D::fits(plan.graph(), batches[0]).map_err(|reason| ForwardError::Run(Box::new(reason)))?;
    ids::check(plan.graph(), inputs)?;
    Ok(plan)
}
