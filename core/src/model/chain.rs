//! The graph of a `#[model(forward)]` struct: those of its fields in order, with their paths.

use std::any::type_name;
use std::borrow::Cow;
use std::marker::PhantomData;

use dfdx::nn::modules;
use dfdx::tensor::Cpu;
use layercake_ir::ops::{Abs, Approximation, Dropout, Exp, Gelu, Linear, Log, LogSoftmax, Pow, Relu, Sigmoid, Softmax, Sqrt, Tanh};
use layercake_ir::{Builder, Mistake, Op, Shape};

use super::graph::NoGraph;
use super::part::{Array, Many, Maybe, One};
use crate::GraphModel;
use crate::run::network::Network;

/// A graph, borrowed or not.
pub type Graph<'a> = Cow<'a, layercake_ir::Graph>;

/// The graph of a struct, field by field.
#[derive(Debug)]
pub struct Chain {
    builder: Builder,
    /// The outputs of the fields so far; none before the first.
    values: Vec<usize>,
    /// Their names.
    names: Vec<String>,
    lacking: Vec<(String, String)>,
    /// The first other reason why there is no graph.
    fault: Option<NoGraph>,
    model: &'static str,
}

impl Chain {
    /// A network.
    fn network(&mut self, path: &str, graph: &layercake_ir::Graph) {
        let outputs = graph.outputs().iter().map(|port| port.name().to_owned()).collect();
        self.step(outputs, |builder, values| {
            let begins = values.is_empty();
            let inputs = if begins {
                graph.inputs().iter().map(|port| builder.input(port.name(), port.shape)).collect::<Result<_, _>>()?
            } else {
                values
            };
            builder.add_graph(path, graph, &inputs)
        });
    }

    /// One operation, of the shape of its input. If it is the first, the input is a vector of `features`; 0 if it accepts every shape.
    fn operation<O: Into<Op>>(&mut self, path: &str, op: impl FnOnce(&Shape) -> O, features: usize) {
        if self.values.is_empty() && features == 0 && self.lacking.is_empty() {
            let fault = NoGraph::Input { model: self.model.into(), field: path.into() };
            self.fault.get_or_insert(fault);
            return;
        }
        self.step(vec!["output".to_owned()], |builder, values| {
            let values = if values.is_empty() { vec![builder.input("input", Shape::new(&[features]))?] } else { values };
            let op = op(builder.shape(values[0]));
            Ok(vec![builder.add(path, op, &values)?])
        });
    }

    fn step(&mut self, names: Vec<String>, add: impl FnOnce(&mut Builder, Vec<usize>) -> Result<Vec<usize>, Mistake>) {
        // After a field that is missing, shapes are unknown.
        if self.fault.is_some() || !self.lacking.is_empty() {
            return;
        }
        match add(&mut self.builder, std::mem::take(&mut self.values)) {
            Ok(values) => (self.values, self.names) = (values, names),
            Err(mistake) => self.fault = Some(NoGraph::Shapes { model: self.model.into(), mistake: Box::new(mistake) }),
        }
    }

    fn finish(self) -> Result<layercake_ir::Graph, NoGraph> {
        let model = self.model.to_owned();
        if !self.lacking.is_empty() {
            return Err(NoGraph::Fields { model, fields: self.lacking });
        }
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        if self.values.is_empty() {
            return Err(NoGraph::Empty { model });
        }
        let outputs: Vec<(&str, usize)> = self.names.iter().map(String::as_str).zip(self.values).collect();
        self.builder.try_finish(&outputs).map_err(|mistake| NoGraph::Shapes { model, mistake: Box::new(mistake) })
    }
}

