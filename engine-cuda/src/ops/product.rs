//! Matrix products by tiles: `C[row, col] = sum over k of A(row, k) B(k, col)`, where `A`, `B` and `STORE(row, col, sum)` are what an operation
//! says. So the columns of a convolution are nowhere in memory.

use crate::emit::{At, int};
use crate::kernel::{Arg, Kernel};

/// The text of a product for an operation.
pub struct Product {
    pub name: &'static str,
    /// The parameters of the operation. Those of the product follow.
    pub signature: String,
    /// Defines `A(row, k)`, `B(k, col)` and `STORE(row, col, sum)`, for the part `z`.
    pub head: String,
    /// Whether neighbors in memory differ in `k`, for `A` and for `B`.
    pub by_depth: [bool; 2],
    /// `[rows, cols, depth]`
    pub size: [usize; 3],
    /// The number of products: groups.
    pub parts: usize,
}

/// Blocks that keep a large GPU busy: twice the multiprocessors of an H200.
const BLOCKS: usize = 264;
/// The least depth for which it pays to divide a product along it.
const LEAST_DEPTH: usize = 128;
/// Fewer rows or columns than this leave most of a tile empty.
const NARROW: usize = 8;
/// Threads that compute one sum together.
const THREADS: usize = 256;

impl Product {
    /// Launches it, with the operation's arguments.
    pub fn launch(self, at: &mut At, args: Vec<Arg>) {
        let [rows, _, depth] = self.size;
        if rows < NARROW && self.parts > 1 {
            return self.singly(at, args);
        }
        self.tiles(at, args, [1, depth.next_multiple_of(STEP)]);
    }

    /// One thread for each element of the result.
    fn singly(self, at: &mut At, mut args: Vec<Arg>) {
        let [rows, cols, depth] = self.size;
        let kernel = self.kernel("", include_str!("../kernels/singly.cu"));
        args.extend([int(rows), int(cols), int(depth)]);
        at.launch(kernel, [(rows * cols).div_ceil(THREADS), 1, self.parts], THREADS, args);
    }

    /// Tiles of the result, and parts of the depth, each of them `deep`.
    fn tiles(self, at: &mut At, mut args: Vec<Arg>, [splits, deep]: [usize; 2]) {
        let [rows, cols, depth] = self.size;
        // Large tiles read less, small ones keep more of the GPU busy.
        let count = |tile: usize| rows.div_ceil(tile) * cols.div_ceil(tile) * self.parts * splits;
        let each = if rows > 32 && count(64) >= BLOCKS / 2 { 4 } else { 2 };
        let [a, b] = self.by_depth.map(u8::from);
        let head = format!("#define EACH {each}\n#define A_BY_DEPTH {a}\n#define B_BY_DEPTH {b}\n");
        let (tile, parts) = (16 * each, self.parts);
        let kernel = self.kernel(&head, include_str!("../kernels/tiles.cu"));
        args.extend([int(rows), int(cols), int(depth), int(splits), int(deep)]);
        at.launch(kernel, [cols.div_ceil(tile) * rows.div_ceil(tile), 1, parts * splits], THREADS, args);
    }

    fn kernel(&self, head: &str, body: &str) -> Kernel {
        let more = if body.contains("deep") { ", int splits, int deep" } else { "" };
        let signature = format!("{}, int rows, int cols, int depth{more}", self.signature);
        Kernel::new(self.name, &signature, &format!("{head}{}", self.head), body)
    }
}

/// The depth of a tile: that of `tiles.cu`.
const STEP: usize = 16;

/// A product whose result is added to the gradient of a weight `[rows of all parts, width]`. The last column, if `cols` is one more than `width`, is
/// that of the bias. The depth is the whole batch, and is divided among blocks; what they find is then added in order.
pub struct WeightGrad {
    pub product: Product,
    pub width: usize,
    /// Those of the weight and of the bias.
    pub gradients: [Arg; 2],
}

impl WeightGrad {
    /// `args` are the operation's, without `out`, which the signature ends with.
    pub fn launch(self, at: &mut At, mut args: Vec<Arg>) {
        let Self { mut product, width, gradients: [weight, bias] } = self;
        let [rows, cols, depth] = product.size;
        let tiles = rows.div_ceil(32) * cols.div_ceil(32) * product.parts;
        let splits = BLOCKS.div_ceil(tiles).min(depth.div_ceil(LEAST_DEPTH)).max(1);
        let deep = depth.div_ceil(splits).next_multiple_of(STEP);
        let splits = depth.div_ceil(deep);
        let count = product.parts * rows * cols;
        let own = if splits > 1 { Some(at.buffer(splits * count)) } else { None };
        product.head += if own.is_some() { PART } else { WHOLE };
        args.extend([own.unwrap_or(weight), bias, int(width), int(product.parts)]);
        product.tiles(at, args, [splits, deep]);
        if let Some(own) = own {
            let kernel = Kernel::new("sum_parts", SUM, "", include_str!("../kernels/sum_parts.cu"));
            at.each(kernel, count, [own, weight, bias, int(splits), int(count), int(cols), int(width)]);
        }
    }
}

/// A part of the sums, for itself.
const PART: &str = "#define STORE(row, col, sum) weight[((split * parts + z) * rows + (row)) * cols + (col)] = (sum)\n";
/// The sums, added to the gradients.
const WHOLE: &str = "#define STORE(row, col, sum)                                    \\
    do {                                                        \\
        if ((col) < width) {                                    \\
            weight[(z * rows + (row)) * width + (col)] += (sum); \\
        } else {                                                \\
            bias[z * rows + (row)] += (sum);                    \\
        }                                                       \\
    } while (0)\n";

const SUM: &str = "const float *parts, float *weight, float *bias, int splits, int n, int cols, int width";
