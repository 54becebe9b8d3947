//! Losses fused with their gradients.

use crate::emit::int;
use crate::kernel::{Arg, Kernel, Place, Task, Work};
use crate::plan::Plan;

/// The sum of softmax cross entropy with class ids over all rows of `[batch, classes, positions]`, times `scale`. The target of a row is `share` at its id, and
/// `spread` at each class. Input 0 are the scores, input 1 the id of each row, an integer of 32 bits, below 0 for a row that has no loss; with `weighted`
/// input 2 are the weights of the classes. Output 0 is the sum, output 1 its gradient by the scores without `scale`, output 2 the loss of each row.
///
/// # Panics
/// If a size does not fit in 32 bits.
pub fn cross_entropy([batch, classes, positions]: [usize; 3], scale: f32, [share, spread]: [f32; 2], weighted: bool) -> Plan {
    let (rows, elements) = (batch * positions, batch * classes * positions);
    let block = |kernel: usize, blocks: usize, block: usize, args: Vec<Arg>| {
        let blocks = u32::try_from(blocks).expect("there are fewer rows than elements");
        Task { node: 0, work: Work::Launch { kernel, grid: [blocks, 1, 1], block: block as u32, args } }
    };
    let of_rows = "const float *scores, const int *ids, const float *weights, float *slopes, float *losses, float share, float spread, \
                   int classes, int positions";
    let back = "const float *g, const float *slopes, float *dx, float scale, int n";
    let kernels = vec![
        Kernel::new("cross_entropy_rows", of_rows, "", include_str!("kernels/cross_entropy_rows.cu")),
        Kernel::new("scaled_sum", "const float *x, float *sum, float scale, int n", "", include_str!("kernels/scaled_sum.cu")),
        Kernel::new("cross_entropy_backward", back, "", include_str!("kernels/cross_entropy_backward.cu")),
    ];
    let at = Arg::At;
    let [sum, slopes, losses] = [0, 1, 2].map(|output| at(Place::Output(output)));
    let weights = at(if weighted { Place::Input(2) } else { Place::Nowhere });
    let options = [Arg::Float(share), Arg::Float(spread), int(classes), int(positions)];
    let first = [&[at(Place::Input(0)), at(Place::Input(1)), weights, slopes, losses][..], &options].concat();
    let threads = classes.next_power_of_two().clamp(32, 256);
    let forward = vec![block(0, rows, threads, first), block(1, 1, 256, vec![losses, sum, Arg::Float(scale), int(rows)])];
    let last = vec![at(Place::OutputGrad(0)), slopes, at(Place::InputGrad(0)), Arg::Float(scale), int(elements)];
    let backward = vec![block(2, elements.div_ceil(256), 256, last)];
    let inputs = [elements, rows, classes].into_iter().take(if weighted { 3 } else { 2 }).collect();
    Plan { kernels, forward, backward, inputs, outputs: vec![1, elements, rows], ..Plan::default() }
}

/// Fills with ones: `float *to, int n`, a thread for each.
pub fn ones() -> Kernel {
    let body = "extern \"C\" __global__ void KERNEL(SIGNATURE) {\n    FOR_EACH(i, n)\n    to[i] = 1.0f;\n}\n";
    Kernel::new("ones", "float *to, int n", "", body)
}

#[cfg(test)]
mod tests {
    #[test]
    fn its_launches_fit_its_kernels() {
        assert!(super::cross_entropy([3, 10, 4], 0.5, [0.9, 0.01], true).is_sound());
    }
}
