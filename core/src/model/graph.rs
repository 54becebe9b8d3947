//! Models that have a graph.

use std::borrow::Cow;

use dfdx::tensor::Cpu;
use layercake_ir::{Graph, Mistake};

use super::Model;
use crate::GraphModel;
use crate::run::network::Network;

/// A model in `f32` on the CPU that has a graph: every network of `network!`, a [`GraphModel`], and a struct with
/// [`#[model(forward)]`](derive@crate::Model). A graph can be drawn, listed as a table and written as ONNX.
///
/// ```
/// use layercake::prelude::*;
/// use layercake::{Drawing, HasGraph, Summary};
///
/// network! {
///     Encoder: [64] -> [8] { fc: Linear(8), Tanh }
///     Decoder: [8] -> [64] { fc: Linear(64), Sigmoid }
/// }
///
/// #[derive(Model)]
/// #[model(forward)]
/// struct Autoencoder<E: Dtype = f32, D: Storage<E> = Cpu> {
///     encoder: Encoder<E, D>,
///     decoder: Decoder<E, D>,
/// }
///
/// let model = Autoencoder::new(&Cpu::seed_from_u64(0));
/// let graph = model.graph()?;
/// assert_eq!(graph.nodes()[2].name(), "decoder.fc");
/// println!("{}", Summary::from(graph.into_owned()));
/// # Ok::<(), layercake::NoGraph>(())
/// ```
///
/// A struct whose forward is a method of its own can implement it: [`Builder::add_graph`](crate::ir::Builder::add_graph) joins the graphs of the fields. Nodes must be named after the paths of their
/// tensors.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no graph",
    label = "not a network of `network!` in f32 on the CPU, not a `GraphModel`, and not a struct with `#[model(forward)]`",
    note = "a struct with `#[derive(Model)]` has a graph with `#[model(forward)]`, which runs its fields in order; for another order, implement `layercake::HasGraph`"
)]
pub trait HasGraph: Model<f32, Cpu> {
    /// The graph. Its nodes are named after the paths of the model's tensors.
    ///
    /// # Errors
    /// Returns an error if fields of the model have none, or do not fit one another.
    fn graph(&self) -> Result<Cow<'_, Graph>, NoGraph>;
}

impl<N: Network<f32, Cpu> + Model<f32, Cpu>> HasGraph for N {
    fn graph(&self) -> Result<Cow<'_, Graph>, NoGraph> {
        Ok(Cow::Borrowed(N::GRAPH))
    }
}

impl HasGraph for GraphModel<f32, Cpu> {
    fn graph(&self) -> Result<Cow<'_, Graph>, NoGraph> {
        Ok(Cow::Borrowed(GraphModel::graph(self)))
    }
}

/// Why a struct of models has no graph.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum NoGraph {
    /// Fields that have no graph.
    #[error("`{model}` has no graph: {}", listed(fields))]
    Fields {
        /// The struct.
        model: String,
        /// The paths of these fields and their types.
        fields: Vec<(String, String)>,
    },
    /// The first field accepts inputs of several shapes.
    #[error("`{model}` has no graph: its input is that of `{field}`, which accepts every shape; begin with a network or a linear layer")]
    Input {
        /// The struct.
        model: String,
        /// The path of the first field.
        field: String,
    },
    /// The struct runs nothing.
    #[error("`{model}` has no graph: it has no field that runs")]
    Empty {
        /// The struct.
        model: String,
    },
    /// A field does not accept the output of the one before it.
    #[error("`{model}` has no graph: {mistake}")]
    Shapes {
        /// The struct.
        model: String,
        /// The mistake.
        mistake: Box<Mistake>,
    },
}

fn listed(fields: &[(String, String)]) -> String {
    let fields: Vec<String> = fields.iter().map(|(path, kind)| format!("the field `{path}` has none ({kind})")).collect();
    fields.join(", ")
}
