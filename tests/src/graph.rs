//! Networks with joins, splits, residuals and shared layers, built at run time.

use layercake::ir::ops::{
    Add, Chunk, Concat, MatMul, Maximum, Minimum, Mul, Parameter, Relu, Reparameterize, Sizes, Split, Sub, Tanh, Transpose,
};
use layercake::ir::{Builder, Graph, Mistake, Node, Op, Shape, broadcast};

use crate::Random;
use crate::blocks::on_axes;
use crate::chain::{on_anything, on_images, on_rows, random_shape};

/// Larger values would make the oracle slow and find nothing more.
const MOST: usize = 2000;

/// A graph with one to three inputs, three to fourteen nodes and one to three outputs. Each node uses random earlier values;
/// a node that its shape rule refuses is drawn again.
pub fn random_graph(random: &mut Random) -> Graph {
    let mut builder = Builder::new("Graph");
    let shape = random_shape(random);
    let mut shapes = Vec::new();
    for i in 0..[1, 1, 1, 2, 2, 3][random.whole(0, 5)] {
        shapes.push(if random.chance(0.7) { shape } else { random_shape(random) });
        builder.input(&format!("in{i}"), shapes[i]).expect("sizes of at least one");
    }
    let (inputs, wanted) = (shapes.len(), random.whole(3, 14));
    let mut growing = Growing { builder, shapes, layers: Vec::new() };
    while growing.shapes.len() < inputs + wanted {
        let before = growing.clone();
        if growing.grow(random).is_err() || growing.shapes.iter().any(|shape| shape.len() > MOST) {
            growing = before;
        }
    }
    let last = growing.shapes.len() - 1;
    let mut outputs = vec![("last", last)];
    // Any value: an input, one that is used inside, the last one again.
    for name in ["some", "other"].into_iter().take(random.whole(0, 2)) {
        outputs.push((name, random.whole(0, last)));
    }
    growing.builder.finish(&outputs)
}

#[derive(Clone)]
struct Growing {
    builder: Builder,
    /// Of all values.
    shapes: Vec<Shape>,
    /// The layers with tensors: value, operation and input shape. Each may be reused.
    layers: Vec<(usize, Op, Shape)>,
}

impl Growing {
    /// Adds a node, or the few of a residual.
    fn grow(&mut self, random: &mut Random) -> Result<(), Mistake> {
        // Late values more often than early ones, so that graphs are deep too.
        let count = self.shapes.len();
        let x = if random.chance(0.4) { count - 1 } else { random.whole(0, count - 1) };
        match random.whole(0, 15) {
            0..=2 => {
                let op = self.layer(x, random);
                let value = self.push(op, &[x])?;
                if self.builder.clone().finish(&[("last", value)]).nodes().last().is_some_and(|node| node.op.params().count() > 0) {
                    self.layers.push((value, op, self.shapes[x]));
                }
            }
            3 | 4 | 14 if !self.layers.is_empty() => {
                let (layer, op, shape) = self.layers[random.whole(0, self.layers.len() - 1)];
                let alike: Vec<usize> = (0..count).filter(|&other| self.shapes[other] == shape).collect();
                let x = alike[random.whole(0, alike.len() - 1)];
                self.builder.add_shared(&format!("n{count}"), op, &[x], layer)?;
                self.remember();
            }
            5 => {
                let branch = self.layer(x, random);
                let y = self.push(branch, &[x])?;
                let sum = self.push(Op::Add(Add {}), &if random.chance(0.5) { [x, y] } else { [y, x] })?;
                self.push(Op::Relu(Relu {}), &[sum])?;
            }
            6 | 7 => {
                let op = [
                    Op::Add(Add {}),
                    Op::Add(Add {}),
                    Op::Sub(Sub {}),
                    Op::Mul(Mul {}),
                    Op::Maximum(Maximum {}),
                    Op::Minimum(Minimum {}),
                    Op::Reparameterize(Reparameterize {}),
                ][random.whole(0, 6)];
                let equal = op == Op::Reparameterize(Reparameterize {});
                let fits = |a: &Shape, b: &Shape| if equal { a == b } else { !broadcast(&[*a, *b]).is_unknown() };
                let mut operands = self.like(x, random, if matches!(op, Op::Sub(_) | Op::Reparameterize(_)) { 1 } else { 2 }, fits);
                if op == Op::Reparameterize(Reparameterize {}) {
                    // Repeated exponentials soon overflow.
                    operands[1] = self.push(Op::Tanh(Tanh {}), &operands[1..])?;
                }
                self.push(op, &operands)?;
            }
            15 => {
                let op = on_axes(random, self.shapes[x].rank());
                self.push(op, &[x])?;
            }
            12 => {
                // A value times its own transpose, or that of a value of its shape.
                let rank = self.shapes[x].rank();
                let other = self.like(x, random, 1, |a, b| a == b)[1];
                let turned = self.push(Op::Transpose(Transpose { axes: Sizes::new(&[rank.max(2) - 2, rank.max(2) - 1]) }), &[other])?;
                self.push(Op::MatMul(MatMul {}), &[x, turned])?;
            }
            13 => {
                let shape = self.shapes[x];
                let axis = random.whole(0, shape.rank() - 1);
                let sizes = if random.chance(0.5) { shape.with_dim(axis, 1) } else { shape };
                let learned = self.push(Op::Parameter(Parameter { shape: Sizes::new(sizes.dims()) }), &[x])?;
                self.push(if random.chance(0.5) { Op::Add(Add {}) } else { Op::Mul(Mul {}) }, &[x, learned])?;
            }
            8 => {
                let axis = random.whole(0, self.shapes[x].rank() - 1);
                let fits = |a: &Shape, b: &Shape| a.rank() == b.rank() && *a == b.with_dim(axis, a.dim(axis));
                let operands = self.like(x, random, 3, fits);
                self.push(Op::Concat(Concat { axis }), &operands)?;
            }
            9 => {
                let (axis, parts) = (random.whole(0, self.shapes[x].rank() - 1), random.whole(1, 4));
                let size = self.shapes[x].dim(axis);
                match size {
                    3.. if random.chance(0.5) => self.push(Op::Split(Split { sizes: Sizes::new(&[1, size - 2, 1]), axis }), &[x])?,
                    _ => self.push(Op::Chunk(Chunk { chunks: parts, axis }), &[x])?,
                };
            }
            _ => {
                let op = on_anything(random, self.shapes[x].rank());
                self.push(op, &[x])?;
            }
        }
        Ok(())
    }

    fn layer(&self, x: usize, random: &mut Random) -> Op {
        match self.shapes[x].rank() {
            3 => on_images(random),
            rank => on_rows(random, rank),
        }
    }

    /// `x` and one to `most` values of its shape, possibly `x` itself.
    fn like(&self, x: usize, random: &mut Random, most: usize, fits: impl Fn(&Shape, &Shape) -> bool) -> Vec<usize> {
        let fitting: Vec<usize> = (0..self.shapes.len()).filter(|&other| fits(&self.shapes[x], &self.shapes[other])).collect();
        let mut values = vec![x];
        for _ in 0..random.whole(1, most) {
            values.push(fitting[random.whole(0, fitting.len() - 1)]);
        }
        values
    }

    fn push(&mut self, op: Op, inputs: &[usize]) -> Result<usize, Mistake> {
        let value = self.builder.add(&format!("n{}", self.shapes.len()), op, inputs)?;
        self.remember();
        Ok(value)
    }

    /// The outputs of the node that was added last.
    fn remember(&mut self) {
        self.shapes.extend(self.builder.last().into_iter().flat_map(Node::shapes));
    }
}
