//! The interpreter's operations on values that are repeated: joins along axes of size 1, products of matrices, learned tensors.

use layercake_ir::{
    Builder, Op, Shape,
    ops::{Add, Div, MatMul, Maximum, Minimum, Mul, Parameter, Rescaling, Sizes, Squeeze, Sub, Sum, Tanh, Transpose, Unsqueeze},
};

use crate::{interpreter::Case, networks::*};

/// The position in a value of this shape of an element of a larger one, along whose axes it may be repeated.
fn source(to: usize, own: &[usize], sizes: &[usize]) -> usize {
    let (mut rest, mut from, mut step) = (to, 0, 1);
    for (own, size) in own.iter().zip(sizes).rev() {
        from += if own == size { rest % size * step } else { 0 };
        step *= own;
        rest /= size;
    }
    from
}

/// The output of one sample.
pub fn forward(case: &Case, index: usize, sample: usize, x: &[&[f64]], params: &[Vec<f64>]) -> Option<Vec<f64>> {
    let node = &case.graph.nodes()[index];
    let shapes: Vec<Shape> = node.inputs().iter().map(|&value| *case.graph.shape(value)).collect();
    let x: Vec<&[f64]> = x.iter().zip(&shapes).map(|(x, shape)| &x[sample * shape.len()..][..shape.len()]).collect();
    let join: fn(f64, f64) -> f64 = match node.op {
        Op::Add(_) => |a, b| a + b,
        Op::Sub(_) => |a, b| a - b,
        Op::Mul(_) => |a, b| a * b,
        Op::Div(_) => |a, b| a / b,
        Op::Maximum(_) => f64::max,
        Op::Minimum(_) => f64::min,
        Op::Parameter(_) => return Some(params[0].clone()),
        Op::MatMul(_) => {
            let (dims, rank) = (node.output.dims(), node.output.rank());
            let (n, m, k) = (dims[rank - 2], dims[rank - 1], shapes[0].dim(rank - 1));
            let lead = &dims[..rank - 2];
            let element = |to: usize| {
                let (matrix, row, column) = (to / (n * m), to / m % n, to % m);
                let [a, b] = [0, 1].map(|input| source(matrix, &shapes[input].dims()[..rank - 2], lead));
                (0..k).map(|at| x[0][a * n * k + row * k + at] * x[1][b * k * m + at * m + column]).sum()
            };
            return Some((0..node.output.len()).map(element).collect());
        }
        _ => return None,
    };
    let dims = node.output.dims();
    let of = |input: usize, to: usize| x[input][source(to, shapes[input].dims(), dims)];
    Some((0..node.output.len()).map(|to| (1..x.len()).fold(of(0, to), |y, input| join(y, of(input, to)))).collect())
}

/// The gradients of the inputs of an elementwise join of values of different shapes, by its derivatives: a maximum has kinks, where differences are wrong.
pub fn backward(case: &Case, index: usize, x: &[&[f64]], dy: &[f64]) -> Option<Vec<Vec<f64>>> {
    let node = &case.graph.nodes()[index];
    if !repeats(case.graph, node) {
        return None;
    }
    let shapes: Vec<Shape> = node.inputs().iter().map(|&value| *case.graph.shape(value)).collect();
    let mut dx: Vec<Vec<f64>> = x.iter().map(|x| vec![0.0; x.len()]).collect();
    let len = node.output.len();
    for (to, dy) in dy.iter().enumerate() {
        let (sample, to) = (to / len, to % len);
        let at: Vec<usize> = shapes.iter().map(|shape| sample * shape.len() + source(to, shape.dims(), node.output.dims())).collect();
        let all: Vec<f64> = at.iter().zip(x).map(|(&at, x)| x[at]).collect();
        let first = |wanted: f64| all.iter().position(|&x| x == wanted);
        for (input, dx) in dx.iter_mut().enumerate() {
            let slope = match node.op {
                Op::Add(_) => 1.0,
                Op::Sub(_) => [1.0, -1.0][input],
                Op::Mul(_) => all.iter().enumerate().filter(|(other, _)| *other != input).map(|(_, x)| x).product(),
                Op::Div(_) => [1.0 / all[1], -all[0] / all[1] / all[1]][input],
                Op::Maximum(_) => f64::from(u8::from(first(all.iter().copied().fold(f64::MIN, f64::max)) == Some(input))),
                Op::Minimum(_) => f64::from(u8::from(first(all.iter().copied().fold(f64::MAX, f64::min)) == Some(input))),
                _ => return None,
            };
            dx[at[input]] += dy * slope;
        }
    }
    Some(dx)
}

/// Whether the node is an elementwise join of values of different shapes.
pub fn repeats(graph: &layercake_ir::Graph, node: &layercake_ir::Node) -> bool {
    node.inputs().iter().any(|&value| *graph.shape(value) != node.output)
}

/// A network of joined inputs of these shapes, with an activation before each and behind the join.
fn joined(op: Op, shapes: &[&[usize]]) -> layercake_ir::Graph {
    let mut builder = Builder::new("Repeated");
    for (i, shape) in shapes.iter().enumerate() {
        builder.input(&format!("in{i}"), Shape::new(shape)).unwrap();
    }
    let plain = builder.add("plain", op, &(0..shapes.len()).collect::<Vec<_>>()).unwrap();
    let tanhs: Vec<usize> = (0..shapes.len()).map(|i| builder.add(&format!("tanh{i}"), Op::Tanh(Tanh {}), &[i]).unwrap()).collect();
    let y = builder.add("join", op, &tanhs).unwrap();
    let y = builder.add("behind", Op::Tanh(Tanh {}), &[y]).unwrap();
    // The second input once more, whose gradient is added to.
    let more = builder.add("more", op, &[y, tanhs[1]]).unwrap();
    builder.finish(&[("more", more), ("plain", plain)])
}

