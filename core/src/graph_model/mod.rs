//! Networks whose graph is built at run time.

mod error;
mod initial;
mod parameter;
mod tensors;

use std::any::type_name;
use std::borrow::Cow;
use std::sync::Arc;

use dfdx::shapes::Dtype;
use dfdx::tensor::{Cpu, Gradients, NoneTape, OwnedTape, Storage};
use dfdx::tensor_ops::Device;
pub use error::GraphError;
use layercake_engine::{Engine, Mode};
use layercake_ir::{Graph, Mistake, Part, Shape, Text};
use parameter::{Description, Parameter};
use tensors::Door;

use crate::gradient::NonFiniteOutput;
use crate::run::backend::Backend;
use crate::run::call::{Call, Pass};
use crate::run::edge::{Inputs, Outputs};
use crate::run::slot::{Slot, store};
use crate::run::tables::AnyTables;
use crate::run::value::Value;
use crate::tape::{Recording, Reel};
use crate::tensors::Tensors;
use crate::{Drawing, Scalar, Summary, ids, run};

/// A pass, and the recording of the copies of tensors that it needs.
type Begun<'a, E, D> = (Call<'a, E, D>, Recording<E, D>);

/// A network made from a graph at run time: built with [`crate::ir::Builder`], read from a file, or taken from a network declared with
/// `network!`. It runs on the same engine, with the same results. What the compiler checks for a declared network is checked when the model
/// is built and when it receives tensors.
///
/// Inputs and outputs are dfdx tensors with the batch axis first, and the caller states their types: a [`crate::dfdx::tensor::Tensor`], a
/// tuple of tensors for several inputs or outputs, or a `Vec<`[`crate::DynTensor`]`>` if not even the ranks are known.
///
/// For dfdx it is a module like any other: its optimizers train it, it can be moved between devices and number types, and
/// [`crate::io::save_safetensors`] saves it under the names that a declared network with the same graph has. Only `BuildModule::build`
/// panics, because it has no graph.
///
/// A residual network that is trained on noisy patterns, saved and loaded:
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
/// // The graph and the parameters are saved in separate files.
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
    tables: AnyTables,
    door: Door,
}

/// What the graph alone determines.
#[derive(Debug)]
struct Plan {
    graph: Graph,
    /// The graph that runs: networks in it are expanded.
    flat: Graph,
    descriptions: Vec<Description>,
}

impl<D: Backend<f32>> GraphModel<f32, D> {
    /// [`GraphModel::try_new`] that panics on an error.
    ///
    /// # Panics
    /// Panics if [`GraphModel::try_new`] returns an error.
    pub fn new(graph: Graph, device: &D) -> Self {
        Self::build(graph, device)
    }

    /// [`GraphModel::try_build`] in `f32`.
    ///
    /// # Errors
    /// The same as [`GraphModel::try_build`].
    pub fn try_new(graph: Graph, device: &D) -> Result<Self, GraphError<D::Err>> {
        Self::try_build(graph, device)
    }
}

impl<E: Scalar, D: Backend<E>> GraphModel<E, D> {
    /// [`GraphModel::try_build`] that panics on an error.
    ///
    /// # Panics
    /// Panics if [`GraphModel::try_build`] returns an error.
    pub fn build(graph: Graph, device: &D) -> Self {
        or_panic(Self::try_build(graph, device))
    }

    /// Builds the model with PyTorch's default initial values, or those that the graph states. The numbers are drawn from the device's
    /// generator in graph order, as for a declared network with the same graph.
    ///
    /// [`Graph::params`] is the number of parameters.
    ///
    /// # Errors
    /// Returns an error if the graph violates a shape rule (one made by [`crate::ir::Builder`] does not), if it has a custom layer, or if
    /// the device is out of memory.
    pub fn try_build(graph: Graph, device: &D) -> Result<Self, GraphError<D::Err>> {
        let plan = Plan::of(graph)?;
        let parameters = plan.descriptions.iter().map(|description| Parameter::try_build(device, description));
        let parameters = parameters.collect::<Result<_, _>>()?;
        Ok(Self { plan: Arc::new(plan), parameters, engine: Engine::default(), tables: AnyTables::default(), door: Door })
    }