/// The graph of a struct, for generated code.
///
/// # Errors
/// Returns an error if it has none.
pub fn chain<M: Stage>(model: &M, name: &'static str) -> Result<Graph<'static>, NoGraph> {
    let mut chain =
        Chain { builder: Builder::new(name), values: Vec::new(), names: Vec::new(), lacking: Vec::new(), fault: None, model: name };
    model.append(&mut chain, "");
    chain.finish().map(Cow::Owned)
}

/// The path of a field.
pub fn join(path: &str, field: &str) -> String {
    if path.is_empty() { field.to_owned() } else { format!("{path}.{field}") }
}

/// A model whose operations are known.
pub trait Stage {
    /// Appends its operations, named after its path in the struct.
    fn append(&self, chain: &mut Chain, path: &str);
}

impl<N: Network<f32, Cpu>> Stage for N {
    fn append(&self, chain: &mut Chain, path: &str) {
        chain.network(path, N::GRAPH);
    }
}

impl Stage for GraphModel<f32, Cpu> {
    fn append(&self, chain: &mut Chain, path: &str) {
        chain.network(path, GraphModel::graph(self));
    }
}

impl<const I: usize, const O: usize> Stage for modules::Linear<I, O, f32, Cpu> {
    fn append(&self, chain: &mut Chain, path: &str) {
        chain.operation(path, |_| Linear { in_features: I, out_features: O, bias: true }, I);
    }
}

impl<const I: usize, const O: usize> Stage for modules::UnbiasedLinear<I, O, f32, Cpu> {
    fn append(&self, chain: &mut Chain, path: &str) {
        chain.operation(path, |_| Linear { in_features: I, out_features: O, bias: false }, I);
    }
}

impl Stage for modules::Dropout {
    fn append(&self, chain: &mut Chain, path: &str) {
        chain.operation(path, |_| Dropout { p: f64::from(self.p) }, 0);
    }
}

macro_rules! functions {
    ($($module:ident: |$x:tt| $op:expr;)*) => {$(
        impl Stage for modules::$module {
            fn append(&self, chain: &mut Chain, path: &str) {
                chain.operation(path, |$x| $op, 0);
            }
        }
    )*};
}

functions! {
    Abs: |_| Abs {};
    AccurateGeLU: |_| Gelu { approximate: Approximation::None };
    Exp: |_| Exp {};
    FastGeLU: |_| Gelu { approximate: Approximation::Tanh };
    Ln: |_| Log {};
    // dfdx's are over the last axis.
    LogSoftmax: |x| LogSoftmax { axis: x.rank() - 1 };
    ReLU: |_| Relu {};
    Sigmoid: |_| Sigmoid {};
    Softmax: |x| Softmax { axis: x.rank() - 1 };
    Sqrt: |_| Sqrt {};
    Square: |_| Pow { exponent: 2.0 };
    Tanh: |_| Tanh {};
}

/// The models in a field of the kind [`Part`](super::part::Part).
pub trait Leaves {
    /// The field's type.
    type Value;
    /// The type of the models.
    type Leaf;

    /// Calls `work` with each model and its path, in order.
    fn each(value: &Self::Value, path: &str, work: &mut dyn FnMut(&Self::Leaf, &str));
}

impl<M> Leaves for One<M> {
    type Value = M;
    type Leaf = M;

    fn each(model: &M, path: &str, work: &mut dyn FnMut(&M, &str)) {
        work(model, path);
    }
}

impl<P: Leaves> Leaves for Maybe<P> {
    type Value = Option<P::Value>;
    type Leaf = P::Leaf;

    fn each(value: &Self::Value, path: &str, work: &mut dyn FnMut(&P::Leaf, &str)) {
        if let Some(value) = value {
            P::each(value, path, work);
        }
    }
}

impl<P: Leaves> Leaves for Many<P> {
    type Value = Vec<P::Value>;
    type Leaf = P::Leaf;

    fn each(list: &Self::Value, path: &str, work: &mut dyn FnMut(&P::Leaf, &str)) {
        list.iter().enumerate().for_each(|(i, item)| P::each(item, &format!("{path}.{i}"), work));
    }
}

impl<P: Leaves, const N: usize> Leaves for Array<P, N> {
    type Value = [P::Value; N];
    type Leaf = P::Leaf;

    fn each(list: &Self::Value, path: &str, work: &mut dyn FnMut(&P::Leaf, &str)) {
        list.iter().enumerate().for_each(|(i, item)| P::each(item, &format!("{path}.{i}"), work));
    }
}

/// Tests whether the operations of a type are known: if they are, its own function is found, otherwise that of the trait [`Otherwise`].
#[derive(Debug)]
pub struct Known<M>(PhantomData<M>);

impl<M: Stage> Known<M> {
    /// Appends its operations.
    pub fn append(model: &M, chain: &mut Chain, path: &str) {
        model.append(chain, path);
    }
}

/// The result for all other types.
pub trait Otherwise {
    /// Notes that there are none.
    fn append<M>(_: &M, chain: &mut Chain, path: &str) {
        chain.lacking.push((path.to_owned(), type_name::<M>().to_owned()));
    }
}

impl<T> Otherwise for T {}
