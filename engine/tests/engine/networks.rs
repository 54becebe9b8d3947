//! Networks for the tests, and the comparison of engine and interpreter.

use layercake_engine::{Engine, Layout, Mode, rng};
use layercake_ir::{
    Builder, Graph, INFER, Op, Shape,
    ops::{
        AvgPool2d, BatchNorm1d, BatchNorm2d, Chunk, Concat, Conv2d, Dropout, Flatten, LeakyRelu, Linear, LogSoftmax, MaxPool2d, Sizes,
        Softmax, Split, Tanh,
    },
};

use crate::interpreter::{self, Case, Outcome};

/// A chain of operations.
pub fn chain(input: &[usize], ops: &[Op]) -> Graph {
    let mut builder = Builder::new("Chain");
    let mut x = builder.input("input", Shape::new(input)).expect("a legal input");
    for (i, op) in ops.iter().enumerate() {
        x = builder.add(&format!("n{i}"), *op, &[x]).unwrap_or_else(|mistake| panic!("{mistake}"));
    }
    builder.finish(&[("output", x)])
}

pub fn linear(outputs: usize) -> Op {
    Op::Linear(Linear { in_features: INFER, out_features: outputs, bias: true })
}

pub fn conv(outputs: usize, kernel: usize, padding: usize) -> Op {
    Op::Conv2d(Conv2d {
        in_channels: INFER,
        out_channels: outputs,
        kernel: [kernel; 2],
        stride: [1; 2],
        padding: [padding; 2],
        dilation: [1; 2],
        groups: 1,
        bias: true,
    })
}

/// A convolution with every option; kernel, stride, padding and dilation are `[height, width]` pairs.
pub fn conv_with(outputs: usize, [kernel, stride, padding, dilation]: [[usize; 2]; 4], groups: usize, bias: bool) -> Op {
    Op::Conv2d(Conv2d { in_channels: INFER, out_channels: outputs, kernel, stride, padding, dilation, groups, bias })
}

pub fn avg_pool(kernel: [usize; 2], stride: [usize; 2], padding: [usize; 2], ceil_mode: bool, count_include_pad: bool) -> Op {
    Op::AvgPool2d(AvgPool2d { kernel, stride, padding, ceil_mode, count_include_pad })
}

pub fn max_pool(kernel: [usize; 2], stride: [usize; 2], padding: [usize; 2], dilation: [usize; 2], ceil_mode: bool) -> Op {
    Op::MaxPool2d(MaxPool2d { kernel, stride, padding, dilation, ceil_mode })
}

pub const FLATTEN: Op = Op::Flatten(Flatten {});

pub fn dropout(p: f64) -> Op {
    Op::Dropout(Dropout { p })
}

pub fn leaky(negative_slope: f64) -> Op {
    Op::LeakyRelu(LeakyRelu { negative_slope })
}

pub fn concat(axis: usize) -> Op {
    Op::Concat(Concat { axis })
}

pub fn chunk(chunks: usize, axis: usize) -> Op {
    Op::Chunk(Chunk { chunks, axis })
}

pub fn split(sizes: &[usize], axis: usize) -> Op {
    Op::Split(Split { sizes: Sizes::new(sizes), axis })
}

pub fn softmax(axis: usize) -> Op {
    Op::Softmax(Softmax { axis })
}

pub fn log_softmax(axis: usize) -> Op {
    Op::LogSoftmax(LogSoftmax { axis })
}

pub fn norm1d(affine: bool) -> Op {
    Op::BatchNorm1d(BatchNorm1d { features: INFER, eps: 1e-5, momentum: 0.1, affine })
}

pub fn norm2d(affine: bool) -> Op {
    Op::BatchNorm2d(BatchNorm2d { features: INFER, eps: 1e-5, momentum: 0.3, affine })
}

/// LeNet-5 with tanh and average pooling.
pub fn lenet() -> Graph {
    let half = avg_pool([2, 2], [2, 2], [0, 0], false, true);
    chain(
        &[1, 28, 28],
        &[
            conv(6, 5, 2),
            Op::Tanh(Tanh {}),
            half,
            conv(16, 5, 0),
            Op::Tanh(Tanh {}),
            half,
            FLATTEN,
            linear(120),
            Op::Tanh(Tanh {}),
            linear(84),
            Op::Tanh(Tanh {}),
            linear(10),
        ],
    )
}

fn numbers(count: usize, stream: usize) -> Vec<f64> {
    // 24 random bits, which an f32 represents exactly, so that both sides start with the same numbers.
    let bit = |i: u64, b: u64| if rng::keep(99, stream, i * 24 + b, 0.5) { 1u32 << b } else { 0 };
    let number = |i: u64| f64::from((0..24).map(|b| bit(i, b)).sum::<u32>()) / f64::from(1 << 23) - 1.0;
    (0..count as u64).map(number).collect()
}

