//! Pooling by windows. The gradient of an element is gathered from the windows that contain it, so that each is written once.

use layercake_ir::Shape;
use layercake_ir::ops::Window;

use crate::emit::{At, int};
use crate::kernel::{Arg, Kernel, Place};

use super::Operation;
use super::convolution::map;

/// The sizes of maps, before and after, and the window.
#[derive(Clone, Copy, Debug)]
pub struct Geometry {
    channels: usize,
    input: [usize; 2],
    output: [usize; 2],
    window: Window,
}

pub const SIGNATURE: &str = "int in_h, int in_w, int out_h, int out_w, int kernel_h, int kernel_w, int stride_h, int stride_w, int pad_h, int pad_w, \
                         int dilation_h, int dilation_w, int n";

impl Geometry {
    pub fn new(window: Window, input: &Shape, output: &Shape) -> Self {
        Self { channels: input.dim(0), input: map(input), output: map(output), window }
    }

    /// The sizes, and the number of threads.
    pub fn args(&self, n: usize) -> Vec<Arg> {
        let Window { kernel, stride, padding, dilation, .. } = self.window;
        let pairs = [self.input, self.output, kernel, stride, padding, dilation].concat();
        pairs.into_iter().chain([n]).map(int).collect()
    }

    fn elements(&self, at: &At) -> usize {
        at.batch() * self.channels * self.input.iter().product::<usize>()
    }
}

const TEXT: &str = include_str!("../kernels/pool.cuh");

/// The largest element of each window; the first of equal ones, row by row.
pub struct Max {
    geometry: Geometry,
    /// The place of each window's element in its map.
    chosen: Arg,
}

impl Max {
    pub fn new(window: Window, input: &Shape, output: &Shape) -> Self {
        Self { geometry: Geometry::new(window, input, output), chosen: Arg::At(Place::Nowhere) }
    }
}

impl Operation for Max {
    fn forward(&mut self, at: &mut At) {
        if at.is_recorded() {
            self.chosen = at.buffer(at.len());
        }
        let signature = format!("const float *x, float *out, int *chosen, {SIGNATURE}");
        let kernel = Kernel::new("max_pool_forward", &signature, &at.act(), include_str!("../kernels/max_pool_forward.cu"));
        let args = [vec![at.x(0), at.y(0), self.chosen], self.geometry.args(at.len())].concat();
        at.each(kernel, at.len(), args);
    }

    fn backward(&mut self, at: &mut At) {
        let Some([g, y]) = at.dy(0) else { return };
        let Some([dx, add]) = at.dx(0) else { return };
        let signature = format!("const float *g, const float *y, const int *chosen, float *dx, int add, {SIGNATURE}");
        let head = format!("{}#define PART(from) (chosen[from] == here ? DY(from) : 0.0f)\n{TEXT}", at.pull());
        let kernel = Kernel::new("max_pool_backward", &signature, &head, include_str!("../kernels/pool_backward.cu"));
        let n = self.geometry.elements(at);
        let args = [vec![g, y, self.chosen, dx, add], self.geometry.args(n)].concat();
        at.each(kernel, n, args);
    }
}

/// The mean of each window.
pub struct Average {
    geometry: Geometry,
    /// Whether the zeros of the padding are counted.
    padded: bool,
}

impl Average {
    pub fn new(window: Window, padded: bool, input: &Shape, output: &Shape) -> Self {
        Self { geometry: Geometry::new(window, input, output), padded }
    }

    fn head(&self) -> String {
        format!("#define PADDED {}\n{TEXT}", u8::from(self.padded))
    }
}

impl Operation for Average {
    fn forward(&mut self, at: &mut At) {
        let signature = format!("const float *x, float *out, {SIGNATURE}");
        let head = format!("{}{}", self.head(), at.act());
        let kernel = Kernel::new("avg_pool_forward", &signature, &head, include_str!("../kernels/avg_pool_forward.cu"));
        let args = [vec![at.x(0), at.y(0)], self.geometry.args(at.len())].concat();
        at.each(kernel, at.len(), args);
    }

    fn backward(&mut self, at: &mut At) {
        let Some([g, y]) = at.dy(0) else { return };
        let Some([dx, add]) = at.dx(0) else { return };
        let signature = format!("const float *g, const float *y, float *dx, int add, {SIGNATURE}");
        let share = "#define PART(from) (DY(from) / COUNT(from / out_w % out_h, from % out_w))\n";
        let head = format!("{}{}{share}", self.head(), at.pull());
        let kernel = Kernel::new("avg_pool_backward", &signature, &head, include_str!("../kernels/pool_backward.cu"));
        let n = self.geometry.elements(at);
        let args = [vec![g, y, dx, add], self.geometry.args(n)].concat();
        at.each(kernel, n, args);
    }
}
