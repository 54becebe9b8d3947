//! Networks whose graph is known at run time only.

mod error;
mod initial;
mod parameter;
mod tensors;

use std::any::type_name;
use std::borrow::Cow;
use std::sync::Arc;

use dfdx::shapes::Dtype;
use dfdx::tensor::{Cpu, Gradients, NoneTape, OwnedTape, Storage};
pub use error::GraphError;
use layercake_engine::{Engine, Mode};
use layercake_ir::Graph;
use parameter::{Description, Parameter};
use tensors::Door;

use crate::gradient::NonFiniteOutput;
use crate::run::backend::Backend;
use crate::run::call::{Call, Pass};
use crate::run::edge::{Inputs, Outputs};
use crate::run::slot::store;
use crate::run::value::Value;
use crate::tape::{Recording, Reel};
use crate::tensors::Tensors;
use crate::{Drawing, Scalar, Summary, ids, run};

/// A pass, and what made copies of tensors for it.
type Begun<'a, E, D> = (Call<'a, E, D>, Recording<E, D>);

/// A network made of a graph at run time: one that was built by [`crate::ir::Builder`], read from a file, or taken from a network of
/// `network!`. It runs as those do, on the same engine, with the same results; what the compiler checks for them is checked when it is
/// built and when it is given tensors.
///
/// Inputs and outputs are dfdx tensors, the batch axis first, whose types the caller states: a [`crate::dfdx::tensor::Tensor`], a tuple of them
/// for several, or a `Vec<`[`crate::DynTensor`]`>` where not even the ranks are known.
///
/// To dfdx it is a module like any other: its optimizers update it, it moves between devices and number types, and
/// [`crate::io::save_safetensors`] stores it under the names that the `network!` type of the same graph has. Only `BuildModule::build` has no
/// graph to build from, and panics.
///
/// A residual network, trained on patterns in noise, written and read again:
///
/// ```
/// use layercake::ir::{Builder, INFER, Op, Shape, ops::{Add, BatchNorm2d, Conv2d, Flatten, Linear, Relu}};
/// use layercake::optim::{Adam, AdamConfig};
/// use layercake::prelude::*;
///
/// let conv = |channels, stride| Op::Conv2d(Conv2d {
///     in_channels: INFER, out_channels: channels, kernel: [3, 3], stride: [stride; 2], padding: [1, 1], dilation: [1, 1], groups: 1, bias: false,
/// });
/// let norm = Op::BatchNorm2d(BatchNorm2d { features: INFER, eps: 1e-5, momentum: 0.1, affine: true });
///
/// let mut b = Builder::new("TinyResNet");
/// let mut x = b.input("input", Shape::new(&[1, 8, 8]))?;
/// for block in 0..2 {
///     let name = |part: &str| format!("layer{block}.{part}");
///     let begin = b.add(&name("conv1"), conv(4, 1 + block), &[x])?;
///     let body = b.add(&name("norm"), norm, &[begin])?;
///     let body = b.add(&name("relu"), Relu {}, &[body])?;
///     let body = b.add(&name("conv2"), conv(4, 1), &[body])?;
///     x = b.add(&name("add"), Add {}, &[body, begin])?;
/// }
/// let x = b.add("flatten", Flatten {}, &[x])?;
/// let x = b.add("fc", Linear { in_features: INFER, out_features: 10, bias: true }, &[x])?;
/// let graph = b.try_finish(&[("output", x)])?;
///
/// // Ten patterns, each in noise four times.
/// type Images = Tensor<(usize, Const<1>, Const<8>, Const<8>), f32, Cpu>;
/// type Logits<T> = Tensor<(usize, Const<10>), f32, Cpu, T>;
/// let device = Cpu::seed_from_u64(1);
/// let patterns: Tensor<Rank4<10, 1, 8, 8>, f32, _> = device.sample_normal();
/// let numbers = (0..4).flat_map(|_| patterns.as_vec()).collect::<Vec<f32>>();
/// let noise: Images = device.sample_normal_like(&(40, Const, Const, Const));
/// let images: Images = device.tensor_from_vec(numbers, (40, Const, Const, Const)) + noise * 0.3;
/// let labels: Vec<usize> = (0..40).map(|i| i % 10).collect();
///
/// let mut model = GraphModel::try_new(graph, &device)?;
/// let mut adam = Adam::new(&model, AdamConfig { lr: 0.01, ..Default::default() });
/// let mut gradients = model.alloc_grads();
/// let mut losses = Vec::new();
/// for _ in 0..15 {
///     let logits: Logits<OwnedTape<f32, Cpu>> = model.try_forward_train(images.clone(), gradients)?;
///     let loss = loss::cross_entropy(logits, &labels);
///     losses.push(loss.array());
///     gradients = loss.backward();
///     adam.update(&mut model, &gradients)?;
///     model.zero_grads(&mut gradients);
/// }
/// assert!(losses[14] < 0.3 * losses[0], "{losses:?}");
///
/// // The file holds the graph; parameters go into a file of their own.
/// let text = io::graph_to_json(model.graph())?;
/// assert!(text.contains(r#"{"name": "layer1.conv1", "op": "Conv2d", "in_channels": 4, "out_channels": 4, "kernel": [3, 3]"#));
/// let mut again = GraphModel::try_new(io::graph_from_json(&text)?, &device)?;
/// let parameters = std::env::temp_dir().join("tiny-resnet.safetensors");
/// io::save_safetensors(&model, &parameters)?;
/// io::load_safetensors(&mut again, &parameters)?;
/// let (one, other): (Logits<_>, Logits<_>) = (model.try_forward(images.clone())?, again.try_forward(images)?);
/// assert_eq!(one.as_vec(), other.as_vec());
/// # std::fs::remove_file(parameters)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct GraphModel<E: Dtype = f32, D: Storage<E> = Cpu> {
    plan: Arc<Plan>,
    /// All tensors, in graph order.
    parameters: Vec<Parameter<E, D>>,
    engine: Engine,
    door: Door,
}

