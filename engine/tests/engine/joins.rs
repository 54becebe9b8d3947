//! The interpreter's operations on several values, and networks that are difficult cases for the engine's.

use layercake_engine::Mode;
use layercake_ir::{
    Builder, Graph, Node, Op, Shape,
    ops::{Add, Maximum, Minimum, Mul, Relu, Sub, Tanh},
};

use crate::{networks::*, products};

/// The axis and the size of each part, for a split operation.
fn parts(node: &Node) -> Option<(usize, Vec<usize>)> {
    match node.op {
        Op::Chunk(op) => Some((op.axis, vec![node.output.dim(op.axis); op.chunks])),
        Op::Split(op) => Some((op.axis, op.sizes.as_slice().to_vec())),
        _ => None,
    }
}

/// [`places`] for a split operation: every element has a position in the output, and the parts of a sample are consecutive.
fn places_of_parts(from: &Shape, axis: usize, sizes: &[usize], batch: usize) -> Vec<Option<usize>> {
    let (outer, inner): (usize, usize) = (from.dims()[..axis].iter().product(), from.dims()[axis + 1..].iter().product());
    let place = |at: usize| {
        let (sample, at) = (at / from.len(), at % from.len());
        let (i, mut along, o) = (at % inner, at / inner % from.dim(axis), at / inner / from.dim(axis));
        let mut before = 0;
        for size in sizes {
            if along < *size {
                return Some(sample * from.len() + before + (o * size + along) * inner + i);
            }
            along -= size;
            before += outer * size * inner;
        }
        None
    };
    (0..batch * from.len()).map(place).collect()
}

/// The output element that each element of input `input` maps to, if any.
fn places(graph: &Graph, node: &Node, batch: usize, input: usize) -> Vec<Option<usize>> {
    let from = graph.shape(node.inputs()[input]);
    if let Some((axis, sizes)) = parts(node) {
        return places_of_parts(from, axis, &sizes, batch);
    }
    let (axis, shift, size) = match node.op {
        Op::Concat(op) => {
            let before = node.inputs()[..input].iter().map(|&value| graph.shape(value).dim(op.axis) as isize).sum();
            (op.axis, before, node.output.dim(op.axis))
        }
        _ => (0, 0, from.dim(0)),
    };
    let inner: usize = from.dims()[axis + 1..].iter().product();
    let len = from.dim(axis);
    (0..batch * from.len())
        .map(|at| {
            let (i, along, o) = (at % inner, at / inner % len, at / inner / len);
            let to = usize::try_from(along as isize + shift).ok().filter(|&to| to < size)?;
            Some((o * size + to) * inner + i)
        })
        .collect()
}

/// The output of a join or split operation.
pub fn forward(graph: &Graph, node: &Node, batch: usize, x: &[&[f64]]) -> Option<Vec<f64>> {
    let elementwise = matches!(node.op, Op::Add(_) | Op::Sub(_) | Op::Mul(_) | Op::Maximum(_) | Op::Minimum(_));
    if elementwise && products::repeats(graph, node) {
        return None;
    }
    let join: fn(f64, f64) -> f64 = match node.op {
        Op::Add(_) => |a, b| a + b,
        Op::Sub(_) => |a, b| a - b,
        Op::Mul(_) => |a, b| a * b,
        Op::Maximum(_) => f64::max,
        Op::Minimum(_) => f64::min,
        Op::Concat(_) | Op::Chunk(_) | Op::Split(_) => {
            let len: usize = node.shapes().map(Shape::len).sum();
            let mut y = vec![f64::NAN; batch * len];
            for (input, x) in x.iter().enumerate() {
                let places = places(graph, node, batch, input);
                places.iter().zip(*x).filter_map(|(place, x)| Some(((*place)?, x))).for_each(|(place, &x)| y[place] = x);
            }
            return Some(y);
        }
        _ => return None,
    };
    Some((0..x[0].len()).map(|at| x[1..].iter().fold(x[0][at], |y, x| join(y, x[at]))).collect())
}

