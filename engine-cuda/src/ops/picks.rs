//! Windows that pick one element: fractional pooling, and unpooling to where a pool's largest elements were.

use layercake_ir::Shape;
use layercake_ir::ops::{FractionalMaxPool2d, MaxUnpool2d};

use crate::emit::{At, int};
use crate::kernel::{Arg, Kernel, Place};

use super::Operation;
use super::convolution::map;
use super::pool::{Geometry, SIGNATURE};

const NOWHERE: Arg = Arg::At(Place::Nowhere);

/// Maximum pooling with windows at distances that vary, drawn in training.
pub struct Fractional {
    node: usize,
    kernel: [usize; 2],
    input: [usize; 2],
    output: [usize; 2],
    /// The place of each window's element in its map.
    chosen: Arg,
}

const SIZES: &str = "int in_h, int in_w, int out_h, int out_w, int kernel_h, int kernel_w, int n, unsigned long long seed";

impl Fractional {
    pub fn new(op: &FractionalMaxPool2d, node: usize, input: &Shape, output: &Shape) -> Self {
        Self { node, kernel: op.kernel, input: map(input), output: map(output), chosen: NOWHERE }
    }

    fn args(&self, n: usize) -> Vec<Arg> {
        [&self.input[..], &self.output, &self.kernel, &[n]].concat().into_iter().map(int).chain([Arg::Seed]).collect()
    }

    fn head(&self, at: &At) -> String {
        format!(
            "#define DRAWN {}\n#define NODE {}ull\n{}",
            u8::from(at.trains()),
            self.node,
            include_str!("../kernels/fractional_pool.cuh")
        )
    }
}

impl Operation for Fractional {
    fn forward(&mut self, at: &mut At) {
        if at.is_recorded() {
            self.chosen = at.buffer(at.len());
        }
        let head = format!("{}{}", self.head(at), at.act());
        let signature = format!("const float *x, float *out, int *chosen, {SIZES}");
        let kernel = Kernel::new("fractional_pool_forward", &signature, &head, include_str!("../kernels/fractional_pool_forward.cu"));
        let args = [vec![at.x(0), at.y(0), self.chosen], self.args(at.len())].concat();
        at.each(kernel, at.len(), args);
    }

    fn backward(&mut self, at: &mut At) {
        let Some([g, y]) = at.dy(0) else { return };
        let Some([dx, add]) = at.dx(0) else { return };
        let head = format!("{}{}", self.head(at), at.pull());
        let signature = format!("const float *g, const float *y, const int *chosen, float *dx, int add, {SIZES}");
        let kernel = Kernel::new("fractional_pool_backward", &signature, &head, include_str!("../kernels/fractional_pool_backward.cu"));
        let n = at.batch() * at.shape(0).len();
        let args = [vec![g, y, self.chosen, dx, add], self.args(n)].concat();
        at.each(kernel, n, args);
    }
}

/// Writes values to where a pool found its largest elements. The inputs are the values and the input of the pool, which has no gradient from here: small changes of it
/// do not change the places.
pub struct Unpool {
    geometry: Geometry,
    chosen: Arg,
}

const TEXT: &str = include_str!("../kernels/unpool.cuh");

impl Unpool {
    pub fn new(op: &MaxUnpool2d, values: &Shape, output: &Shape) -> Self {
        Self { geometry: Geometry::new(op.window(), output, values), chosen: NOWHERE }
    }
}

impl Operation for Unpool {
    fn forward(&mut self, at: &mut At) {
        let windows = at.batch() * at.shape(0).len();
        // The pool itself may have become part of another launch, or be frozen: the places are found again.
        let most = at.buffer(windows);
        self.chosen = at.buffer(windows);
        let signature = format!("const float *x, float *out, int *chosen, {SIGNATURE}");
        let pool = Kernel::new("max_pool_forward", &signature, super::affine::ALONE, include_str!("../kernels/max_pool_forward.cu"));
        let args = [vec![at.x(1), most, self.chosen], self.geometry.args(windows)].concat();
        at.each(pool, windows, args);
        let signature = format!("const float *values, const int *chosen, float *out, {SIGNATURE}");
        let kernel =
            Kernel::new("unpool_forward", &signature, &format!("{}{TEXT}", at.act()), include_str!("../kernels/unpool_forward.cu"));
        let args = [vec![at.x(0), self.chosen, at.y(0)], self.geometry.args(at.len())].concat();
        at.each(kernel, at.len(), args);
    }

    fn backward(&mut self, at: &mut At) {
        let Some([g, y]) = at.dy(0) else { return };
        let Some([dx, add]) = at.dx(0) else { return };
        let signature = format!("const float *g, const float *y, const int *chosen, float *dx, int add, {SIGNATURE}");
        let kernel =
            Kernel::new("unpool_backward", &signature, &format!("{}{TEXT}", at.pull()), include_str!("../kernels/unpool_backward.cu"));
        let n = at.batch() * at.shape(0).len();
        let args = [vec![g, y, self.chosen, dx, add], self.geometry.args(n)].concat();
        at.each(kernel, n, args);
    }
}
