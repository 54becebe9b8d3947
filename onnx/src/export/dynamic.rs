//! Axes of inputs whose sizes are left open, besides the batch.
//!
//! The graph is written with other sizes of these axes too. What differs then follows from them: sizes of values become symbols, and one size of a `Reshape` is left to ONNX. A layer that
//! is written in another way cannot have the axis open.

use std::collections::HashMap;
use std::fmt;

use layercake_ir::{Graph, Mistake, Shape};
use prost::Message;

use super::{model, proto};
use crate::{Refusal, Refusals, Tensor};

/// An axis of an input whose size is left open; PyTorch's `dynamic_axes`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DynamicAxis {
    /// The name of the input.
    pub input: String,
    /// The axis, from 1 on: axis 0 is the batch, which is always open.
    pub axis: usize,
    /// The symbol in the file. Axes of the same symbol have the same size.
    pub name: String,
}

/// Why a network cannot be written with open axes.
#[derive(Debug, PartialEq)]
#[non_exhaustive]
pub enum DynamicError {
    /// There is no such axis.
    NoAxis {
        /// The axis that was asked for.
        axis: DynamicAxis,
        /// The inputs with their axes.
        known: String,
    },
    /// A layer does not accept another size.
    Fixed {
        /// The symbol.
        name: String,
        /// What the layer says about another size.
        mistake: Box<Mistake>,
    },
    /// Layers that have no form in ONNX, or none for an open size.
    Layers(Refusals),
}

impl fmt::Display for DynamicError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoAxis { axis: DynamicAxis { input, axis, .. }, known } => {
                write!(f, "no axis {axis} of an input `{input}` can be left open; {known}")
            }
            Self::Fixed { name, mistake } => {
                // What it advises is about the declaration, which is right.
                let said = mistake.to_string();
                write!(f, "the size `{name}` cannot be left open: with another one, {}", said.lines().next().unwrap_or_default())
            }
            Self::Layers(refusals) => refusals.fmt(f),
        }
    }
}

impl std::error::Error for DynamicError {}

impl From<Refusals> for DynamicError {
    fn from(refusals: Refusals) -> Self {
        Self::Layers(refusals)
    }
}

/// By so much an axis is longer in the graphs that are compared: a multiple of the usual strides.
const LONGER: usize = 64;

/// [`export`](super::export) with some axes left open.
///
/// # Errors
/// Returns an error if there is no such axis, or lists what cannot be written with it.
pub fn export_dynamic(graph: &Graph, tensors: &HashMap<String, Tensor>, axes: &[DynamicAxis]) -> Result<Vec<u8>, DynamicError> {
    let shapes: Vec<Shape> = graph.inputs().iter().map(|port| port.shape).collect();
    let mut places = Vec::new();
    for DynamicAxis { input, axis, name } in axes {
        match graph.inputs().iter().position(|port| port.name() == input) {
            Some(port) if (1..=shapes[port].dims().len()).contains(axis) => places.push((name.as_str(), port, axis - 1)),
            _ => {
                let inputs = graph.inputs().iter().map(|port| format!("`{}` has the axes 1 to {}", port.name(), port.shape.dims().len()));
                let axis = DynamicAxis { input: input.clone(), axis: *axis, name: name.clone() };
                return Err(DynamicError::NoAxis { axis, known: inputs.collect::<Vec<_>>().join(", ") });
            }
        }
    }
    let mut base = model(graph, tensors)?;
    let mut names: Vec<&str> = places.iter().map(|place| place.0).collect();
    names.sort_unstable();
    names.dedup();
    for name in names {
        let mut longer = shapes.clone();
        let mut sizes = None;
        for &(_, port, axis) in places.iter().filter(|place| place.0 == name) {
            let mut dims = longer[port].dims().to_vec();
            sizes = Some([dims[axis], dims[axis] + LONGER]);
            dims[axis] += LONGER;
            longer[port] = Shape::new(&dims);
        }
        let resized =
            graph.resized(&longer).map_err(|mistake| DynamicError::Fixed { name: name.to_owned(), mistake: Box::new(mistake) })?;
        let Some(sizes) = sizes else { continue };
        open(&mut base, &model(&resized, tensors)?, name, sizes)?;
    }
    Ok(base.encode_to_vec())
}

