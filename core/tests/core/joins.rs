//! Operations with several inputs on the portable path: values computed by hand, and gradients compared with finite differences.

use layercake::__private::{Backend, Call, Value};
use layercake::dfdx::tensor_ops::Backward;
use layercake::ir::ops::{Add, BatchNorm1d, Chunk, Concat, Linear, Maximum, Mul, Sub, Tanh};
use layercake::ir::{Builder, Graph, INFER, Op, Shape};
use layercake::prelude::*;
use layercake_engine::{Engine, Mode};

const BATCH: usize = 2;

/// Runs a graph in float64. Returns the outputs, and the gradients of half their sum of squares with respect to each input and tensor.
fn run(graph: &Graph, mode: Mode, inputs: &[Vec<f64>], tensors: &[Vec<f64>]) -> (Vec<Vec<f64>>, Vec<Vec<f64>>) {
    let device = Cpu::default();
    let value = |data: &Vec<f64>, dims: &[usize]| {
        let tensor = device.tensor_from_vec(data.clone(), (dims.iter().product::<usize>(),));
        let shaped: Vec<usize> = dims.to_vec();
        let value = match shaped[..] {
            [a] => Value::erase(tensor.reshape_like(&(a,))),
            [a, b] => Value::erase(tensor.reshape_like(&(a, b))),
            [a, b, c] => Value::erase(tensor.reshape_like(&(a, b, c))),
            _ => panic!("{dims:?} is more than the tests need"),
        };
        value.unwrap().0
    };
    let inputs: Vec<_> =
        inputs.iter().zip(graph.inputs()).map(|(data, port)| value(data, &[&[BATCH], port.shape.dims()].concat())).collect();
    let params = graph.nodes().iter().flat_map(|node| node.params().as_slice().to_vec());
    let tensors: Vec<_> = tensors.iter().zip(params).map(|(data, param)| value(data, param.shape.dims())).collect();
    let engine = Engine::default();
    let call = Call {
        graph,
        engine: &engine,
        tables: Default::default(),
        tensors: tensors.clone(),
        inputs: inputs.clone(),
        mode,
        input_grad: true,
        seed: 0,
    };
    let done = <Cpu as Backend<f64>>::record(call).unwrap();
    let flat = |value: &Value<f64, Cpu>| value.clone().restore(&(value.dims().iter().product::<usize>(),)).unwrap();
    let outputs = done.outputs.iter().map(|output| flat(output).as_vec()).collect();
    let mut tape = Some(done.tape.onto(OwnedTape::default()));
    let mut loss: Option<Tensor<Rank0, f64, Cpu, OwnedTape<f64, Cpu>>> = None;
    for output in &done.outputs {
        let output = layercake::dfdx::tensor::PutTape::put_tape(flat(output), tape.take().unwrap_or_default());
        let half: Tensor<Rank0, f64, _, _> = (output.square() * 0.5).sum();
        loss = Some(match loss {
            None => half,
            Some(loss) => loss + half,
        });
    }
    let gradients = loss.unwrap().backward();
    let all = inputs.iter().chain(&tensors);
    (outputs, all.map(|value| gradients.get(&flat(value)).as_vec()).collect())
}

/// Irregular numbers, no two of which are close to each other.
fn numbers(count: usize, seed: usize) -> Vec<f64> {
    (0..count).map(|i| ((i * 7919 + seed * 104_729 + 13) % 1009) as f64 / 504.5 - 1.0).collect()
}

fn check_gradients(graph: &Graph, inputs: &[Vec<f64>], tensors: &[Vec<f64>]) {
    let half = |inputs: &[Vec<f64>], tensors: &[Vec<f64>]| -> f64 {
        run(graph, Mode::Eval, inputs, tensors).0.iter().flatten().map(|y| y * y / 2.0).sum()
    };
    let (_, gradients) = run(graph, Mode::Eval, inputs, tensors);
    let step = 1e-6;
    for which in 0..inputs.len() + tensors.len() {
        for i in 0..gradients[which].len() {
            let moved = |by: f64| {
                let (mut inputs, mut tensors) = (inputs.to_vec(), tensors.to_vec());
                let count = inputs.len();
                let place = if which < count { &mut inputs[which] } else { &mut tensors[which - count] };
                place[i] += by;
                half(&inputs, &tensors)
            };
            let slope = (moved(step) - moved(-step)) / (2.0 * step);
            let found = gradients[which][i];
            assert!((slope - found).abs() < 1e-6 * (1.0 + slope.abs()), "{} {which} {i}: {found} against {slope}", graph.name);
        }
    }
}

