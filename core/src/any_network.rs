//! Networks behind tensors whose shapes are known at run time.

use dfdx::nn::tensor_collection::TensorCollection;
use dfdx::tensor::{Gradients, NoneTape, OwnedTape};
use layercake_ir::Graph;

use crate::generic::checked;
use crate::hook::{HookError, Hookable, draw_values};
use crate::ids::ForwardError;
use crate::{Backend, Drawing, DynTensor, GraphError, GraphModel, Network, Scalar};

/// The outputs of a network, or why it could not run.
type Outcome<E, D, T> = Result<Vec<DynTensor<E, D, T>>, GraphError<<D as dfdx::tensor::HasErr>::Err>>;

/// A network of any number and shape of inputs and outputs: each one declared with `network!`, and [`GraphModel`]. Code that is generic over it is the same
/// for tables, sequences and pictures.
///
/// ```
/// use layercake::prelude::*;
/// use layercake::AnyNetwork;
///
/// network! {
///     Xor: [2] -> [1] { hidden: Linear(8), Tanh, scores: Linear(1) }
/// }
///
/// fn predict(net: &impl AnyNetwork<f32, Cpu>, rows: Vec<f32>, width: usize) -> Vec<f32> {
///     let rows = DynTensor::try_from_vec(&Cpu::default(), rows.clone(), &[rows.len() / width, width]);
///     let outputs = net.try_infer(vec![rows.unwrap().expect("whole rows")]);
///     outputs.unwrap()[0].to_vec()
/// }
///
/// let net = Xor::new(&Cpu::seed_from_u64(0));
/// assert_eq!(predict(&net, vec![0.0, 1.0, 1.0, 0.0], 2).len(), 2);
/// ```
pub trait AnyNetwork<E: Scalar, D: Backend<E>>: TensorCollection<E, D> {
    /// The network as data.
    fn network_graph(&self) -> &Graph;

    /// The network as a subject of [hooks](crate::hook) and of the methods of [`explain`](crate::explain).
    fn as_hookable(&self) -> &dyn Hookable<E, D>;

    /// The drawing of the network with the numbers that flow through it for these inputs beside its arrows, and below them their gradients: those of the sum of its first
    /// output. Networks in it are drawn in full. Up to four numbers are written out; of more, the range and the mean.
    ///
    /// # Errors
    /// Returns an error if the inputs do not fit the network, if one consists of token ids, or if the device is out of memory.
    fn draw_values(&self, inputs: Vec<DynTensor<E, D>>) -> Result<Drawing, HookError<D::Err>> {
        draw_values(self.as_hookable(), inputs)
    }

    /// Inference without a tape.
    ///
    /// # Errors
    /// Returns an error if the inputs do not fit the network, if the batch is empty, or if the device is out of memory.
    fn try_infer(&self, inputs: Vec<DynTensor<E, D>>) -> Outcome<E, D, NoneTape>;

    /// Training on data, without gradients of the inputs.
    ///
    /// # Errors
    /// The same as [`AnyNetwork::try_infer`]; also if a batch normalization receives a single value per channel.
    fn try_train(&mut self, inputs: Vec<DynTensor<E, D>>, gradients: Gradients<E, D>) -> Outcome<E, D, OwnedTape<E, D>>;

    /// Training on what another network or operation returned, with gradients of the inputs: the second of two networks that are trained together.
    ///
    /// # Errors
    /// The same as [`AnyNetwork::try_train`].
    fn try_train_on(&mut self, inputs: Vec<DynTensor<E, D, OwnedTape<E, D>>>) -> Outcome<E, D, OwnedTape<E, D>>;
}

/// For each number type and device there is. An implementation that is generic over the device could meet that of typed networks: another crate might have a device
/// of its own and implement [`Network`] for a `GraphModel` on it.
macro_rules! graph_models {
    ($($number:ty, $device:ty;)*) => {$(
        impl AnyNetwork<$number, $device> for GraphModel<$number, $device> {
            fn network_graph(&self) -> &Graph {
                self.graph()
            }

            fn as_hookable(&self) -> &dyn Hookable<$number, $device> {
                self
            }

            fn try_infer(&self, inputs: Vec<DynTensor<$number, $device>>) -> Outcome<$number, $device, NoneTape> {
                self.try_forward(inputs)
            }

            fn try_train(
                &mut self,
                inputs: Vec<DynTensor<$number, $device>>,
                gradients: Gradients<$number, $device>,
            ) -> Outcome<$number, $device, OwnedTape<$number, $device>> {
                self.try_forward_train(inputs, gradients)
            }

            fn try_train_on(
                &mut self,
                inputs: Vec<DynTensor<$number, $device, OwnedTape<$number, $device>>>,
            ) -> Outcome<$number, $device, OwnedTape<$number, $device>> {
                self.try_forward_mut(inputs)
            }
        }
    )*};
}

