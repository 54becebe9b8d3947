//! Attention by tiles, without the matrix of weights: what is kept for the backward pass is, for each row of scores, the largest and the sum of the exponentials.

use crate::emit::{At, int};
use crate::function::number;
use crate::kernel::{Arg, Kernel};

use super::{Attention, NOWHERE};

/// Threads of a block: that of `attention_tiles.cuh`.
const THREADS: usize = 256;
const SIZES: &str = "int heads, int length, int steps, int node, unsigned long long seed";
const TEXT: &str = include_str!("../../kernels/attention_tiles.cuh");

/// Queries of a tile, and keys, if a head has so many features: four tiles of them and two of scores fit in the 48 KiB of shared memory that a block has.
pub fn tile(size: usize) -> Option<usize> {
    [(64, 32), (128, 16), (256, 8), (512, 4)].into_iter().find(|&(most, _)| size <= most).map(|(_, tile)| tile)
}

/// What the backward pass needs of each query: its largest score, and the sum of the exponentials.
#[derive(Clone, Copy, Debug)]
pub struct Kept([Arg; 2]);

impl Attention {
    fn kernel(&self, tile: usize, name: &'static str, pointers: &str, body: &str) -> Kernel {
        let [causal, dropped] = [self.op.causal, self.dropout > 0.0].map(u8::from);
        let mask = if self.op.mask { " + mask[MASK_AT(row, col)]" } else { "" };
        let drops = match self.dropout {
            0.0 => "(value)".to_owned(),
            p => format!(
                "(drawn(seed, (u64)node, i) >> 11 >= {}ull ? (value) * {} : 0.0f)",
                (p * (1u64 << 53) as f64) as u64,
                number(1.0 / (1.0 - p))
            ),
        };
        let head = format!(
            "#define SIZE {}
#define TILE {tile}
#define CAUSAL {causal}
#define SCALE {}
#define MASK(row, col){mask}
#define IS_DROPPED {dropped}
#define DROPS(value, i) {drops}
{TEXT}",
            self.size(),
            self.scale()
        );
        Kernel::new(name, &format!("{pointers}, {SIZES}"), &head, body)
    }

    fn sizes(&self) -> [Arg; 5] {
        [int(self.op.heads), int(self.length), int(self.steps), int(self.node), Arg::Seed]
    }

    fn mask_of(&self, at: &mut At) -> Arg {
        self.mask().map_or(NOWHERE, |input| at.x(input))
    }

    /// From the projections to `mixed`.
    pub fn forward_by_tiles(&self, at: &mut At, tile: usize) -> Kept {
        let [queries, keys, values] = self.projections;
        let rows = self.heads() * self.length;
        let kept = if at.is_recorded() { [0; 2].map(|_| at.buffer(rows)) } else { [NOWHERE; 2] };
        let pointers =
            "const float *queries, const float *keys, const float *values, const float *mask, float *out, float *tops, float *totals";
        let kernel = self.kernel(tile, "attention_forward", pointers, include_str!("../../kernels/attention_forward.cu"));
        let args = [&[queries, keys, values, self.mask_of(at), self.mixed][..], &kept, &self.sizes()].concat();
        at.launch(kernel, [self.heads() * self.length.div_ceil(tile), 1, 1], THREADS, args);
        Kept(kept)
    }

    /// From the gradient of `mixed` to those of the projections, and of the mask.
    pub fn backward_by_tiles(&self, at: &mut At, tile: usize, Kept(kept): Kept, dmixed: Arg, [dqueries, dkeys, dvalues]: [Arg; 3]) {
        let [queries, keys, values] = self.projections;
        let products = at.buffer(self.heads() * self.length);
        let mask = self.mask_of(at);
        let read = "const float *queries, const float *keys, const float *values, const float *mask, const float *dmixed, const float *tops, const float *totals";
        let given = [&[queries, keys, values, mask, dmixed][..], &kept].concat();

        let pointers = format!("{read}, const float *y, float *products, float *out");
        let kernel = self.kernel(tile, "attention_query_grad", &pointers, include_str!("../../kernels/attention_query_grad.cu"));
        let args = [&given[..], &[self.mixed, products, dqueries], &self.sizes()].concat();
        at.launch(kernel, [self.heads() * self.length.div_ceil(tile), 1, 1], THREADS, args);

        let pointers = format!("{read}, const float *products, float *key_out, float *value_out");
        let kernel = self.kernel(tile, "attention_key_grad", &pointers, include_str!("../../kernels/attention_key_grad.cu"));
        let args = [&given[..], &[products, dkeys, dvalues], &self.sizes()].concat();
        at.launch(kernel, [self.heads() * self.steps.div_ceil(tile), 1, 1], THREADS, args);

        if let Some([dmask, add]) = self.mask().and_then(|input| at.dx(input)) {
            let pointers = format!("{read}, const float *products, float *dmask, int add");
            let kernel = self.kernel(tile, "attention_mask_grad", &pointers, include_str!("../../kernels/attention_tile_mask_grad.cu"));
            let args = [&given[..], &[products, dmask, add], &self.sizes()].concat();
            let blocks = self.batch * self.length.div_ceil(tile) * self.steps.div_ceil(tile);
            at.launch(kernel, [blocks, 1, 1], THREADS, args);
        }
    }
}
