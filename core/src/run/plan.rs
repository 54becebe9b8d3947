//! A graph prepared for running: networks in it are expanded, and it is split at custom layers.

use std::borrow::Cow;
use std::ops::Range;

use dfdx::tensor::{HasErr, NoneTape};
use layercake_engine::Engine;
use layercake_ir::{Graph, Node, Op, Port};

use super::backend::Backend;
use super::call::{Call, Done, Pass};
use super::tables::AnyTables;
use super::value::Value;
use crate::Scalar;

/// The segments of a graph, which run one after the other.
#[derive(Debug)]
pub struct Plan {
    graph: Cow<'static, Graph>,
    /// Each is a graph of its own with the engine's plans for it; all but the last are followed by a custom layer.
    segments: Vec<Segment>,
}

/// A part of a graph without custom layers, and the custom layer that follows.
#[derive(Debug)]
struct Segment {
    /// `None` between two adjacent custom layers.
    part: Option<Part>,
    custom: Option<Custom>,
}

#[derive(Debug)]
struct Part {
    graph: Cow<'static, Graph>,
    engine: Engine,
    tables: AnyTables,
    /// The values of the whole graph that go in and come out.
    inputs: Vec<usize>,
    outputs: Vec<usize>,
    /// For each tensor of the part, its index in the whole graph.
    tensors: Vec<usize>,
}

#[derive(Debug)]
struct Custom {
    path: String,
    input: usize,
    output: usize,
}

impl Plan {
    pub(crate) fn of(graph: Cow<'static, Graph>) -> Self {
        let graph = match graph.nodes().iter().any(|node| matches!(node.op, Op::Subgraph(_))) {
            true => Cow::Owned(graph.inlined()),
            false => graph,
        };
        let segments = segments(&graph).unwrap_or_else(|| vec![whole(graph.clone())]);
        Self { graph, segments }
    }

    /// The graph, with networks in it expanded.
    pub(crate) fn graph(&self) -> &Graph {
        &self.graph
    }

    /// Runs the whole graph. `run` runs a graph without custom layers, `custom` the custom layer with a path.
    pub(crate) fn run<E: Scalar, D: Backend<E>, T>(
        &self,
        pass: Pass<E, D>,
        mut tape: T,
        run: RunPart<E, D, T>,
        custom: RunCustom<'_, E, D, T>,
    ) -> Result<Finished<E, D, T>, D::Err> {
        // Nothing to be put together.
        if let [Segment { part: Some(part), custom: None }] = &self.segments[..] {
            let (done, tape) = run(Call::new(&part.graph, &part.engine, &part.tables, pass), tape)?;
            return Ok((done.outputs, tape, done.updates));
        }
        let Pass { mut tensors, inputs, mode, input_grad } = pass;
        let known = inputs.len();
        let mut values: Vec<Option<Value<E, D>>> = inputs.into_iter().map(Some).collect();
        values.resize(self.graph.values(), None);
        let value = |values: &[Option<Value<E, D>>], i: usize| values[i].clone().expect("values are computed before they are used");
        let mut updates = Vec::new();
        for segment in &self.segments {
            if let Some(part) = &segment.part {
                let pass = Pass {
                    tensors: part.tensors.iter().map(|&tensor| tensors[tensor].clone()).collect(),
                    inputs: part.inputs.iter().map(|&input| value(&values, input)).collect(),
                    mode,
                    // Behind a custom layer the gradient has to get back to it.
                    input_grad: input_grad || part.inputs.iter().any(|&input| input >= known),
                };
                let (done, carried) = run(Call::new(&part.graph, &part.engine, &part.tables, pass), tape)?;
                tape = carried;
                for (&output, value) in part.outputs.iter().zip(done.outputs) {
                    values[output] = Some(value);
                }
                for (tensor, value) in done.updates {
                    // If the normalization is applied again, it continues from these statistics.
                    tensors[part.tensors[tensor]] = value.clone();
                    updates.push((part.tensors[tensor], value));
                }
            }
            if let Some(Custom { path, input, output }) = &segment.custom {
                let (given, carried) = custom(path, value(&values, *input), tape)?;
                values[*output] = Some(given);
                tape = carried;
            }
        }
        let outputs = self.graph.outputs().iter().map(|port| value(&values, port.value)).collect();
        Ok((outputs, tape, updates))
    }
}

impl Plan {
    /// All values of a pass, including the inputs. Layers are not fused. Updated statistics are dropped.
    pub(crate) fn values<E: Scalar, D: Backend<E>>(
        &self,
        pass: Pass<E, D>,
        mut custom: impl FnMut(&str, Value<E, D>) -> Result<Value<E, D>, D::Err>,
    ) -> Result<Vec<Value<E, D>>, D::Err> {
        let Pass { tensors, inputs, mode, input_grad } = pass;
        let alone = self.segments.len() == 1;
        let mut values = inputs;
        for segment in &self.segments {
            if let Some(part) = &segment.part {
                let port = |value: usize| port(&part.graph, value, value);
                let outputs: Vec<Port> = (part.graph.inputs().len()..part.graph.values()).map(port).collect();
                let graph = Graph { outputs: outputs.into(), ..part.graph.clone().into_owned() };
                // What runs one part alone lists neither values nor tensors.
                let (inputs, tensors) = match alone {
                    true => (values.clone(), tensors.clone()),
                    false => (
                        part.inputs.iter().map(|&input| values[input].clone()).collect(),
                        part.tensors.iter().map(|&tensor| tensors[tensor].clone()).collect(),
                    ),
                };
                let pass = Pass { tensors, inputs, mode, input_grad };
                values.extend(D::run(Call::new(&graph, &Engine::default(), &AnyTables::default(), pass))?.outputs);
            }
            if let Some(Custom { path, input, .. }) = &segment.custom {
                values.push(custom(path, values[*input].clone())?);
            }
        }
        Ok(values)
    }
}