    /// The same network for inputs of other sizes, without the batch axis: sequences of another length, pictures of another height and width. It begins with the same
    /// parameters; those of either are trained without the other.
    ///
    /// ```
    /// use layercake::ir::Shape;
    /// use layercake::prelude::*;
    ///
    /// network! {
    ///     Reader<T: Dim>: [T, 8] -> [T, 16] { lstm: LSTM(16) }
    /// }
    ///
    /// let device = Cpu::seed_from_u64(1);
    /// let model = GraphModel::try_new(Reader::<f32, Cpu>::GRAPH.clone(), &device)?;
    /// let short = model.resized(&[Shape::new(&[3, 8])])?;
    /// let x: Tensor<(usize, Const<3>, Const<8>), f32, _> = device.sample_normal_like(&(5, Const, Const));
    /// let y: Tensor<(usize, Const<3>, Const<16>), f32, _> = short.try_forward(x)?;
    /// assert_eq!(y.shape().0, 5);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Returns an error if a layer does not accept its new input, or if its tensors depend on the size.
    ///
    /// # Panics
    /// Panics if the number of shapes differs from the number of inputs.
    pub fn resized(&self, inputs: &[Shape]) -> Result<Self, GraphError<D::Err>> {
        let rule = |mistake| GraphError::Rule { graph: self.plan.graph.name.to_string(), mistake: Box::new(mistake) };
        let plan = Plan::of(self.plan.graph.resized(inputs).map_err(rule)?)?;
        let shape = |description: &Description| description.shape;
        if !plan.descriptions.iter().map(shape).eq(self.plan.descriptions.iter().map(shape)) {
            let text = Text::new().str("its tensors would have other shapes for these inputs");
            return Err(rule(Mistake::new(Part::Layer, text)));
        }
        let (parameters, engine) = (self.parameters.clone(), Engine::default());
        Ok(Self { plan: Arc::new(plan), parameters, engine, tables: AnyTables::default(), door: Door })
    }

    /// [`GraphModel::try_forward`] that panics on an error.
    ///
    /// # Panics
    /// Panics if [`GraphModel::try_forward`] returns an error.
    pub fn forward<In: Inputs<E, D, NoneTape>, Out: Outputs<E, D, NoneTape>>(&self, inputs: In) -> Out {
        or_panic(self.try_forward(inputs))
    }

    /// Inference without a tape: dropout does nothing, and batch normalization uses its running statistics.
    ///
    /// # Errors
    /// Returns an error if the inputs do not fit the graph, if the outputs do not have the type `Out`, if the batch is empty, or if the
    /// device is out of memory. In training, also if a batch normalization receives a single value per channel.
    pub fn try_forward<In: Inputs<E, D, NoneTape>, Out: Outputs<E, D, NoneTape>>(&self, inputs: In) -> Result<Out, GraphError<D::Err>> {
        let (inputs, _) = inputs.erase()?;
        let (call, _) = self.call::<Out, NoneTape>(inputs, Mode::Infer, false)?;
        let outputs = D::run(call)?.outputs;
        let tapes = outputs.iter().map(|_| NoneTape).collect();
        Ok(Out::restore(outputs, tapes)?)
    }

    /// [`GraphModel::try_forward_eval`] that panics on an error.
    ///
    /// # Panics
    /// Panics if [`GraphModel::try_forward_eval`] returns an error.
    pub fn forward_eval<In: Inputs<E, D, OwnedTape<E, D>>, Out: Outputs<E, D, OwnedTape<E, D>>>(&self, inputs: In) -> Out {
        or_panic(self.try_forward_eval(inputs))
    }

    /// [`GraphModel::try_forward`], recorded on the tapes of the inputs: for gradients of the inputs, or with frozen statistics.
    ///
    /// # Errors
    /// The same as [`GraphModel::try_forward`].
    pub fn try_forward_eval<In: Inputs<E, D, OwnedTape<E, D>>, Out: Outputs<E, D, OwnedTape<E, D>>>(
        &self,
        inputs: In,
    ) -> Result<Out, GraphError<D::Err>> {
        let (inputs, tape) = inputs.erase()?;
        let (call, copies) = self.call::<Out, _>(inputs, Mode::Eval, true)?;
        let done = D::record(call)?;
        self.recorded(done.outputs, Reel::new(tape, copies).with(done.tape))
    }

    /// [`GraphModel::try_forward_mut`] that panics on an error.
    ///
    /// # Panics
    /// Panics if [`GraphModel::try_forward_mut`] returns an error.
    pub fn forward_mut<In: Inputs<E, D, OwnedTape<E, D>>, Out: Outputs<E, D, OwnedTape<E, D>>>(&mut self, inputs: In) -> Out {
        or_panic(self.try_forward_mut(inputs))
    }

    /// Training, recorded on the tapes of the inputs: dropout is active, and batch normalization uses the batch and updates its running
    /// statistics.
    ///
    /// # Errors
    /// The same as [`GraphModel::try_forward`].
    pub fn try_forward_mut<In: Inputs<E, D, OwnedTape<E, D>>, Out: Outputs<E, D, OwnedTape<E, D>>>(
        &mut self,
        inputs: In,
    ) -> Result<Out, GraphError<D::Err>> {
        let (inputs, tape) = inputs.erase()?;
        self.train(inputs, tape, true)
    }

    /// [`GraphModel::try_forward_train`] that panics on an error.
    ///
    /// # Panics
    /// Panics if [`GraphModel::try_forward_train`] returns an error.
    pub fn forward_train<In: Inputs<E, D, NoneTape>, Out: Outputs<E, D, OwnedTape<E, D>>>(
        &mut self,
        inputs: In,
        gradients: Gradients<E, D>,
    ) -> Out {
        or_panic(self.try_forward_train(inputs, gradients))
    }

    /// Training on data: [`GraphModel::try_forward_mut`] without gradients of the inputs, which saves time.
    ///
    /// # Errors
    /// The same as [`GraphModel::try_forward`].
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
        store(done.updates, |work| self.slots().for_each(work))?;
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

