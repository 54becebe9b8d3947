//! Comparison of the networks with PyTorch: facts, and values and gradients of small variants.

mod facts;
mod typed;
mod values;

use layercake::ir::{Graph, Op, Port};
use layercake_tests::{Fixture, Numbers, Outcome, seeded};

const BATCH: usize = 3;
/// The tolerances of the tests of single layers: float32 on the engine; float64 against fixtures rounded to float32.
const ENGINE: f64 = 1e-5;
const PORTABLE: f64 = 1e-7;

/// The inputs of a small variant, and the gradients of its outputs.
fn given(name: &str, graph: &Graph) -> (Vec<Numbers>, Vec<Numbers>) {
    let numbers = |what: &str, i: usize, port: &Port, low: f64, high: f64| {
        seeded(&format!("{name}/{what}/{i}"), &[&[BATCH], port.shape.dims()].concat(), low, high)
    };
    let ids = |i, port: &Port| {
        let rows = graph.nodes().iter().find_map(|node| match node.op {
            Op::Embedding(op) if node.inputs() == [i] => Some(op.num_embeddings as f64),
            _ => None,
        });
        let drawn = numbers("input", i, port, 0.0, rows.expect("an embedding reads the ids"));
        Numbers { values: drawn.values.iter().map(|id| id.floor()).collect(), ..drawn }
    };
    let input = |(i, port): (usize, &Port)| if port.shape.is_ids() { ids(i, port) } else { numbers("input", i, port, -1.0, 1.0) };
    let grad = |(i, port): (usize, &Port)| numbers("output_grad", i, port, -1.0, 1.0);
    (graph.inputs().iter().enumerate().map(input).collect(), graph.outputs().iter().enumerate().map(grad).collect())
}

/// PyTorch's results.
struct Expected {
    /// In training; `None` if it is random.
    train: Option<Outcome>,
    /// In evaluation mode.
    eval: Outcome,
}

impl Expected {
    /// The outputs in evaluation mode, without gradients.
    fn outputs(&self) -> Outcome {
        self.eval.iter().filter(|(key, _)| key.starts_with("output/")).map(|(key, value)| (key.clone(), value.clone())).collect()
    }
}

fn expected(fixture: &Fixture, name: &str) -> Expected {
    let [both, train, eval] = ["both", "train", "eval"].map(|part| fixture.part(name, part));
    if both.is_empty() {
        Expected { train: Some(train).filter(|part| !part.is_empty()), eval }
    } else {
        Expected { train: Some(both.clone()), eval: both }
    }
}
