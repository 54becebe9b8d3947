//! What hooks can be put into.

use dfdx::tensor::{Cpu, OwnedTape};
use layercake_ir::{Graph, Node, Op, Port, Shape, ops::Custom};

use super::{Carried, Traced};
use crate::run::backend::Backend;
use crate::run::network::Network;
use crate::run::slot::Slot;
use crate::run::value::Value;
use crate::tensors::Tensors;
use crate::{DynTensor, GraphModel, Scalar};

/// A network whose values can be read and changed: every network of `network!`, every [`GraphModel`], and a [`Function`].
///
/// A struct with [`derive(Model)`](derive@crate::Model) has no graph of its own: hooks go into its networks, one at a time, and a [`Function`] makes the whole
/// of it a subject, of which the input and the output can be reached.
pub trait Hookable<E: Scalar, D: Backend<E>> {
    /// The graph, whose names the places of hooks use.
    fn graph(&self) -> &Graph;

    /// Appends all tensors, in graph order.
    ///
    /// # Errors
    /// If the device is out of memory.
    #[doc(hidden)]
    fn append_tensors(&self, into: &mut Tensors<E, D>) -> Result<(), D::Err>;

    /// Calls `work` with the same tensors, as places to store into.
    #[doc(hidden)]
    fn each_slot(&mut self, work: &mut dyn FnMut(&mut dyn Slot<E, D>));

    /// Runs the custom layer of a path.
    ///
    /// # Errors
    /// If the device is out of memory.
    #[doc(hidden)]
    fn call_custom(&self, path: &str, input: Value<E, D>, tape: OwnedTape<E, D>) -> Result<Carried<E, D>, D::Err>;

    /// Runs the custom layer of a path in training.
    ///
    /// # Errors
    /// If the device is out of memory.
    #[doc(hidden)]
    fn call_custom_mut(&mut self, path: &str, input: Value<E, D>, tape: OwnedTape<E, D>) -> Result<Carried<E, D>, D::Err>;
}

#[diagnostic::do_not_recommend]
impl<N: Network<E, D>, E: Scalar, D: Backend<E>> Hookable<E, D> for N {
    fn graph(&self) -> &Graph {
        N::GRAPH
    }

    fn append_tensors(&self, into: &mut Tensors<E, D>) -> Result<(), D::Err> {
        self.tensors(into)
    }

    fn each_slot(&mut self, work: &mut dyn FnMut(&mut dyn Slot<E, D>)) {
        self.slots(work);
    }

    fn call_custom(&self, path: &str, input: Value<E, D>, tape: OwnedTape<E, D>) -> Result<Carried<E, D>, D::Err> {
        self.custom(path, input, tape)
    }

    fn call_custom_mut(&mut self, path: &str, input: Value<E, D>, tape: OwnedTape<E, D>) -> Result<Carried<E, D>, D::Err> {
        self.custom_mut(path, input, tape)
    }
}

/// What a function computes, as a network of one layer named `function`: for models without a graph.
///
/// ```
/// use layercake::explain::{self, Target};
/// use layercake::hook::{Function, Traced};
/// use layercake::ir::Shape;
/// use layercake::prelude::*;
///
/// network! {
///     Encoder: [6] -> [4] { fc: Linear(4), Tanh }
///     Head: [4] -> [3] { fc: Linear(3) }
/// }
/// #[derive(Clone, Debug, Model)]
/// #[model(forward)]
/// struct Both<E: Dtype = f32, D: Storage<E> = Cpu> {
///     encoder: Encoder<E, D>,
///     head: Head<E, D>,
/// }
///
/// let device = Cpu::seed_from_u64(0);
/// let model = Both::new(&device);
/// let function = Function::new(Shape::new(&[6]), Shape::new(&[3]), |x: Traced<f32, Cpu>| {
///     let x = x.try_into_tensor::<(usize, Const<6>)>()?.expect("the shape that is stated");
///     let encoded = model.encoder.forward_eval(x);
///     DynTensor::try_from_tensor(model.head.forward_eval(encoded))
/// });
/// let x: Tensor<Rank2<2, 6>, f32, _> = device.sample_normal();
/// let map = explain::saliency(&function, &DynTensor::try_from_tensor(x)?, &Target::class(1), Default::default())?;
/// assert_eq!(map.dims(), [2, 6]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Function<F> {
    graph: Graph,
    function: F,
}