    /// Checks the inputs and prepares a pass.
    fn call<Out: Outputs<E, D, T>, T>(
        &self,
        inputs: Vec<Value<E, D>>,
        mode: Mode,
        input_grad: bool,
    ) -> Result<Begun<'_, E, D>, GraphError<D::Err>> {
        let batch = check_inputs(&self.plan.flat, &inputs)?;
        let flat = &self.plan.flat;
        let graph = || flat.name.to_string();
        let found: Vec<Vec<usize>> = flat.outputs().iter().map(|port| [&[batch], port.shape.dims()].concat()).collect();
        if !Out::fit(&found) {
            return Err(GraphError::Output { graph: graph(), found, asked: type_name::<Out>() });
        }
        D::check(flat, &self.engine, batch, mode, input_grad).map_err(|reason| GraphError::Run { graph: graph(), batch, reason })?;
        let (tensors, copies) = self.tensors()?.recorded();
        Ok((Call::new(flat, &self.engine, &self.tables, Pass { tensors, inputs, mode, input_grad }), copies))
    }

    /// Appends all tensors, in graph order.
    pub(crate) fn add_tensors_to(&self, tensors: &mut Tensors<E, D>) -> Result<(), D::Err> {
        self.parameters.iter().try_for_each(|parameter| parameter.add_to(tensors))
    }

    /// The same tensors, as places to store into.
    pub(crate) fn slots(&mut self) -> impl Iterator<Item = &mut dyn Slot<E, D>> {
        self.parameters.iter_mut().map(Parameter::slot)
    }

    /// All tensors, in graph order.
    fn tensors(&self) -> Result<Tensors<E, D>, D::Err> {
        let mut tensors = Tensors::new();
        self.add_tensors_to(&mut tensors)?;
        Ok(tensors)
    }

    /// The first layer whose output has a NaN or infinite number: [`crate::gradient::first_non_finite_output`] for a graph.
    ///
    /// # Errors
    /// The same as [`GraphModel::try_forward`].
    pub fn try_first_non_finite_output<In: Inputs<E, D, NoneTape>>(
        &self,
        inputs: In,
        training: bool,
    ) -> Result<Option<NonFiniteOutput>, GraphError<D::Err>> {
        let (inputs, _) = inputs.erase()?;
        let batch = check_inputs(&self.plan.flat, &inputs)?;
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
    /// The graph.
    pub fn graph(&self) -> &Graph {
        &self.plan.graph
    }

    /// The table of the layers.
    pub fn summary(&self) -> Summary {
        Summary::from(self.plan.graph.clone())
    }

    /// The drawing of the layers.
    pub fn draw(&self) -> Drawing {
        Drawing::of(&self.plan.graph)
    }
}

impl Plan {
    fn of<Err: std::fmt::Display>(graph: Graph) -> Result<Self, GraphError<Err>> {
        let rule = |mistake| GraphError::Rule { graph: graph.name.to_string(), mistake: Box::new(mistake) };
        graph.check().map_err(rule)?;
        let flat = graph.inlined();
        // Expanding networks may have created equal names.
        flat.check().map_err(rule)?;
        let mut descriptions = Vec::new();
        for node in flat.nodes() {
            let params = node.params();
            let unknown = || GraphError::UnknownTensors { node: node.name.to_string(), kind: node.op.kind() };
            let initials = initial::initial(node).ok_or_else(unknown)?;
            for (param, initial) in params.as_slice().iter().zip(initials) {
                let path = param.path(&node.name);
                descriptions.push(Description { path, shape: param.shape, trained: param.trained, initial });
            }
        }
        Ok(Self { graph, flat, descriptions })
    }
}

/// Checks the inputs of a graph without nested networks, and returns the batch size.
pub(crate) fn check_inputs<E: Scalar, D: Device<E>, Err: std::fmt::Display>(
    flat: &Graph,
    inputs: &[Value<E, D>],
) -> Result<usize, GraphError<Err>> {
    let graph = || flat.name.to_string();
    if inputs.len() != flat.inputs().len() {
        return Err(GraphError::Count { graph: graph(), expected: flat.inputs().len(), found: inputs.len() });
    }
    for (input, port) in inputs.iter().zip(flat.inputs()) {
        if input.dims().get(1..) != Some(port.shape.dims()) {
            let (input, found) = (port.name.to_string(), input.dims().to_vec());
            return Err(GraphError::Input { graph: graph(), input, expected: port.shape, found });
        }
    }
    if let Some((input, port)) = inputs.iter().zip(flat.inputs()).find(|(input, port)| input.is_ids() != port.shape.is_ids()) {
        let found = if input.is_ids() { "token ids" } else { "numbers" };
        return Err(GraphError::InputKind { graph: graph(), input: port.name.to_string(), expected: port.shape, found });
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

fn or_panic<T, Err: std::fmt::Display>(outcome: Result<T, GraphError<Err>>) -> T {
    match outcome {
        Ok(value) => value,
        Err(error) => panic!("{error}"),
    }
}
