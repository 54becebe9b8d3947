//! From a graph to the bytes of an ONNX file.

mod activation;
mod attention;
mod convolution;
mod dynamic;
mod emit;
mod join;
mod moves;
mod norm;
mod pool;
mod recurrent;

use std::collections::HashMap;

pub use dynamic::{DynamicAxis, DynamicError, export_dynamic};
use emit::Emitter;
use layercake_ir::{Graph, Node, Op, Shape};
use prost::Message;

use crate::proto::{self, data_type};
use crate::{Refusal, Refusals, Tensor};

/// The version of ONNX's operators that files are written in: the first with `GroupNormalization` as PyTorch defines it.
pub const OPSET: i64 = 21;

/// The version of the file format, of the same release.
const IR_VERSION: i64 = 10;

/// A layer to convert.
struct Layer<'a> {
    /// The name of the layer that owns the tensors.
    owner: &'a str,
    op: &'a Op,
    /// The names of its inputs in the file, each with the batch first.
    inputs: &'a [String],
    /// The shapes of its inputs.
    shapes: &'a [Shape],
    /// The shape of its first output.
    output: &'a Shape,
}

impl Layer<'_> {
    /// The first input.
    fn x(&self) -> &str {
        &self.inputs[0]
    }

    /// The path of a tensor.
    fn path(&self, name: &str) -> String {
        if name.is_empty() { self.owner.to_owned() } else { format!("{}.{name}", self.owner) }
    }
}

/// The names of a layer's outputs, or why it has no form in ONNX.
type Written = Result<Vec<String>, String>;

/// The bytes of an ONNX file that computes what `graph` computes at inference.
///
/// The batch is the first axis of every input and output, with the symbolic size `batch`; inputs of token ids are int64. Tensors keep their paths
/// (`conv1.weight`), except that the weights of recurrent layers are stored in ONNX's gate order as `lstm.W_l0`, `R_l0` and `B_l0`. Layers that only train
/// (dropout) leave nothing.
///
/// # Errors
/// Lists all layers that have no form in ONNX, and all tensors that are missing or have another shape.
pub fn export(graph: &Graph, tensors: &HashMap<String, Tensor>) -> Result<Vec<u8>, Refusals> {
    Ok(model(graph, tensors)?.encode_to_vec())
}

fn model(graph: &Graph, tensors: &HashMap<String, Tensor>) -> Result<proto::Model, Refusals> {
    let graph = graph.inlined();
    let mut refusals = Vec::new();
    for node in graph.nodes() {
        check_tensors(node, tensors, &mut refusals);
    }
    if !refusals.is_empty() {
        return Err(Refusals(refusals));
    }
    let mut emitter = Emitter::new(&graph, tensors);
    for node in graph.nodes() {
        let owner = node.shares.map_or(node.name(), |owner| graph.nodes()[owner].name());
        let takes_parameters = is_join(&node.op);
        let inputs: Vec<String> = node.inputs().iter().map(|&value| emitter.input(value, graph.shape(value), takes_parameters)).collect();
        let shapes: Vec<Shape> = node.inputs().iter().map(|&value| *graph.shape(value)).collect();
        let layer = Layer { owner, op: &node.op, inputs: &inputs, shapes: &shapes, output: &node.output };
        let all_parameters = takes_parameters && node.inputs().iter().all(|&value| emitter.is_batchless(value));
        emitter.begin(node);
        match write(&mut emitter, &layer) {
            Ok(names) => emitter.end(node, names, all_parameters || matches!(node.op, Op::Parameter(_))),
            Err(reason) => {
                refusals.push(Refusal { node: node.name().to_owned(), operator: node.op.kind().to_owned(), reason });
                emitter.end(node, vec!["unknown".to_owned(); node.outputs()], false);
            }
        }
    }
    if !refusals.is_empty() {
        return Err(Refusals(refusals));
    }
    emitter.outputs(&graph);
    // ONNX's shape inference knows no rule for some operators.
    let value_info = emitter.named(&graph).into_iter().map(|(name, value)| info(&name, graph.shape(value))).collect();
    let (node, initializer) = emitter.finish();
    let inputs = graph.inputs().iter().map(|port| info(port.name(), &port.shape)).collect();
    let outputs = graph.outputs().iter().map(|port| info(port.name(), &port.shape)).collect();
    let graph = proto::Graph { node, name: graph.name().to_owned(), initializer, input: inputs, output: outputs, value_info };
    Ok(proto::Model {
        ir_version: IR_VERSION,
        producer_name: "layercake".to_owned(),
        graph: Some(graph),
        opset_import: vec![proto::Opset { domain: String::new(), version: OPSET }],
    })
}

/// Joins broadcast, so a learned tensor can be their input without being repeated for each sample.
fn is_join(op: &Op) -> bool {
    matches!(op, Op::Add(_) | Op::Sub(_) | Op::Mul(_) | Op::Div(_) | Op::Maximum(_) | Op::Minimum(_) | Op::MatMul(_))
}

fn check_tensors(node: &Node, tensors: &HashMap<String, Tensor>, refusals: &mut Vec<Refusal>) {
    for param in node.params().as_slice() {
        let path = param.path(node.name());
        let reason = match tensors.get(&path) {
            None => format!("there is no tensor `{path}`"),
            Some(tensor) if tensor.dims != param.shape.dims() => {
                format!("`{path}` has the shape {:?}, but should have {}", tensor.dims, param.shape)
            }
            Some(_) => continue,
        };
        refusals.push(Refusal { node: node.name().to_owned(), operator: node.op.kind().to_owned(), reason });
    }
}

fn info(name: &str, shape: &Shape) -> proto::ValueInfo {
    let batch = proto::Dimension { dim_value: None, dim_param: Some("batch".to_owned()) };
    let sizes = shape.dims().iter().map(|&size| proto::Dimension { dim_value: Some(size as i64), dim_param: None });
    let dim = std::iter::once(batch).chain(sizes).collect();
    let elem_type = if shape.is_ids() { data_type::INT64 } else { data_type::FLOAT };
    let tensor_type = Some(proto::TensorType { elem_type, shape: Some(proto::TensorShape { dim }) });
    proto::ValueInfo { name: name.to_owned(), r#type: Some(proto::Type { tensor_type }) }
}

fn write(e: &mut Emitter<'_>, layer: &Layer<'_>) -> Written {
    let op = layer.op;
    None.or_else(|| convolution::write(e, layer, op))
        .or_else(|| pool::write(e, layer, op))
        .or_else(|| norm::write(e, layer, op))
        .or_else(|| activation::write(e, layer, op))
        .or_else(|| join::write(e, layer, op))
        .or_else(|| moves::write(e, layer, op))
        .or_else(|| recurrent::write(e, layer, op))
        .or_else(|| attention::write(e, layer, op))
        .unwrap_or_else(|| Err("it has no form in ONNX".to_owned()))
}