#[test]
fn joins_of_two_and_three() {
    type ByHand = fn(&[f64]) -> f64;
    let ops: [(Op, ByHand); 5] = [
        (Op::Add(Add {}), |x| x.iter().sum()),
        (Op::Mul(Mul {}), |x| x.iter().product()),
        (Op::Maximum(Maximum {}), |x| x.iter().copied().fold(f64::MIN, f64::max)),
        (Op::Sub(Sub {}), |x| x[0] - x[1]),
        (Op::Maximum(Maximum {}), |x| x.iter().copied().fold(f64::MIN, f64::max)),
    ];
    for (i, (op, by_hand)) in ops.into_iter().enumerate() {
        let count = if i < 3 { 3 } else { 2 };
        let mut b = Builder::new(op.kind());
        let values: Vec<usize> = (0..count).map(|i| b.input(&format!("x{i}"), Shape::new(&[2, 3])).unwrap()).collect();
        let y = b.add("join", op, &values).unwrap();
        let graph = b.finish(&[("output", y)]);
        let inputs: Vec<Vec<f64>> = (0..count).map(|i| numbers(BATCH * 6, i)).collect();
        let (outputs, _) = run(&graph, Mode::Eval, &inputs, &[]);
        for (at, y) in outputs[0].iter().enumerate() {
            let operands: Vec<f64> = inputs.iter().map(|input| input[at]).collect();
            assert!((by_hand(&operands) - y).abs() < 1e-12, "{} {operands:?}: {y}", op.kind());
        }
        check_gradients(&graph, &inputs, &[]);
    }
}

/// A join that takes the same value twice: the gradients of both uses are added.
#[test]
fn a_value_joined_with_itself() {
    let mut b = Builder::new("Square");
    let x = b.input("x", Shape::new(&[3])).unwrap();
    let y = b.add("square", Op::Mul(Mul {}), &[x, x]).unwrap();
    let graph = b.finish(&[("output", y)]);
    check_gradients(&graph, &[numbers(BATCH * 3, 5)], &[]);
}

#[test]
fn concatenation_and_its_reverse() {
    for axis in [0, 1] {
        let mut b = Builder::new("Concat");
        let wide = if axis == 0 { [3, 2] } else { [2, 3] };
        let x = b.input("x", Shape::new(&[2, 2])).unwrap();
        let y = b.input("y", Shape::new(&wide)).unwrap();
        let all = b.add("all", Op::Concat(Concat { axis }), &[y, x, y]).unwrap();
        let first = b.add("quarters", Chunk { chunks: 4, axis }, &[all]).unwrap();
        let third = first + 2;
        let graph = b.finish(&[("all", all), ("first", first), ("third", third)]);
        let inputs = [numbers(BATCH * 4, 1), numbers(BATCH * 6, 2)];
        let (outputs, _) = run(&graph, Mode::Eval, &inputs, &[]);
        // Row r of the joined axis and position p of the other axis, in sample s.
        let at = |data: &[f64], rows: usize, s: usize, r: usize, p: usize| match axis {
            0 => data[(s * rows + r) * 2 + p],
            _ => data[(s * 2 + p) * rows + r],
        };
        for s in 0..BATCH {
            for p in 0..2 {
                for r in 0..8 {
                    let expected = match r {
                        0..3 => at(&inputs[1], 3, s, r, p),
                        3..5 => at(&inputs[0], 2, s, r - 3, p),
                        _ => at(&inputs[1], 3, s, r - 5, p),
                    };
                    assert_eq!(at(&outputs[0], 8, s, r, p), expected);
                }
                for r in 0..2 {
                    assert_eq!(at(&outputs[1], 2, s, r, p), at(&outputs[0], 8, s, r, p));
                    assert_eq!(at(&outputs[2], 2, s, r, p), at(&outputs[0], 8, s, r + 4, p));
                }
            }
        }
        check_gradients(&graph, &inputs, &[]);
    }
}

#[test]
fn a_shared_layer_gathers_both_gradients() {
    let mut b = Builder::new("Siamese");
    let linear = Op::Linear(Linear { in_features: INFER, out_features: 2, bias: true });
    let (left, right) = (b.input("left", Shape::new(&[3])).unwrap(), b.input("right", Shape::new(&[3])).unwrap());
    let one = b.add("embed", linear, &[left]).unwrap();
    let two = b.add_shared("embed", linear, &[right], one).unwrap();
    let apart = b.add("apart", Op::Sub(Sub {}), &[one, two]).unwrap();
    let head = b.add("head", linear, &[apart]).unwrap();
    let graph = b.finish(&[("output", head), ("apart", apart)]);
    let tensors = [numbers(6, 3), numbers(2, 4), numbers(4, 5), numbers(2, 6)];
    check_gradients(&graph, &[numbers(BATCH * 3, 7), numbers(BATCH * 3, 8)], &tensors);
}

