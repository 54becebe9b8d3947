//! `MatMul` on the buffers of a lane. Images are processed one by one, because each has its own products.

use layercake_ir::Shape;

use super::{Layer, Reads, Site};
use crate::{
    kernels::{
        layout,
        product::{Every, Inner, Left, Outer, Start, inner, outer},
    },
    plan::runs_as,
};

/// Products of matrices `[n, k]` and `[k, m]`.
#[derive(Clone, Debug)]
pub struct MatMul {
    n: usize,
    k: usize,
    m: usize,
    /// For each matrix of the output, the positions at which its factors begin.
    pairs: Vec<[usize; 2]>,
    /// The number of elements of each input of one image.
    lens: [usize; 2],
}

impl MatMul {
    /// The products of values of these shapes.
    fn new(a: &Shape, b: &Shape, output: &Shape) -> Self {
        let rank = a.rank();
        let [n, k, m] = [a.dim(rank - 2), a.dim(rank - 1), b.dim(rank - 1)];
        let leads = &output.dims()[..rank - 2];
        // The number of the matrix in an input whose axes of size 1 are repeated.
        let source = |shape: &Shape, matrix: usize| {
            let (mut rest, mut at, mut step) = (matrix, 0, 1);
            for (axis, size) in leads.iter().enumerate().rev() {
                let own = shape.dim(axis);
                at += if own == *size { rest % size * step } else { 0 };
                step *= own;
                rest /= size;
            }
            at
        };
        let pairs = (0..leads.iter().product()).map(|matrix| [source(a, matrix) * n * k, source(b, matrix) * k * m]).collect();
        Self { n, k, m, pairs, lens: [a.len(), b.len()] }
    }

    fn out(&self) -> usize {
        self.pairs.len() * self.n * self.m
    }
}

impl Layer for MatMul {
    fn reads(&self) -> Reads {
        Reads::Nothing
    }

    /// Both inputs, an image behind the other.
    fn keeps(&self, images: usize) -> usize {
        (self.lens[0] + self.lens[1]) * images
    }

    /// The output, or its gradient and that of an input, an image behind the other.
    fn scratch(&self, images: usize, backward: bool) -> [usize; 2] {
        [0, (self.out() + if backward { self.lens[0].max(self.lens[1]) } else { 0 }) * images]
    }

    fn forward(&self, at: &mut Site, y: &mut [f32]) {
        let images = at.images();
        let (kept, spare) = (std::mem::take(&mut at.kept), std::mem::take(&mut at.spare));
        let (a, b) = kept.split_at_mut(self.lens[0] * images);
        let b = &mut b[..self.lens[1] * images];
        layout::transpose(self.lens[0], images, at.x(0), a, false);
        layout::transpose(self.lens[1], images, at.x(1), b, false);
        let out = &mut spare[..self.out() * images];
        for (image, out) in out.chunks_exact_mut(self.out()).enumerate() {
            for (&[left, right], out) in self.pairs.iter().zip(out.chunks_exact_mut(self.n * self.m)) {
                let (left, right) = (&a[image * self.lens[0] + left..], &b[image * self.lens[1] + right..]);
                outer(Outer::new([self.n, self.k, self.m], Left::rows(left, self.k), right, Every(self.m)), out);
            }
        }
        layout::transpose(images, self.out(), out, y, false);
        (at.kept, at.spare) = (kept, spare);
    }

    fn input_grad(&self, input: usize, at: &mut Site, dy: &[f32], dx: &mut [f32], add: bool) {
        let (images, len) = (at.images(), self.lens[input]);
        let spare = std::mem::take(&mut at.spare);
        let (a, b) = at.kept.split_at(self.lens[0] * images);
        let (turned, grads) = spare.split_at_mut(self.out() * images);
        let grads = &mut grads[..len * images];
        layout::transpose(self.out(), images, dy, turned, false);
        // A matrix that is repeated has the sum of the products' gradients.
        grads.fill(0.0);
        let (n, k, m) = (self.n, self.k, self.m);
        for (image, (grads, dy)) in grads.chunks_exact_mut(len).zip(turned.chunks_exact(self.out())).enumerate() {
            for (&[left, right], dy) in self.pairs.iter().zip(dy.chunks_exact(n * m)) {
                if input == 0 {
                    // dA = dY B^T
                    let product = Inner {
                        m: n,
                        n: k,
                        len: m,
                        segments: 1,
                        left: dy,
                        left_row: m,
                        left_segment: 0,
                        right: &b[image * self.lens[1] + right..],
                        rows: Every(m),
                        right_segment: 0,
                        out_row: k,
                        start: Start::Sum,
                    };
                    inner(product, &mut grads[left..]);
                } else {
                    // dB = A^T dY
                    let left = Left::columns(&a[image * self.lens[0] + left..], k);
                    outer(Outer::new([k, n, m], left, dy, Every(m)).start(Start::Sum), &mut grads[right..]);
                }
            }
        }
        layout::transpose(images, len, grads, dx, add);
        at.spare = spare;
    }
}

runs_as! {
    MatMul: |_op, at| MatMul::new(at.input(), at.graph.shape(at.node().inputs()[1]), at.output());
}