/// What follows from the graph alone.
#[derive(Debug)]
struct Plan {
    graph: Graph,
    /// With the networks in it opened up: what runs.
    flat: Graph,
    descriptions: Vec<Description>,
}

impl<D: Backend<f32>> GraphModel<f32, D> {
    /// [`GraphModel::try_new`]
    ///
    /// # Panics
    /// Where that gives an error.
    pub fn new(graph: Graph, device: &D) -> Self {
        Self::build(graph, device)
    }

    /// [`GraphModel::try_build`] in `f32`.
    ///
    /// # Errors
    /// As there.
    pub fn try_new(graph: Graph, device: &D) -> Result<Self, GraphError<D::Err>> {
        Self::try_build(graph, device)
    }
}

impl<E: Scalar, D: Backend<E>> GraphModel<E, D> {
    /// [`GraphModel::try_build`]
    ///
    /// # Panics
    /// Where that gives an error.
    pub fn build(graph: Graph, device: &D) -> Self {
        or_panic(Self::try_build(graph, device))
    }

    /// Builds all tensors with PyTorch's default initial values, in graph order. A device of the same seed gives the same numbers, and so does
    /// the `network!` type of the same graph.
    ///
    /// [`Graph::params`] tells beforehand how many numbers that will be.
    ///
    /// # Errors
    /// If the graph breaks a rule, which one from [`crate::ir::Builder`] does not; if a layer's initial values are not known; if the device
    /// is out of memory.
    pub fn try_build(graph: Graph, device: &D) -> Result<Self, GraphError<D::Err>> {
        let plan = Plan::of(graph)?;
        let parameters = plan.descriptions.iter().map(|description| Parameter::try_build(device, description));
        let parameters = parameters.collect::<Result<_, _>>()?;
        Ok(Self { plan: Arc::new(plan), parameters, engine: Engine::default(), door: Door })
    }

    /// [`GraphModel::try_forward`]
    ///
    /// # Panics
    /// Where that gives an error.
    pub fn forward<In: Inputs<E, D, NoneTape>, Out: Outputs<E, D, NoneTape>>(&self, inputs: In) -> Out {
        or_panic(self.try_forward(inputs))
    }

    /// Inference, without a tape: dropout does nothing, and batch normalization uses its running statistics.
    ///
    /// # Errors
    /// Here and in its kin: if the inputs are not those of the graph, if its outputs are not of the type `Out`, if the batch is empty, if the
    /// device is out of memory; in training, if a batch normalization gets a single value a channel.
    pub fn try_forward<In: Inputs<E, D, NoneTape>, Out: Outputs<E, D, NoneTape>>(&self, inputs: In) -> Result<Out, GraphError<D::Err>> {
        let (inputs, _) = inputs.erase()?;
        let (call, _) = self.call::<Out, NoneTape>(inputs, Mode::Infer, false)?;
        let outputs = D::run(call)?.outputs;
        let tapes = outputs.iter().map(|_| NoneTape).collect();
        Ok(Out::restore(outputs, tapes)?)
    }

    /// [`GraphModel::try_forward_eval`]
    ///
    /// # Panics
    /// Where that gives an error.
    pub fn forward_eval<In: Inputs<E, D, OwnedTape<E, D>>, Out: Outputs<E, D, OwnedTape<E, D>>>(&self, inputs: In) -> Out {
        or_panic(self.try_forward_eval(inputs))
    }