/// A shared normalization that is applied twice updates its running statistics twice: the second update starts from the first.
#[test]
fn a_shared_normalization_moves_twice() {
    let mut b = Builder::new("Twice");
    let norm = Op::BatchNorm1d(BatchNorm1d { features: INFER, eps: 0.0, momentum: 0.5, affine: false });
    let x = b.input("x", Shape::new(&[1])).unwrap();
    let one = b.add("norm", norm, &[x]).unwrap();
    let two = b.add_shared("norm", norm, &[x], one).unwrap();
    let graph = b.finish(&[("one", one), ("two", two)]);
    let device = Cpu::default();
    let value = |data: [f64; 2], dims: (usize, usize)| Value::erase(device.tensor_from_vec(data.to_vec(), dims)).unwrap().0;
    let single = |data: f64| Value::erase(device.tensor_from_vec(vec![data], (1usize,))).unwrap().0;
    let engine = Engine::default();
    let (tensors, inputs) = (vec![single(0.0), single(1.0)], vec![value([2.0, 6.0], (2, 1))]);
    let call =
        Call { graph: &graph, engine: &engine, tables: Default::default(), tensors, inputs, mode: Mode::Train, input_grad: false, seed: 0 };
    let done = <Cpu as Backend<f64>>::run(call).unwrap();
    let last =
        |which: usize| done.updates.iter().rev().find(|(i, _)| *i == which).unwrap().1.clone().restore(&(1usize,)).unwrap().as_vec()[0];
    // The mean of the batch is 4, the running mean 0, 2, 3. Its unbiased variance is 8, the running variance 1, 4.5, 6.25.
    assert_eq!((last(0), last(1)), (3.0, 6.25));
}

/// The same with the engine, after a layer whose output it could overwrite, and with another use of that output: a value that a graph
/// uses twice counts twice, in outputs and in gradients.
#[test]
fn a_value_twice_is_right_on_both_paths() {
    type Rows<E, T> = Tensor<(usize, Const<3>), E, Cpu, T>;
    let joins: [(&str, Op, usize, usize); 7] = [
        ("add", Op::Add(Add {}), 2, 1),
        ("add three", Op::Add(Add {}), 3, 1),
        ("sub", Op::Sub(Sub {}), 2, 1),
        ("mul", Op::Mul(Mul {}), 2, 1),
        ("mul three", Op::Mul(Mul {}), 3, 1),
        ("max", Op::Maximum(Maximum {}), 2, 1),
        ("concat", Op::Concat(Concat { axis: 0 }), 2, 2),
    ];
    for (name, op, times, parts) in joins {
        for beside in [false, true] {
            let mut b = Builder::new(name);
            let x = b.input("x", Shape::new(&[3])).unwrap();
            let h = b.add("tanh", Op::Tanh(Tanh {}), &[x]).unwrap();
            let mut y = b.add("join", op, &vec![h; times]).unwrap();
            if parts > 1 {
                let first = b.add("parts", Chunk { chunks: parts, axis: 0 }, &[y]).unwrap();
                y = b.add("both", Op::Mul(Mul {}), &[first, first + 1]).unwrap();
            }
            if beside {
                y = b.add("beside", Op::Add(Add {}), &[y, h]).unwrap();
            }
            let graph = b.finish(&[("output", y)]);
            let device = Cpu::default();
            let numbers: Vec<f64> = numbers(12, times).iter().map(|x| x - 0.4).collect();
            let by_hand = |x: f64| {
                let (h, slope) = (x.tanh(), 1.0 - x.tanh() * x.tanh());
                let (value, inner) = match (op, times) {
                    (Op::Add(Add {}), times) => (times as f64 * h, times as f64),
                    (Op::Sub(Sub {}), _) => (0.0, 0.0),
                    (Op::Mul(Mul {}), 3) => (h * h * h, 3.0 * h * h),
                    (Op::Maximum(Maximum {}), _) => (h, 1.0),
                    // The two parts of a concatenation are multiplied.
                    _ => (h * h, 2.0 * h),
                };
                if beside { (value + h, (inner + 1.0) * slope) } else { (value, inner * slope) }
            };
            let mut single: GraphModel<f32, Cpu> = GraphModel::build(graph.clone(), &device);
            let mut double: GraphModel<f64, Cpu> = GraphModel::build(graph, &device);
            let x: Rows<f32, NoneTape> = device.tensor_from_vec(numbers.iter().map(|&x| x as f32).collect(), (4, Const));
            let wide: Rows<f64, NoneTape> = device.tensor_from_vec(numbers.clone(), (4, Const));
            let y: Rows<f32, OwnedTape<f32, Cpu>> = single.forward_mut(x.leaky_trace());
            let wide_y: Rows<f64, OwnedTape<f64, Cpu>> = double.forward_mut(wide.leaky_trace());
            let (values, wide_values) = (y.as_vec(), wide_y.as_vec());
            let sum: Tensor<Rank0, f32, Cpu, _> = y.sum();
            let wide_sum: Tensor<Rank0, f64, Cpu, _> = wide_y.sum();
            let (slopes, wide_slopes) = (sum.backward().get(&x).as_vec(), wide_sum.backward().get(&wide).as_vec());
            for (i, &x) in numbers.iter().enumerate() {
                let (value, slope) = by_hand(x);
                let near = |found: f64, expected: f64, error: f64| {
                    assert!((found - expected).abs() < error, "{name} {x}: {found}, not {expected}")
                };
                near(f64::from(values[i]), value, 1e-5);
                near(f64::from(slopes[i]), slope, 1e-5);
                near(wide_values[i], value, 1e-12);
                near(wide_slopes[i], slope, 1e-12);
            }
        }
    }
}