/// Opens what differs in the other model, in which an axis of the first size has the second one.
fn open(base: &mut proto::Model, other: &proto::Model, name: &str, sizes: [usize; 2]) -> Result<(), Refusals> {
    let (Some(base), Some(other)) = (&mut base.graph, &other.graph) else { return Ok(()) };
    let depends = |node: &proto::Node| Refusal {
        node: node.name.split('/').next().unwrap_or_default().to_owned(),
        operator: node.op_type.clone(),
        reason: format!("it is written for one size of `{name}`, which cannot be left open"),
    };
    let mut refused: Vec<Refusal> = Vec::new();
    if base.node.len() != other.node.len() {
        let differs = base.node.iter().zip(&other.node).find(|(node, other)| node != other).map(|(node, _)| node);
        refused.extend(differs.or(base.node.last()).map(depends));
        return Err(Refusals(refused));
    }
    refused.extend(base.node.iter().zip(&other.node).filter(|(node, other)| node != other).map(|(node, _)| depends(node)));
    for (tensor, other) in base.initializer.iter_mut().zip(&other.initializer) {
        if tensor == other {
            continue;
        }
        let users: Vec<&proto::Node> = base.node.iter().filter(|node| node.input.contains(&tensor.name)).collect();
        let reshapes = users.iter().all(|node| node.op_type == "Reshape" && node.input.get(1) == Some(&tensor.name));
        match opened(tensor, other).filter(|_| reshapes) {
            Some(sizes) => tensor.raw_data = sizes.iter().flat_map(|size| size.to_le_bytes()).collect::<Vec<u8>>().into(),
            None => refused.extend(users.first().map(|node| depends(node))),
        }
    }
    if !refused.is_empty() {
        return Err(Refusals(refused));
    }
    let values = base.input.iter_mut().chain(&mut base.output).chain(&mut base.value_info);
    for (value, other) in values.zip(other.input.iter().chain(&other.output).chain(&other.value_info)) {
        for (dim, other) in dims(value).zip(dims_of(other)) {
            if dim.dim_value != other.dim_value {
                let is_axis = dim.dim_value == Some(sizes[0] as i64) && other.dim_value == Some(sizes[1] as i64);
                // A size that follows from the axis has no symbol of its own.
                *dim = proto::Dimension { dim_value: None, dim_param: is_axis.then(|| name.to_owned()) };
            }
        }
    }
    Ok(())
}

/// The sizes of a `Reshape` whose only size that differs is left to ONNX.
fn opened(tensor: &proto::Tensor, other: &proto::Tensor) -> Option<Vec<i64>> {
    let numbers =
        |tensor: &proto::Tensor| -> Vec<i64> { tensor.raw_data.as_chunks().0.iter().map(|bytes| i64::from_le_bytes(*bytes)).collect() };
    if tensor.data_type != proto::data_type::INT64 || tensor.dims != other.dims {
        return None;
    }
    let (mut sizes, other) = (numbers(tensor), numbers(other));
    let differ: Vec<usize> = (0..sizes.len()).filter(|&i| sizes[i] != other[i]).collect();
    match differ[..] {
        [place] if sizes.iter().enumerate().all(|(i, &size)| i == place || size != -1) => {
            sizes[place] = -1;
            Some(sizes)
        }
        _ => None,
    }
}

fn dims(value: &mut proto::ValueInfo) -> impl Iterator<Item = &mut proto::Dimension> {
    let shape = value.r#type.as_mut().and_then(|kind| kind.tensor_type.as_mut()).and_then(|kind| kind.shape.as_mut());
    shape.into_iter().flat_map(|shape| &mut shape.dim)
}

fn dims_of(value: &proto::ValueInfo) -> impl Iterator<Item = &proto::Dimension> {
    let shape = value.r#type.as_ref().and_then(|kind| kind.tensor_type.as_ref()).and_then(|kind| kind.shape.as_ref());
    shape.into_iter().flat_map(|shape| &shape.dim)
}