    /// What [`GraphModel::try_forward`] works out, recorded on the inputs' tapes: for gradients by the inputs, or with frozen statistics.
    ///
    /// # Errors
    /// As [`GraphModel::try_forward`].
    pub fn try_forward_eval<In: Inputs<E, D, OwnedTape<E, D>>, Out: Outputs<E, D, OwnedTape<E, D>>>(
        &self,
        inputs: In,
    ) -> Result<Out, GraphError<D::Err>> {
        let (inputs, tape) = inputs.erase()?;
        let (call, copies) = self.call::<Out, _>(inputs, Mode::Eval, true)?;
        let done = D::record(call)?;
        self.recorded(done.outputs, Reel::new(tape, copies).with(done.tape))
    }

    /// [`GraphModel::try_forward_mut`]
    ///
    /// # Panics
    /// Where that gives an error.
    pub fn forward_mut<In: Inputs<E, D, OwnedTape<E, D>>, Out: Outputs<E, D, OwnedTape<E, D>>>(&mut self, inputs: In) -> Out {
        or_panic(self.try_forward_mut(inputs))
    }

    /// Training, recorded on the inputs' tapes: dropout is active, and batch normalization uses the batch and updates its running statistics.
    ///
    /// # Errors
    /// As [`GraphModel::try_forward`].
    pub fn try_forward_mut<In: Inputs<E, D, OwnedTape<E, D>>, Out: Outputs<E, D, OwnedTape<E, D>>>(
        &mut self,
        inputs: In,
    ) -> Result<Out, GraphError<D::Err>> {
        let (inputs, tape) = inputs.erase()?;
        self.train(inputs, tape, true)
    }

    /// [`GraphModel::try_forward_train`]
    ///
    /// # Panics
    /// Where that gives an error.
    pub fn forward_train<In: Inputs<E, D, NoneTape>, Out: Outputs<E, D, OwnedTape<E, D>>>(
        &mut self,
        inputs: In,
        gradients: Gradients<E, D>,
    ) -> Out {
        or_panic(self.try_forward_train(inputs, gradients))
    }

    /// Training on data: as [`GraphModel::try_forward_mut`] of the traced inputs, but without the gradients by the inputs, which saves time.
    ///
    /// # Errors
    /// As [`GraphModel::try_forward`].
    pub fn try_forward_train<In: Inputs<E, D, NoneTape>, Out: Outputs<E, D, OwnedTape<E, D>>>(
        &mut self,
        inputs: In,
        gradients: Gradients<E, D>,
    ) -> Result<Out, GraphError<D::Err>> {
        let (inputs, _) = inputs.erase()?;
        let Some(first) = inputs.first() else { return Err(self.miscounted(0)) };
        let tape = first.taped(gradients)?;
        self.train(inputs, tape, false)
    }

    fn train<Out: Outputs<E, D, OwnedTape<E, D>>>(
        &mut self,
        inputs: Vec<Value<E, D>>,
        tape: OwnedTape<E, D>,
        input_grad: bool,
    ) -> Result<Out, GraphError<D::Err>> {
        let (call, copies) = self.call::<Out, _>(inputs, Mode::Train, input_grad)?;
        let done = D::record(call)?;
        store(done.updates, |work| self.parameters.iter_mut().map(Parameter::slot).for_each(work))?;
        self.recorded(done.outputs, Reel::new(tape, copies).with(done.tape))
    }

    /// The outputs of a recorded pass.
    fn recorded<Out: Outputs<E, D, OwnedTape<E, D>>>(
        &self,
        outputs: Vec<Value<E, D>>,
        reel: Reel<E, D>,
    ) -> Result<Out, GraphError<D::Err>> {
        let tapes = reel.tapes(&self.plan.flat.name, &outputs)?;
        Ok(Out::restore(outputs, tapes)?)
    }