/// Runs a part of a graph without custom layers.
pub(crate) type RunPart<E, D, T> = fn(Call<'_, E, D>, T) -> Result<Ran<E, D, T>, <D as HasErr>::Err>;

/// Runs the custom layer with a path. It is behind a pointer so that a pass is compiled once, and not for each network.
pub(crate) type RunCustom<'a, E, D, T> = &'a mut dyn FnMut(&str, Value<E, D>, T) -> Result<(Value<E, D>, T), <D as HasErr>::Err>;

/// What a part gave, without its tape, and the tape of the pass so far.
pub(crate) type Ran<E, D, T> = (Done<E, D, NoneTape>, T);

/// The outputs, the tape, and the new values of tensors with their indices.
pub(crate) type Finished<E, D, T> = (Vec<Value<E, D>>, T, Vec<(usize, Value<E, D>)>);

/// The segments of a graph. `None` if it has no custom layer.
fn segments(graph: &Graph) -> Option<Vec<Segment>> {
    let nodes = graph.nodes();
    let customs: Vec<usize> = (0..nodes.len()).filter(|&node| matches!(nodes[node].op, Op::Custom(_))).collect();
    let mut begin = 0;
    let mut segments = Vec::new();
    for &node in &customs {
        let owner = nodes[node].shares.map_or(&nodes[node], |owner| &nodes[owner]);
        let custom = Custom { path: owner.name.to_string(), input: nodes[node].inputs()[0], output: graph.value_of(node) };
        segments.push(Segment { part: part(graph, begin..node), custom: Some(custom) });
        begin = node + 1;
    }
    segments.push(Segment { part: part(graph, begin..nodes.len()), custom: None });
    (!customs.is_empty()).then_some(segments)
}

/// The whole graph as one segment. A single segment lists neither values nor tensors.
fn whole(graph: Cow<'static, Graph>) -> Segment {
    let (engine, tables) = (Engine::default(), AnyTables::default());
    let part = Part { graph, engine, tables, inputs: Vec::new(), outputs: Vec::new(), tensors: Vec::new() };
    Segment { part: Some(part), custom: None }
}

/// These nodes as a graph of their own.
fn part(graph: &Graph, range: Range<usize>) -> Option<Part> {
    if range.is_empty() {
        return None;
    }
    let nodes = graph.nodes();
    let made = nodes[range.start].value..nodes[range.end - 1].values().end;
    let own = |value: usize| made.contains(&value);
    let mut inputs: Vec<usize> = nodes[range.clone()].iter().flat_map(|node| node.inputs().to_vec()).filter(|&value| !own(value)).collect();
    inputs.sort_unstable();
    inputs.dedup();
    let mut outputs: Vec<usize> = nodes[range.end..].iter().flat_map(|node| node.inputs().to_vec()).filter(|&value| own(value)).collect();
    outputs.extend(graph.outputs().iter().map(|port| port.value).filter(|&value| own(value)));
    outputs.sort_unstable();
    outputs.dedup();
    let number = |value: usize| match inputs.binary_search(&value) {
        Ok(input) => input,
        Err(_) => value - made.start + inputs.len(),
    };
    let firsts = graph.first_tensors();
    let mut tensors = Vec::new();
    let mut list = Vec::new();
    for index in range.clone() {
        let node = &nodes[index];
        // If the owner is in an earlier segment, this one lists the same tensors again.
        let shares = node.shares.filter(|owner| range.contains(owner)).or_else(|| {
            let owner = node.shares?;
            range.clone().take_while(|&other| other < index).find(|&other| nodes[other].shares == Some(owner))
        });
        if shares.is_none() {
            tensors.extend((0..node.op.params().as_slice().len()).map(|tensor| firsts[index] + tensor));
        }
        list.push(Node {
            inputs: node.inputs().iter().map(|&value| number(value)).collect::<Vec<_>>().into(),
            value: number(node.value),
            shares: shares.map(|owner| owner - range.start),
            ..node.clone()
        });
    }
    let port = |&value: &usize| port(graph, value, number(value));
    let graph = Graph {
        name: graph.name.clone(),
        inputs: inputs.iter().map(port).collect::<Vec<_>>().into(),
        nodes: list.into(),
        outputs: outputs.iter().map(port).collect::<Vec<_>>().into(),
    };
    let (engine, tables) = (Engine::default(), AnyTables::default());
    Some(Part { graph: Cow::Owned(graph), engine, tables, inputs, outputs, tensors })
}

/// A value of a graph as an input or output with this number.
fn port(graph: &Graph, value: usize, number: usize) -> Port {
    Port { name: graph.value_name(value).into_owned().into(), shape: *graph.shape(value), value: number }
}