impl<F> Function<F> {
    /// A function of a batch of samples of shape `input`, which gives a batch of shape `output`. Its tape carries gradients. A pass panics if it gives another
    /// shape.
    pub fn new(input: Shape, output: Shape, function: F) -> Self {
        let node = Node {
            name: "function".into(),
            op: Op::Custom(Custom { output }),
            inputs: vec![0].into(),
            value: 1,
            output,
            further: Node::NONE,
            shares: Node::OWN,
            init: None,
        };
        let port = |name: &'static str, shape, value| Port { name: name.into(), shape, value };
        let graph = Graph {
            name: "Function".into(),
            inputs: vec![port("input", input, 0)].into(),
            nodes: vec![node].into(),
            outputs: vec![port("output", output, 1)].into(),
        };
        Self { graph, function }
    }
}

// For named devices and number types: `Network` can be implemented for a number type of another crate, and the compiler refuses two implementations that such a
// type could give.
macro_rules! subjects {
    ($($E:ty, $D:ty;)*) => {$(
        impl Hookable<$E, $D> for GraphModel<$E, $D> {
            fn graph(&self) -> &Graph {
                GraphModel::graph(self)
            }

            fn append_tensors(&self, into: &mut Tensors<$E, $D>) -> Result<(), <$D as dfdx::tensor::HasErr>::Err> {
                self.add_tensors_to(into)
            }

            fn each_slot(&mut self, work: &mut dyn FnMut(&mut dyn Slot<$E, $D>)) {
                self.slots().for_each(work);
            }

            fn call_custom(
                &self,
                path: &str,
                _: Value<$E, $D>,
                _: OwnedTape<$E, $D>,
            ) -> Result<Carried<$E, $D>, <$D as dfdx::tensor::HasErr>::Err> {
                unreachable!("`{path}` is no layer of a graph")
            }

            fn call_custom_mut(
                &mut self,
                path: &str,
                _: Value<$E, $D>,
                _: OwnedTape<$E, $D>,
            ) -> Result<Carried<$E, $D>, <$D as dfdx::tensor::HasErr>::Err> {
                unreachable!("`{path}` is no layer of a graph")
            }
        }

        impl<F> Hookable<$E, $D> for Function<F>
        where
            F: Fn(Traced<$E, $D>) -> Result<Traced<$E, $D>, <$D as dfdx::tensor::HasErr>::Err>,
        {
            fn graph(&self) -> &Graph {
                &self.graph
            }

            fn append_tensors(&self, _: &mut Tensors<$E, $D>) -> Result<(), <$D as dfdx::tensor::HasErr>::Err> {
                Ok(())
            }

            fn each_slot(&mut self, _: &mut dyn FnMut(&mut dyn Slot<$E, $D>)) {}

            fn call_custom(
                &self,
                _: &str,
                input: Value<$E, $D>,
                tape: OwnedTape<$E, $D>,
            ) -> Result<Carried<$E, $D>, <$D as dfdx::tensor::HasErr>::Err> {
                let batch = input.dims()[0];
                let (value, tape) = (self.function)(DynTensor::of(input, tape))?.into_parts();
                let expected = [&[batch], self.graph.outputs()[0].shape.dims()].concat();
                assert_eq!(value.dims(), expected, "the function gives another shape than it was said to");
                Ok((value, tape))
            }

            fn call_custom_mut(
                &mut self,
                path: &str,
                input: Value<$E, $D>,
                tape: OwnedTape<$E, $D>,
            ) -> Result<Carried<$E, $D>, <$D as dfdx::tensor::HasErr>::Err> {
                self.call_custom(path, input, tape)
            }
        }
    )*};
}

subjects! {
    f32, Cpu;
    f64, Cpu;
}

#[cfg(feature = "cuda")]
subjects! {
    f32, dfdx::tensor::Cuda;
    f64, dfdx::tensor::Cuda;
}
