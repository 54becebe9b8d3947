//! Backpropagation on small expressions, with the numbers on the edges.
//!
//! Each operation receives the gradient of its output and multiplies it by its own slope: a sum passes it on, a product swaps its factors, a maximum routes it to the larger one, a sigmoid has the slope s (1 - s),
//! and a matrix product gives the products with the transposed matrices. Beside each arrow is what flows, and below in red its gradient. `draw_values` draws them for any network. The numbers by
//! hand are those of the table.

use layercake::AnyNetwork;
use layercake::hook::{At, Hooks};
use layercake::ir::Graph;
use layercake::prelude::*;
use layercake_train::TrainError;

use super::{Cell, Report, StudyOptions};

network! {
    /// (x + y) z
    pub Product: { x: [1], y: [1], z: [1] } -> [1] { from x, sum: Add(y), product: Mul(z) }

    /// A neuron: the sigmoid of w0 x0 + w1 x1 + w2.
    pub Neuron: { w0: [1], x0: [1], w1: [1], x1: [1], w2: [1] } -> [1] {
        from w0, first: Mul(x0) as first, from w1, second: Mul(x1), sum: Add(first), line: Add(w2), Sigmoid,
    }

    /// 2 (x y + max(z, w))
    pub Gates: { x: [1], y: [1], z: [1], w: [1] } -> [1] {
        from x, product: Mul(y) as xy, from z, larger: Maximum(w), sum: Add(xy), double: Mul(2),
    }

    /// The sum of the squares of W x.
    pub Squares: { w: [2, 2], x: [2, 1] } -> [1] { from w, q: MatMul(x) as q, square: Mul { { from q }, { from q } }, sum: Sum(0) }
}

/// An expression: its name, its graph, each input with its gradient by hand, and its value by hand.
struct Expression {
    name: &'static str,
    text: &'static str,
    graph: &'static Graph,
    inputs: &'static [(&'static [f32], &'static [f32])],
    value: f32,
}

const EXPRESSIONS: [Expression; 4] = [
    Expression {
        name: "product",
        text: "(x + y) z",
        graph: Product::GRAPH,
        inputs: &[(&[-2.0], &[-4.0]), (&[5.0], &[-4.0]), (&[-4.0], &[3.0])],
        value: -12.0,
    },
    // s = 1 / (1 + 1/e), so that s (1 - s) = 0.196612.
    Expression {
        name: "neuron",
        text: "sigmoid(w0 x0 + w1 x1 + w2)",
        graph: Neuron::GRAPH,
        inputs: &[
            (&[2.0], &[-0.196_612]),
            (&[-1.0], &[0.393_224]),
            (&[-3.0], &[-0.393_224]),
            (&[-2.0], &[-0.589_836]),
            (&[-3.0], &[0.196_612]),
        ],
        value: 0.731_059,
    },
    Expression {
        name: "gates",
        text: "2 (x y + max(z, w))",
        graph: Gates::GRAPH,
        inputs: &[(&[3.0], &[-8.0]), (&[-4.0], &[6.0]), (&[2.0], &[2.0]), (&[-1.0], &[0.0])],
        value: -20.0,
    },
    // W x = (0.22, 0.26); the gradient of it is twice that, and goes on as the products with x and with W, transposed.
    Expression {
        name: "squares",
        text: "the sum of the squares of W x",
        graph: Squares::GRAPH,
        inputs: &[(&[0.1, 0.5, -0.3, 0.8], &[0.088, 0.176, 0.104, 0.208]), (&[0.2, 0.4], &[-0.112, 0.636])],
        value: 0.116,
    },
];

pub(super) fn run(options: &StudyOptions) -> Result<Report, TrainError> {
    let mut report = Report::default();
    report.table("Values, and gradients by backpropagation and by hand:", &["expression", "input", "value", "gradient", "by hand"]);
    let mut most = 0f32;
    for Expression { name, text, graph, inputs, value } in &EXPRESSIONS {
        let net = GraphModel::try_new((*graph).clone(), &options.device(0))?;
        let tensor = |(port, numbers): (&layercake::ir::Port, &[f32])| {
            let dims = [&[1], port.shape.dims()].concat();
            DynTensor::try_from_vec(&Cpu::default(), numbers.to_vec(), &dims)
                .expect("the CPU has the memory")
                .expect("as many numbers as the shape says")
        };
        let tensors: Vec<DynTensor<f32, Cpu>> = graph.inputs().iter().zip(inputs.iter().map(|input| input.0)).map(tensor).collect();
        let drawing = net.draw_values(tensors.clone())?;
        report.svg(name, &format!("The graph of {text} with values and gradients."), drawing.svg());
        let (found, gradients) = backward(&net, tensors)?;
        most = most.max((found - value).abs());
        for ((port, (numbers, by_hand)), gradient) in graph.inputs().iter().zip(*inputs).zip(&gradients) {
            let shown = |numbers: &[f32]| -> Cell { numbers.iter().map(f32::to_string).collect::<Vec<_>>().join(", ").into() };
            let rounded: Vec<f32> = gradient.iter().map(|x| (x * 1e6).round() / 1e6).collect();
            report.tables[0].row([(*text).into(), port.name().into(), shown(numbers), shown(&rounded), shown(by_hand)]);
            most = gradient.iter().zip(*by_hand).map(|(a, b)| (a - b).abs()).fold(most, f32::max);
        }
        report.tables[0].row([(*text).into(), "output".into(), f64::from(found).into(), 1.0.into(), 1.0.into()]);
    }
    report.claim("Values and gradients are those by hand", format!("they differ by {most:.1e} at most"), most < 2e-6);
    Ok(report)
}

/// The output, and the gradient of each input.
fn backward(net: &GraphModel, inputs: Vec<DynTensor<f32, Cpu>>) -> Result<(f32, Vec<Vec<f32>>), TrainError> {
    let mut hooks = Hooks::new();
    let kept: Vec<_> = net.graph().inputs().iter().map(|port| hooks.keep(At::output(port.name()))).collect();
    let traced: Vec<_> = inputs.into_iter().map(DynTensor::leaky_traced).collect();
    let output: Tensor<(usize, Const<1>), f32, Cpu, _> = hooks.try_forward_eval(net, traced)?;
    let value = output.as_vec()[0];
    let _ = output.sum::<Rank0, _>().backward();
    Ok((value, kept.iter().map(|kept| kept.gradient().map_or_else(Vec::new, |gradient| gradient.to_vec())).collect()))
}
