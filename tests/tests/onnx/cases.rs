//! The networks: every case of PyTorch's fixtures, and the small networks of the zoo.

use std::collections::BTreeMap;

use dfdx::tensor::Cpu;
use layercake::ir::{Graph, Shape};
use layercake::{DynTensor, GraphModel, Model};
use layercake_tests::{Fixture, Numbers, fixtures, graphs, seeded, seeded_parameter};

/// A network with its tensors, inputs, and the outputs at inference.
pub(crate) struct Case {
    /// `conv2d.plain`
    pub(crate) name: String,
    pub(crate) model: GraphModel,
    /// With the batch first.
    pub(crate) inputs: Vec<Numbers>,
    pub(crate) outputs: Vec<Numbers>,
}

/// Every case of PyTorch's fixtures, with PyTorch's outputs.
pub(crate) fn catalogue() -> Vec<Case> {
    let mut cases = Vec::new();
    for kind in fixtures().iter().filter(|kind| *kind != "gallery") {
        let (fixture, graphs) = (Fixture::open(kind), graphs(kind));
        for (name, graph) in graphs {
            let case = fixture.case(&name);
            let mut model = GraphModel::new(graph, &Cpu::default());
            model.for_each_tensor_mut(|mut tensor| {
                tensor.copy_from(&case.given[tensor.path()].cast::<f32>());
            });
            let (inputs, outputs) = (vec![case.given["input"].clone()], vec![case.eval["output"].clone()]);
            cases.push(Case { name: format!("{kind}.{name}"), model, inputs, outputs });
        }
    }
    cases
}

/// The networks of the zoo whose tensors fit into a small file, with seeded numbers and Layercake's own outputs.
pub(crate) fn zoo(most: usize) -> impl Iterator<Item = Case> {
    let mut seen = BTreeMap::new();
    for model in layercake_models::zoo() {
        if let Some(graph) = model.graph().filter(|graph| graph.params() <= most && !graph.has_custom()) {
            seen.entry(model.name()).or_insert(graph);
        }
    }
    seen.into_iter().map(|(name, graph)| of_graph(&format!("zoo.{name}"), graph))
}

/// A case with seeded numbers.
pub(crate) fn of_graph(name: &str, graph: &Graph) -> Case {
    let mut model = GraphModel::new(graph.clone(), &Cpu::default());
    model.for_each_tensor_mut(|mut tensor| {
        let dims = tensor.shape();
        // Steep networks amplify rounding: a matrix keeps the scale of what it is applied to.
        let numbers = if dims.len() < 2 {
            seeded_parameter(name, tensor.path(), &dims)
        } else {
            let spread = 1.5 / (dims[1..].iter().product::<usize>() as f64).sqrt();
            seeded(&format!("{name}/{}", tensor.path()), &dims, -spread, spread)
        };
        tensor.copy_from(&numbers.cast::<f32>());
    });
    let inputs: Vec<Numbers> = graph.inputs().iter().enumerate().map(|(i, port)| input(i, &port.shape)).collect();
    let outputs = run(&model, &inputs);
    Case { name: name.to_owned(), model, inputs, outputs }
}

/// Two samples.
fn input(seed: usize, shape: &Shape) -> Numbers {
    let dims = [&[2], shape.dims()].concat();
    if shape.is_ids() {
        let len: usize = dims.iter().product();
        return Numbers { dims, values: (0..len).map(|i| ((i * 7 + seed) % 3) as f64).collect() };
    }
    seeded(&format!("input{seed}"), &dims, -1.0, 1.0)
}

/// The outputs of a model at inference.
pub(crate) fn run(model: &GraphModel, inputs: &[Numbers]) -> Vec<Numbers> {
    let device = Cpu::default();
    let ports = model.graph().inputs();
    let inputs = inputs.iter().zip(ports).map(|(input, port)| {
        if port.shape.is_ids() {
            let ids = input.values.iter().map(|&id| id as usize).collect();
            return DynTensor::from_ids(&device, ids, &input.dims).expect("as many ids as the sizes say");
        }
        DynTensor::try_from_vec(&device, input.cast(), &input.dims).expect("enough memory").expect("as many numbers as the sizes say")
    });
    let outputs: Vec<DynTensor<f32, Cpu>> = model.forward(inputs.collect::<Vec<_>>());
    let numbers = |output: &DynTensor<f32, Cpu>| Numbers {
        dims: output.dims().to_vec(),
        values: output.to_vec().iter().map(|&x| x.into()).collect(),
    };
    outputs.iter().map(numbers).collect()
}