/// Random inputs, parameters and output gradients. Running variances are positive; weights are scaled by their fan-in, so that activations
/// stay in range.
pub fn case(graph: &Graph, batch: usize, mode: Mode) -> Case<'_> {
    let rows = |value: usize| {
        let of = |op: &Op| if let Op::Embedding(op) = op { Some(op.num_embeddings) } else { None };
        graph.nodes().iter().filter(|node| node.inputs()[0] == value).find_map(|node| of(&node.op)).unwrap_or(1)
    };
    let input = |(i, port): (usize, &layercake_ir::Port)| {
        let mut input = numbers(batch * port.shape.len(), 100 + i);
        if port.shape.is_ids() {
            input.iter_mut().for_each(|x| *x = ((*x + 1.0) / 2.0 * rows(i) as f64).floor());
        }
        input
    };
    let inputs = graph.inputs().iter().enumerate().map(input).collect();
    let mut params = Vec::new();
    for param in graph.nodes().iter().flat_map(|node| node.params().as_slice().to_vec()) {
        let mut values = numbers(param.shape.len(), 200 + params.len());
        let fan_in: usize = param.shape.dims()[1..].iter().product();
        match param.name {
            "running_var" => values.iter_mut().for_each(|x| *x = f64::from((x.abs() + 0.5) as f32)),
            _ => values.iter_mut().for_each(|x| *x = f64::from((*x * (1.5 / fan_in as f64).sqrt()) as f32)),
        }
        params.push(values);
    }
    let output_grads = graph.outputs().iter().enumerate().map(|(i, port)| numbers(batch * port.shape.len(), 900 + i)).collect();
    Case { graph, batch, mode, seed: 17, inputs, params, output_grads }
}

pub fn narrow(x: &[f64]) -> Vec<f32> {
    x.iter().map(|&x| x as f32).collect()
}

pub fn wide(x: &[f32]) -> Vec<f64> {
    x.iter().map(|&x| f64::from(x)).collect()
}

/// Runs a case on the engine, without a backward pass in inference.
pub fn on_engine(engine: &Engine, case: &Case) -> Outcome {
    let mut run = engine.start(case.graph, case.batch, case.mode, true).expect("the engine runs it");
    for (i, input) in case.inputs.iter().enumerate() {
        match case.graph.inputs()[i].shape.is_ids() {
            true => run.set_ids(i, &input.iter().map(|&id| id as usize).collect::<Vec<_>>()),
            false => run.set_input(i, &narrow(input)),
        }
    }
    for (i, param) in case.params.iter().enumerate() {
        run.param_mut(i).copy_from_slice(&narrow(param));
    }
    run.set_seed(case.seed);
    run.forward();
    let outputs = (0..case.output_grads.len()).map(|i| wide(&run.output(i))).collect();
    let params = (0..case.params.len()).map(|i| wide(run.param(i))).collect();
    let (mut param_grads, mut input_grads) = (Vec::new(), Vec::new());
    if case.mode != Mode::Infer {
        let grads: Vec<Vec<f32>> = case.output_grads.iter().map(|grad| narrow(grad)).collect();
        let mut found = run.zero_grads();
        run.backward(&grads.iter().map(Vec::as_slice).collect::<Vec<_>>(), &mut found);
        param_grads = found.iter().map(|grad| wide(grad)).collect();
        for (i, input) in case.inputs.iter().enumerate() {
            let mut grad = vec![0.0; input.len()];
            run.add_input_grad(i, &mut grad);
            input_grads.push(wide(&grad));
        }
    }
    Outcome { outputs, param_grads, input_grads, params }
}

/// Fails unless the lists agree within 1e-5 of each list's largest magnitude, or of 0.1 if the magnitude is smaller (sums may cancel).
#[track_caller]
pub fn agree(what: &str, found: &[Vec<f64>], wanted: &[Vec<f64>]) {
    assert_eq!(found.len(), wanted.len(), "{what}");
    for (index, (found, wanted)) in found.iter().zip(wanted).enumerate() {
        assert_eq!(found.len(), wanted.len(), "{what} {index}");
        let scale = wanted.iter().fold(0.1f64, |most, x| most.max(x.abs()));
        for (at, (found, wanted)) in found.iter().zip(wanted).enumerate() {
            assert!((found - wanted).abs() <= 1e-5 * scale, "{what} {index}, element {at}: {found} instead of {wanted} (of {scale})");
        }
    }
}

/// Compares engine and interpreter in every mode.
#[track_caller]
pub fn check(graph: &Graph, batch: usize) {
    let engine = Engine::default();
    for mode in [Mode::Infer, Mode::Eval, Mode::Train] {
        let case = case(graph, batch, mode);
        let wanted = interpreter::run(&case);
        // Twice, so that the second run reuses the buffers of the first.
        for _ in 0..2 {
            let found = on_engine(&engine, &case);
            agree("output", &found.outputs, &wanted.outputs);
            agree("parameter afterwards", &found.params, &wanted.params);
            if mode != Mode::Infer {
                agree("gradient of parameter", &found.param_grads, &wanted.param_grads);
                agree("gradient of input", &found.input_grads, &wanted.input_grads);
            }
        }
    }
    let engine = Engine::with_layout(Layout::Channels);
    let case = case(graph, batch, Mode::Infer);
    let wanted = interpreter::run(&case).outputs;
    for _ in 0..2 {
        agree("output with the channels innermost", &on_engine(&engine, &case).outputs, &wanted);
    }
}