graph_models! {
    f32, dfdx::tensor::Cpu;
    f64, dfdx::tensor::Cpu;
}

#[cfg(feature = "cuda")]
graph_models! {
    f32, dfdx::tensor::Cuda;
    f64, dfdx::tensor::Cuda;
}

impl<N, E: Scalar, D: Backend<E>> AnyNetwork<E, D> for N
where
    N: Network<E, D> + TensorCollection<E, D>,
{
    fn network_graph(&self) -> &Graph {
        N::GRAPH
    }

    fn as_hookable(&self) -> &dyn Hookable<E, D> {
        self
    }

    fn try_infer(&self, inputs: Vec<DynTensor<E, D>>) -> Outcome<E, D, NoneTape> {
        let batch = check::<_, _, D>(N::GRAPH, &inputs)?;
        checked::try_forward(self, inputs).map_err(|error| failed(N::GRAPH, batch, error))
    }

    fn try_train(&mut self, inputs: Vec<DynTensor<E, D>>, gradients: Gradients<E, D>) -> Outcome<E, D, OwnedTape<E, D>> {
        let batch = check::<_, _, D>(N::GRAPH, &inputs)?;
        checked::try_forward_train(self, inputs, gradients).map_err(|error| failed(N::GRAPH, batch, error))
    }

    fn try_train_on(&mut self, inputs: Vec<DynTensor<E, D, OwnedTape<E, D>>>) -> Outcome<E, D, OwnedTape<E, D>> {
        let batch = check::<_, _, D>(N::GRAPH, &inputs)?;
        checked::try_forward_mut(self, inputs).map_err(|error| failed(N::GRAPH, batch, error))
    }
}

/// Checks what a typed network has from the compiler, and returns the batch size. A length that is known only at run time is checked by the layers.
fn check<E: Scalar, T, D: Backend<E>>(graph: &Graph, inputs: &[DynTensor<E, D, T>]) -> Result<usize, GraphError<D::Err>>
where
    T: dfdx::tensor::Tape<E, D>,
{
    let name = || graph.name.to_string();
    if inputs.len() != graph.inputs().len() {
        return Err(GraphError::Count { graph: name(), expected: graph.inputs().len(), found: inputs.len() });
    }
    for (input, port) in inputs.iter().zip(graph.inputs()) {
        let (input_name, expected) = (|| port.name.to_string(), port.shape);
        if input.dims().len() != 1 + port.shape.rank() {
            return Err(GraphError::Input { graph: name(), input: input_name(), expected, found: input.dims().to_vec() });
        }
        if input.is_ids() != port.shape.is_ids() {
            let found = if input.is_ids() { "token ids" } else { "numbers" };
            return Err(GraphError::InputKind { graph: name(), input: input_name(), expected, found });
        }
    }
    let batches: Vec<usize> = inputs.iter().map(|input| input.dims()[0]).collect();
    match batches.first() {
        Some(&batch) if batch > 0 && batches.iter().all(|&other| other == batch) => Ok(batch),
        _ => Err(GraphError::Batch { graph: name(), found: batches }),
    }
}