#[test]
fn joins_along_axes_of_size_one() {
    let all: [Op; 5] = [Op::Add(Add {}), Op::Sub(Sub {}), Op::Mul(Mul {}), Op::Maximum(Maximum {}), Op::Minimum(Minimum {})];
    let pairs: [&[&[usize]]; 6] = [
        &[&[4, 2, 3], &[4, 1, 1]],
        &[&[4, 1, 1], &[4, 2, 3]],
        &[&[1, 2, 3], &[4, 1, 3]],
        &[&[3, 1], &[1, 5]],
        &[&[1], &[6]],
        &[&[4, 2, 3], &[1, 1, 1]],
    ];
    for op in all {
        for batch in [1, 3, 18] {
            pairs.iter().for_each(|shapes| check(&joined(op, shapes), batch));
            if !matches!(op, Op::Sub(_)) {
                check(&joined(op, &[&[2, 1, 3], &[2, 4, 1], &[1, 4, 3]]), batch);
            }
        }
    }
}

#[test]
fn quotients() {
    for (shapes, batch) in [([&[6][..], &[6]], 3), ([&[3, 1], &[3, 4]], 1), ([&[3, 4], &[3, 1]], 18), ([&[1, 4], &[3, 1]], 2)] {
        let mut builder = Builder::new("Quotients");
        let a = builder.input("a", Shape::new(shapes[0])).unwrap();
        let b = builder.input("b", Shape::new(shapes[1])).unwrap();
        // Not near zero, where a quotient's derivative is without bounds.
        let b = builder.add("some", Op::Tanh(Tanh {}), &[b]).unwrap();
        let b = builder.add("away", Op::Rescaling(Rescaling { scale: 0.5, offset: 2.0 }), &[b]).unwrap();
        let y = builder.add("y", Op::Div(Div {}), &[a, b]).unwrap();
        let again = builder.add("again", Op::Div(Div {}), &[b, b]).unwrap();
        check(&builder.finish(&[("y", y), ("again", again)]), batch);
    }
}

#[test]
fn products_of_matrices() {
    let cases: [(&[usize], &[usize]); 7] = [
        (&[3, 4], &[4, 2]),
        (&[1, 4], &[4, 1]),
        (&[5, 1], &[1, 5]),
        (&[2, 3, 4], &[2, 4, 5]),
        (&[1, 3, 4], &[2, 4, 1]),
        (&[2, 3, 4], &[1, 4, 3]),
        (&[2, 1, 3, 2], &[1, 3, 2, 2]),
    ];
    for (a, b) in cases {
        for batch in [1, 4, 17] {
            let mut builder = Builder::new("Products");
            let a = builder.input("a", Shape::new(a)).unwrap();
            let b = builder.input("b", Shape::new(b)).unwrap();
            let left = builder.add("left", Op::Tanh(Tanh {}), &[a]).unwrap();
            let y = builder.add("y", Op::MatMul(MatMul {}), &[left, b]).unwrap();
            check(&builder.finish(&[("y", y), ("left", left)]), batch);
        }
    }
    // A Gram matrix: a value times itself, transposed.
    let mut builder = Builder::new("Gram");
    let x = builder.input("x", Shape::new(&[3, 4])).unwrap();
    let turned = builder.add("turned", Op::Transpose(Transpose { axes: Sizes::new(&[0, 1]) }), &[x]).unwrap();
    let gram = builder.add("gram", Op::MatMul(MatMul {}), &[x, turned]).unwrap();
    check(&builder.finish(&[("gram", gram)]), 5);
}

#[test]
fn learned_tensors() {
    let parameter = |sizes: &[usize]| Op::Parameter(Parameter { shape: Sizes::new(sizes) });
    for batch in [1, 3, 35] {
        let mut builder = Builder::new("Learned");
        let x = builder.input("x", Shape::new(&[4, 3])).unwrap();
        let class = builder.add("class", parameter(&[1, 3]), &[x]).unwrap();
        let all = builder.add("all", concat(0), &[class, x]).unwrap();
        let place = builder.add("place", parameter(&[5, 3]), &[x]).unwrap();
        let sum = builder.add("sum", Op::Add(Add {}), &[all, place]).unwrap();
        let scale = builder.add("scale", parameter(&[1, 3]), &[sum]).unwrap();
        let scaled = builder.add("scaled", Op::Mul(Mul {}), &[sum, scale]).unwrap();
        let again = builder.add_shared("again", parameter(&[1, 3]), &[x], scale).unwrap();
        let y = builder.add("y", Op::Add(Add {}), &[scaled, again]).unwrap();
        check(&builder.finish(&[("y", y), ("class", class)]), batch);
    }
}

#[test]
fn axes_and_sums() {
    for batch in [1, 3, 18] {
        let shape = &[4, 1, 3];
        check(&chain(shape, &[Op::Unsqueeze(Unsqueeze { axis: 3 }), Op::Tanh(Tanh {}), Op::Squeeze(Squeeze { axis: 1 })]), batch);
        check(
            &chain(&[2, 3, 4], &[Op::Transpose(Transpose { axes: Sizes::new(&[2, 0]) }), Op::Sum(Sum { axes: Sizes::new(&[0, 2]) })]),
            batch,
        );
        check(&chain(&[2, 3], &[Op::Rescaling(Rescaling { scale: -0.3, offset: 0.0 }), linear(3)]), batch);
        check(&chain(&[2, 3], &[linear(3), Op::Rescaling(Rescaling { scale: 2.0, offset: -1.5 })]), batch);
    }
}
