//! A network whose random layers are at work and whose batch normalizations are not.

use std::collections::BTreeMap;

use layercake::GraphModel;
use layercake::ir::ops::{Add, Mul, Parameter};
use layercake::ir::{Builder, Graph, Mistake, Op};
use layercake::prelude::*;

use crate::{Seeded, TrainError};

/// The network for passes in training mode that only draw random numbers: each batch normalization is replaced by the scale and the shift that it is at inference, so
/// that a prediction does not depend on the other samples of its batch.
///
/// # Errors
/// Returns an error if no layer draws random numbers, or the network cannot be built.
pub fn with_frozen_statistics<D: Seeded>(net: &GraphModel<f32, D>, device: &D) -> Result<GraphModel<f32, D>, TrainError> {
    let graph = net.graph();
    if !graph.nodes().iter().any(|node| node.op.is_random()) {
        return Err(TrainError::Setting(format!("`--draws` has no effect on `{}`: none of its layers draws random numbers", graph.name())));
    }
    let known: BTreeMap<String, Vec<f32>> = net.named_tensors().iter().map(|tensor| (tensor.path().to_owned(), tensor.to_vec())).collect();
    let mut folded = Folded { builder: Builder::new(graph.name()), values: Vec::new(), tensors: known };
    let graph = folded.graph(graph).map_err(|mistake| TrainError::Network(mistake.to_string()))?;
    let mut model = GraphModel::try_new(graph, device).map_err(|error| TrainError::Network(error.to_string()))?;
    model.for_each_tensor_mut(|mut tensor| {
        let numbers = &folded.tensors[tensor.path()];
        tensor.copy_from(numbers);
    });
    Ok(model)
}

struct Folded {
    builder: Builder,
    /// The new value of each value of the old graph.
    values: Vec<usize>,
    tensors: BTreeMap<String, Vec<f32>>,
}

impl Folded {
    fn graph(&mut self, graph: &Graph) -> Result<Graph, Mistake> {
        for port in graph.inputs() {
            let value = self.builder.input(port.name(), port.shape)?;
            self.values.push(value);
        }
        for node in graph.nodes() {
            let inputs: Vec<usize> = node.inputs().iter().map(|&value| self.values[value]).collect();
            let owner = node.shares.map(|owner| &graph.nodes()[owner]);
            let value = match (node.op, owner) {
                (Op::BatchNorm1d(norm), _) => {
                    self.norm(&node.name, &owner.unwrap_or(node).name, norm.eps, inputs[0], node.output.dims())?
                }
                (Op::BatchNorm2d(norm), _) => {
                    self.norm(&node.name, &owner.unwrap_or(node).name, norm.eps, inputs[0], node.output.dims())?
                }
                (op, Some(owner)) => self.builder.add_shared(&node.name, op, &inputs, self.values[owner.value])?,
                (op, None) => self.builder.add(&node.name, op, &inputs)?,
            };
            self.values.extend(value..value + node.op.outputs());
        }
        let outputs: Vec<(&str, usize)> = graph.outputs().iter().map(|port| (port.name(), self.values[port.value])).collect();
        self.builder.clone().try_finish(&outputs)
    }

    /// `y = x * scale + shift`, one of each for a channel.
    fn norm(&mut self, name: &str, owner: &str, eps: f64, input: usize, dims: &[usize]) -> Result<usize, Mistake> {
        let of = |part: &str| self.tensors.get(&format!("{owner}.{part}")).cloned();
        let (mean, var) = (of("running_mean").unwrap_or_default(), of("running_var").unwrap_or_default());
        let (weight, bias) = (of("weight").unwrap_or(vec![1.0; mean.len()]), of("bias").unwrap_or(vec![0.0; mean.len()]));
        let scale: Vec<f32> =
            weight.iter().zip(&var).map(|(weight, var)| (f64::from(*weight) / (f64::from(*var) + eps).sqrt()) as f32).collect();
        let shift = bias.iter().zip(&mean).zip(&scale).map(|((bias, mean), scale)| bias - mean * scale).collect();
        // Channels come first: [channels, 1, 1] is repeated over the picture.
        let sizes: Vec<usize> = dims.iter().enumerate().map(|(axis, &size)| if axis == 0 { size } else { 1 }).collect();
        let mut parameter = |part: &str, numbers: Vec<f32>| {
            let path = format!("{name}.{part}");
            let shape = layercake::ir::ops::Sizes::new(&sizes);
            let value = self.builder.add(&path, Parameter { shape }, &[input])?;
            self.tensors.insert(path, numbers);
            Ok::<_, Mistake>(value)
        };
        let (scale, shift) = (parameter("scale", scale)?, parameter("shift", shift)?);
        let scaled = self.builder.add(&format!("{name}.scaled"), Mul {}, &[input, scale])?;
        self.builder.add(name, Add {}, &[scaled, shift])
    }
}