/// The gradients of all inputs.
pub fn backward(graph: &Graph, node: &Node, batch: usize, x: &[&[f64]], dy: &[f64]) -> Option<Vec<Vec<f64>>> {
    let slope = |input: usize, at: usize| -> Option<f64> {
        let all = x.iter().map(|x| x.get(at).copied().unwrap_or(f64::NAN));
        Some(match node.op {
            Op::Add(_) => 1.0,
            Op::Sub(_) => [1.0, -1.0][input],
            Op::Mul(_) => all.enumerate().filter(|(other, _)| *other != input).map(|(_, x)| x).product(),
            Op::Minimum(_) => {
                let least = all.clone().fold(f64::INFINITY, f64::min);
                let first = all.clone().position(|x| x == least);
                f64::from(u8::from(first == Some(input)))
            }
            Op::Maximum(_) => {
                let most = all.clone().fold(f64::NEG_INFINITY, f64::max);
                let first = all.clone().position(|x| x == most);
                f64::from(u8::from(first == Some(input)))
            }
            Op::Concat(_) | Op::Chunk(_) | Op::Split(_) => 1.0,
            _ => return None,
        })
    };
    slope(0, 0)?;
    let elementwise = !matches!(node.op, Op::Concat(_) | Op::Chunk(_) | Op::Split(_));
    if elementwise && products::repeats(graph, node) {
        return None;
    }
    let grad = |input: usize| {
        let to = places(graph, node, batch, input);
        to.iter().enumerate().map(|(at, to)| to.map_or(0.0, |to| dy[to] * slope(input, at).expect("a join"))).collect()
    };
    Some((0..x.len()).map(grad).collect())
}

/// A builder with inputs of the given shapes.
fn with(inputs: &[&[usize]]) -> Builder {
    let mut builder = Builder::new("Joins");
    for (i, shape) in inputs.iter().enumerate() {
        builder.input(&format!("in{i}"), Shape::new(shape)).unwrap();
    }
    builder
}

const JOINS: [Op; 5] = [Op::Add(Add {}), Op::Sub(Sub {}), Op::Mul(Mul {}), Op::Maximum(Maximum {}), Op::Minimum(Minimum {})];

#[test]
fn of_inputs() {
    for batch in [1, 3, 37] {
        for op in JOINS {
            for count in 2..=(if op == Op::Sub(Sub {}) { 2 } else { 4 }) {
                let mut builder = with(&vec![&[3, 5][..]; count]);
                let y = builder.add("join", op, &(0..count).collect::<Vec<_>>()).unwrap();
                check(&builder.finish(&[("y", y)]), batch);
            }
        }
    }
}

#[test]
fn of_a_value_with_itself() {
    for op in JOINS {
        // An input, a result without other users, a value and its alias, and a value with layers in between.
        let mut builder = with(&[&[6]]);
        let a = builder.add("a", op, &[0, 0]).unwrap();
        let b = builder.add("b", linear(6), &[0]).unwrap();
        let c = builder.add("c", op, &[b, b]).unwrap();
        let d = builder.add("d", Op::Tanh(Tanh {}), &[c]).unwrap();
        let e = builder.add("e", FLATTEN, &[d]).unwrap();
        let f = builder.add("f", op, &[d, e]).unwrap();
        let g = builder.add("g", dropout(0.0), &[f]).unwrap();
        let h = if op == Op::Sub(Sub {}) { builder.add("h", op, &[g, f]) } else { builder.add("h", op, &[g, 0, f, g]) }.unwrap();
        let i = builder.add("i", concat(0), &[h, h, 0]).unwrap();
        check(&builder.clone().finish(&[("a", a), ("i", i)]), 5);
        check(&builder.finish(&[("a", a), ("i", i), ("f", f), ("d", d)]), 33);
    }
}