    /// One pass, if it can be made.
    fn call<Out: Outputs<E, D, T>, T>(
        &self,
        inputs: Vec<Value<E, D>>,
        mode: Mode,
        input_grad: bool,
    ) -> Result<Begun<'_, E, D>, GraphError<D::Err>> {
        let batch = self.batch(&inputs)?;
        let flat = &self.plan.flat;
        let graph = || flat.name.to_string();
        let found: Vec<Vec<usize>> = flat.outputs().iter().map(|port| [&[batch], port.shape.dims()].concat()).collect();
        if !Out::fit(&found) {
            return Err(GraphError::Output { graph: graph(), found, asked: type_name::<Out>() });
        }
        D::check(flat, &self.engine, batch, mode, input_grad).map_err(|reason| GraphError::Run { graph: graph(), batch, reason })?;
        let (tensors, copies) = self.tensors()?.recorded();
        Ok((Call::new(flat, &self.engine, Pass { tensors, inputs, mode, input_grad }), copies))
    }

    /// All tensors, in graph order.
    fn tensors(&self) -> Result<Tensors<E, D>, D::Err> {
        let mut tensors = Tensors::new();
        self.parameters.iter().try_for_each(|parameter| parameter.add_to(&mut tensors))?;
        Ok(tensors)
    }

    /// The batch of inputs that are those of the graph.
    fn batch(&self, inputs: &[Value<E, D>]) -> Result<usize, GraphError<D::Err>> {
        let flat = &self.plan.flat;
        let graph = || flat.name.to_string();
        if inputs.len() != flat.inputs().len() {
            return Err(self.miscounted(inputs.len()));
        }
        for (input, port) in inputs.iter().zip(flat.inputs()) {
            if input.dims().get(1..) != Some(port.shape.dims()) {
                let (input, found) = (port.name.to_string(), input.dims().to_vec());
                return Err(GraphError::Input { graph: graph(), input, expected: port.shape, found });
            }
        }
        if let Some((input, port)) = inputs.iter().zip(flat.inputs()).find(|(input, port)| input.is_ids() != port.shape.is_ids()) {
            let found = if input.is_ids() { "token ids" } else { "numbers" };
            return Err(GraphError::Numbers { graph: graph(), input: port.name.to_string(), expected: port.shape, found });
        }
        let batches: Vec<usize> = inputs.iter().map(|input| input.dims()[0]).collect();
        let batch = batches[0];
        if batch == 0 || batches.iter().any(|&other| other != batch) {
            return Err(GraphError::Batch { graph: graph(), found: batches });
        }
        if let Some(error) = ids::first(flat, inputs) {
            return Err(GraphError::Id { graph: graph(), error: Box::new(error) });
        }
        Ok(batch)
    }

    /// The first layer whose output has a number that is not finite: [`crate::gradient::first_non_finite_output`] of a graph.
    ///
    /// # Errors
    /// As [`GraphModel::try_forward`].
    pub fn try_first_non_finite_output<In: Inputs<E, D, NoneTape>>(
        &self,
        inputs: In,
        training: bool,
    ) -> Result<Option<NonFiniteOutput>, GraphError<D::Err>> {
        let (inputs, _) = inputs.erase()?;
        let batch = self.batch(&inputs)?;
        let flat = &self.plan.flat;
        let mode = if training { Mode::Train } else { Mode::Infer };
        let runs = D::check(flat, &self.engine, batch, mode, false);
        runs.map_err(|reason| GraphError::Run { graph: flat.name.to_string(), batch, reason })?;
        let tensors = self.tensors()?.values();
        let plan = run::plan::Plan::of(Cow::Owned(flat.clone()));
        let values =
            plan.values(Pass { tensors, inputs, mode, input_grad: false }, |path, _| unreachable!("`{path}` is no layer of a graph"))?;
        Ok(NonFiniteOutput::first(flat, &values))
    }

    fn miscounted(&self, found: usize) -> GraphError<D::Err> {
        GraphError::Count { graph: self.plan.flat.name.to_string(), expected: self.plan.flat.inputs().len(), found }
    }
}

impl<E: Dtype, D: Storage<E>> GraphModel<E, D> {
    /// The graph that it was made of.
    pub fn graph(&self) -> &Graph {
        &self.plan.graph
    }

    /// The table of its layers.
    pub fn summary(&self) -> Summary {
        Summary::from(self.plan.graph.clone())
    }

    /// The picture of its layers.
    pub fn draw(&self) -> Drawing {
        Drawing::of(&self.plan.graph)
    }
}

impl Plan {
    fn of<Err>(graph: Graph) -> Result<Self, GraphError<Err>> {
        let rule = |mistake| GraphError::Rule { graph: graph.name.to_string(), mistake: Box::new(mistake) };
        graph.check().map_err(rule)?;
        let flat = graph.inlined();
        // Names from within a network may meet others.
        flat.check().map_err(rule)?;
        let mut descriptions = Vec::new();
        for node in flat.nodes() {
            let params = node.params();
            let unknown = || GraphError::NoInitial { node: node.name.to_string(), kind: node.op.kind() };
            let initials = initial::initial(node).ok_or_else(unknown)?;
            for (param, initial) in params.as_slice().iter().zip(initials) {
                let path = format!("{}.{}", node.name, param.name);
                descriptions.push(Description { path, shape: param.shape, trained: param.trained, initial });
            }
        }
        Ok(Self { graph, flat, descriptions })
    }
}

fn or_panic<T, Err: std::fmt::Display>(outcome: Result<T, GraphError<Err>>) -> T {
    match outcome {
        Ok(value) => value,
        Err(error) => panic!("{error}"),
    }
}
