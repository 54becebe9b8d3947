//! A graph as TensorBoard draws it: `tensorflow.GraphDef`.

use layercake::ir::{Graph, Shape};

use super::proto::Message;

/// `versions.producer`.
const PRODUCER: i64 = 22;

/// The layers with the shapes of their outputs, `[-1, ..]` with the batch first. A layer of a nested network is in a box of that network.
pub(super) fn message(graph: &Graph) -> Message {
    let flat = graph.inlined();
    // TensorFlow's names have slashes where paths have dots.
    let name = |path: &str| path.replace('.', "/");
    let mut message = Message::default();
    for port in flat.inputs() {
        message = message.part(1, node(&name(&port.name), "Placeholder", &[], &[&port.shape]));
    }
    for layer in flat.nodes() {
        let input = |&value: &usize| match flat.producer(value) {
            Some((node, 0)) => name(&flat.nodes()[node].name),
            Some((node, output)) => format!("{}:{output}", name(&flat.nodes()[node].name)),
            None => name(&flat.value_name(value)),
        };
        let inputs: Vec<String> = layer.inputs().iter().map(input).collect();
        message = message.part(1, node(&name(&layer.name), layer.op.kind(), &inputs, &layer.shapes().collect::<Vec<_>>()));
    }
    message.part(4, Message::default().int(1, PRODUCER))
}

/// A `NodeDef`.
fn node(name: &str, kind: &str, inputs: &[String], outputs: &[&Shape]) -> Message {
    let node = Message::default().part(1, name).part(2, kind);
    let node = inputs.iter().fold(node, |node, input| node.part(3, input));
    let size = |size: i64| Message::default().int(1, size);
    let shape = |shape: &&Shape| {
        let sizes = shape.dims().iter().map(|&dim| dim as i64);
        std::iter::once(-1).chain(sizes).fold(Message::default(), |shape, dim| shape.part(2, size(dim)))
    };
    let list = outputs.iter().map(shape).fold(Message::default(), |list, shape| list.part(7, shape));
    let attribute = Message::default().part(1, "_output_shapes").part(2, Message::default().part(1, list));
    node.part(5, attribute)
}