#[test]
fn concatenation_and_splitting_along_every_axis() {
    for (shape, batch) in [(&[4][..], 3), (&[4, 6], 2), (&[4, 2, 6], 35), (&[2, 4, 3, 2], 3), (&[2, 2, 2, 2, 2], 2)] {
        for axis in 0..shape.len() {
            let mut wide = shape.to_vec();
            wide[axis] += 3;
            let mut builder = with(&[shape, &wide]);
            let a = builder.add("a", concat(axis), &[0, 1]).unwrap();
            let b = builder.add("b", Op::Tanh(Tanh {}), &[a]).unwrap();
            let c = builder.add("c", concat(axis), &[0, b, 0]).unwrap();
            let d = if shape[axis] % 2 == 0 {
                let half = builder.add("halves", chunk(2, axis), &[0]).unwrap();
                builder.add("d", Op::Sub(Sub {}), &[half, half + 1]).unwrap()
            } else {
                builder.add("thirds", chunk(3, axis), &[0]).unwrap() + 1
            };
            // Parts of a value that has other users; some parts are unused, some are used twice, and some are outputs.
            let parts = builder.add("parts", split(&[1, wide[axis] - 2, 1], axis), &[1]).unwrap();
            let of_all = builder.add("of_all", split(&[2, shape[axis] + wide[axis] - 3, 1], axis), &[b]).unwrap();
            let e = builder.add("e", concat(axis), &[of_all + 1, parts, of_all + 1]).unwrap();
            let f = builder.add("f", Op::Tanh(Tanh {}), &[parts + 1]).unwrap();
            check(&builder.finish(&[("c", c), ("d", d), ("e", e), ("f", f), ("last", of_all + 2)]), batch);
        }
    }
}

/// Residual blocks as in ResNet: the shortcut is used twice, once through a convolution; the activation after the sum has no other user.
pub fn residual(channels: usize, size: usize) -> Graph {
    let plain = |outputs| conv_with(outputs, [[3, 3], [1, 1], [1, 1], [1, 1]], 1, false);
    let mut builder = with(&[&[3, size, size]]);
    let mut x = builder.add("stem", conv(channels, 3, 1), &[0]).unwrap();
    x = builder.add("start", Op::Relu(Relu {}), &[x]).unwrap();
    for i in 0..2 {
        let mut y = x;
        for (name, op) in [
            ("conv1", plain(channels)),
            ("bn1", norm2d(true)),
            ("relu1", Op::Relu(Relu {})),
            ("conv2", plain(channels)),
            ("bn2", norm2d(true)),
        ] {
            y = builder.add(&format!("{name}{i}"), op, &[y]).unwrap();
        }
        x = builder.add(&format!("sum{i}"), Op::Add(Add {}), &if i == 0 { [y, x] } else { [x, y] }).unwrap();
        x = builder.add(&format!("relu{i}"), Op::Relu(Relu {}), &[x]).unwrap();
    }
    builder.finish(&[("output", x)])
}

/// A dense block as in DenseNet: each layer reads the outputs of all layers before it.
pub fn dense(layers: usize, size: usize) -> Graph {
    let mut builder = with(&[&[4, size, size]]);
    let mut values = vec![0];
    for i in 0..layers {
        let x = if i == 0 { 0 } else { builder.add(&format!("cat{i}"), concat(0), &values).unwrap() };
        let x = builder.add(&format!("bn{i}"), norm2d(true), &[x]).unwrap();
        let x = builder.add(&format!("relu{i}"), Op::Relu(Relu {}), &[x]).unwrap();
        values.push(builder.add(&format!("conv{i}"), conv(3, 3, 1), &[x]).unwrap());
    }
    let x = builder.add("all", concat(0), &values).unwrap();
    builder.finish(&[("output", x)])
}

#[test]
fn residual_and_dense_blocks() {
    check(&residual(5, 6), 3);
    check(&residual(4, 5), 37);
    check(&dense(4, 6), 5);
}