/// The same error in the words of a graph.
fn failed<Err: std::fmt::Display + 'static>(graph: &Graph, batch: usize, error: ForwardError<Err>) -> GraphError<Err> {
    let graph = graph.name.to_string();
    match error {
        ForwardError::Id(error) => GraphError::Id { graph, error },
        ForwardError::Shape(mistake) => GraphError::Rule { graph, mistake },
        ForwardError::Run(reason) => GraphError::Run { graph, batch, reason: *reason },
        ForwardError::Device { error, reason } => GraphError::Device { error, reason },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gradient::named_gradients;
    use crate::prelude::*;

    network! {
        Pair: { a: [2], b: [3] } -> [1] { from a, fa: Linear(4) as x, from b, fb: Linear(4), Add(x), Tanh, out: Linear(1) }
    }

    fn outputs(net: &impl AnyNetwork<f32, Cpu>, dims: &[&[usize]]) -> Result<Vec<f32>, String> {
        let device = Cpu::default();
        let value = |dims: &&[usize]| {
            let numbers = (0..dims.iter().product()).map(|i: usize| i as f32 / 4.0).collect();
            DynTensor::try_from_vec(&device, numbers, dims).unwrap().unwrap()
        };
        let outputs = net.try_infer(dims.iter().map(value).collect()).map_err(|error| error.to_string())?;
        assert_eq!(outputs[0].dims(), [dims[0][0], 1]);
        Ok(outputs[0].to_vec())
    }

    #[test]
    fn a_declared_network_and_its_graph_are_the_same() {
        let (net, model) = (Pair::new(&Cpu::seed_from_u64(3)), GraphModel::new(Pair::GRAPH.clone(), &Cpu::seed_from_u64(3)));
        assert_eq!(outputs(&net, &[&[5, 2], &[5, 3]]).unwrap(), outputs(&model, &[&[5, 2], &[5, 3]]).unwrap());
        for wrong in [&[&[5usize, 2][..]][..], &[&[5, 2], &[4, 3]], &[&[0, 2], &[0, 3]], &[&[5, 2], &[5, 3, 1]]] {
            assert_eq!(outputs(&net, wrong).unwrap_err(), outputs(&model, wrong).unwrap_err());
        }
        assert!(outputs(&net, &[&[5, 2], &[5, 4]]).unwrap_err().contains("`fb`"));
    }

    /// The gradients of a typed network through the untyped door are those of its own method.
    #[test]
    fn the_same_gradients() {
        let device = Cpu::seed_from_u64(1);
        let mut net = Pair::new(&device);
        let a: Tensor<(usize, Const<2>), f32, _> = device.sample_normal_like(&(4, Const));
        let b: Tensor<(usize, Const<3>), f32, _> = device.sample_normal_like(&(4, Const));
        let own = net.forward_train(a.clone(), b.clone(), net.alloc_grads()).square().mean().backward();
        let inputs = vec![DynTensor::try_from_tensor(a).unwrap(), DynTensor::try_from_tensor(b).unwrap()];
        let gradients = net.alloc_grads();
        let found = net.try_train(inputs, gradients).unwrap().remove(0);
        let found: Tensor<(usize, Const<1>), f32, _, _> = found.try_into_tensor().unwrap().unwrap();
        let any = found.square().mean().backward();
        assert_eq!(own.get(&net.fa.weight).as_vec(), any.get(&net.fa.weight).as_vec());
        assert!(own.get(&net.fa.weight).as_vec().iter().any(|&x| x != 0.0));
    }

    network! {
        Scores: [1] -> [3] { fc: Linear(3) }
    }

    /// The gradient of a second network's loss reaches the parameters of the first, typed or as graphs.
    #[test]
    fn two_networks_in_turn() {
        fn gradients<A: AnyNetwork<f32, Cpu>, B: AnyNetwork<f32, Cpu>>(first: &mut A, second: &mut B) -> Vec<Vec<f32>> {
            let device = Cpu::default();
            let value = |dims: &[usize]| DynTensor::try_from_vec(&device, vec![0.5; dims.iter().product()], dims).unwrap().unwrap();
            let between = first.try_train(vec![value(&[4, 2]), value(&[4, 3])], Gradients::leaky()).unwrap();
            let scores = second.try_train_on(between).unwrap().remove(0);
            let scores: Tensor<(usize, Const<3>), f32, _, _> = scores.try_into_tensor().unwrap().unwrap();
            let mut gradients = scores.square().mean().backward();
            let all = [named_gradients(first, &mut gradients).unwrap(), named_gradients(second, &mut gradients).unwrap()];
            all.into_iter().flatten().map(|(_, gradient)| gradient).collect()
        }
        let device = Cpu::seed_from_u64(1);
        let (mut first, mut second) = (Pair::new(&device), Scores::new(&device));
        let typed = gradients(&mut first, &mut second);
        let device = Cpu::seed_from_u64(1);
        let (mut first, mut second) = (GraphModel::new(Pair::GRAPH.clone(), &device), GraphModel::new(Scores::GRAPH.clone(), &device));
        assert_eq!(typed, gradients(&mut first, &mut second));
        assert!(typed.len() == 8 && typed.iter().all(|gradient| gradient.iter().any(|&slope| slope != 0.0)));
    }
}