/// Shared layers: a recurrent network of three steps, and normalizations whose running statistics are updated twice.
pub fn shared() -> Graph {
    let mut builder = with(&[&[5], &[4, 3, 3]]);
    let cell = builder.add("cell", linear(5), &[0]).unwrap();
    let mut state = builder.add("state", Op::Tanh(Tanh {}), &[cell]).unwrap();
    for i in 0..2 {
        let sum = builder.add(&format!("sum{i}"), Op::Add(Add {}), &[state, 0]).unwrap();
        let next = builder.add_shared(&format!("cell{i}"), linear(5), &[sum], cell).unwrap();
        state = builder.add(&format!("state{i}"), Op::Tanh(Tanh {}), &[next]).unwrap();
    }
    let plain = conv_with(4, [[3, 3], [1, 1], [1, 1], [1, 1]], 2, false);
    let first = builder.add("conv", plain, &[1]).unwrap();
    let norm = builder.add("norm", norm2d(true), &[first]).unwrap();
    let tanh = builder.add("tanh", Op::Tanh(Tanh {}), &[norm]).unwrap();
    let second = builder.add_shared("conv_again", plain, &[tanh], first).unwrap();
    let again = builder.add_shared("norm_again", norm2d(true), &[second], norm).unwrap();
    let bare = builder.add("bare", norm2d(false), &[again]).unwrap();
    let twice = builder.add_shared("bare_again", norm2d(false), &[bare], bare).unwrap();
    // A use of the layer that no output depends on.
    let dead = builder.add_shared("dead", plain, &[twice], second).unwrap();
    builder.add_shared("dead_norm", norm2d(true), &[dead], again).unwrap();
    builder.finish(&[("state", state), ("twice", twice), ("again", again)])
}

/// So large that the weight's gradient is computed by all threads together, several times.
pub fn shared_and_wide() -> Graph {
    let mut builder = with(&[&[460]]);
    let first = builder.add("fc", linear(460), &[0]).unwrap();
    let tanh = builder.add("tanh", Op::Tanh(Tanh {}), &[first]).unwrap();
    let second = builder.add_shared("again", linear(460), &[tanh], first).unwrap();
    let sum = builder.add("sum", Op::Add(Add {}), &[second, tanh]).unwrap();
    builder.finish(&[("sum", sum)])
}

#[test]
fn shared_layers() {
    for batch in [1, 4, 70] {
        if batch > 1 {
            check(&shared(), batch);
        }
        check(&shared_and_wide(), batch);
    }
}

/// A fused activation must not overwrite a value that has other users, in any order of the users.
#[test]
fn activations_where_others_look() {
    for fused in [Op::Relu(Relu {}), Op::Tanh(Tanh {}), leaky(0.1), leaky(-0.3)] {
        let mut builder = with(&[&[5]]);
        let a = builder.add("a", linear(5), &[0]).unwrap();
        let b = builder.add("b", fused, &[a]).unwrap();
        let c = builder.add("c", Op::Add(Add {}), &[b, a]).unwrap();
        let d = builder.add("d", linear(5), &[c]).unwrap();
        let e = builder.add("e", FLATTEN, &[d]).unwrap();
        let f = builder.add("f", fused, &[e]).unwrap();
        let g = builder.add("g", Op::Mul(Mul {}), &[d, f, e]).unwrap();
        let h = builder.add("h", Op::Add(Add {}), &[g, 0]).unwrap();
        let i = builder.add("i", fused, &[h]).unwrap();
        check(&builder.clone().finish(&[("i", i)]), 3);
        check(&builder.clone().finish(&[("i", i), ("h", h)]), 3);
        check(&builder.finish(&[("c", c), ("i", i), ("in", 0)]), 3);
    }
}

#[test]
fn outputs_that_are_inputs_or_used_inside_or_listed_twice() {
    let mut builder = with(&[&[4], &[4], &[3]]);
    let a = builder.add("a", Op::Add(Add {}), &[0, 1]).unwrap();
    let b = builder.add("b", Op::Relu(Relu {}), &[a]).unwrap();
    let c = builder.add("c", Op::Mul(Mul {}), &[b, a]).unwrap();
    check(&builder.finish(&[("first", 0), ("a", a), ("c", c), ("again", a), ("third", 2), ("second", 1)]), 3);
    // A graph without nodes.
    check(&with(&[&[2, 3], &[5]]).finish(&[("b", 1), ("a", 0), ("b2", 1)]), 3);
}

#[test]
fn what_no_output_depends_on_gets_no_gradient() {
    let mut builder = with(&[&[4]]);
    let a = builder.add("a", linear(4), &[0]).unwrap();
    let b = builder.add("b", linear(4), &[0]).unwrap();
    let _unused = builder.add("sum", Op::Add(Add {}), &[a, b]).unwrap();
    let graph = builder.finish(&[("b", b)]);
    check(&graph, 3);
    let outcome = on_engine(&Default::default(), &case(&graph, 3, Mode::Train));
    assert!(outcome.param_grads[0].iter().all(|&grad| grad == 0.0));
}
