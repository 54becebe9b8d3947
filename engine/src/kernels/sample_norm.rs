//! Normalization of groups of elements within each sample: layer, group and instance normalization, and RMS normalization, which does not center.
//!
//! Values are `[groups, elements, images]`; the statistics of a group are those of its elements, separately for each image.

use super::simd::vectorized;

/// The number of images that are processed together.
const BLOCK: usize = 16;

/// The groups of a sample.
#[derive(Clone, Copy, Debug)]
pub struct Groups {
    /// The number of elements of a group.
    pub len: usize,
    /// The number of consecutive elements that share a weight and a bias, if there are any. It divides `len`. Weights are numbered on from group to
    /// group, and begin again after the last one.
    pub stretch: usize,
    /// Whether the mean is subtracted. If not, the deviation is the root mean square.
    pub centered: bool,
}

/// The number of statistics of a group of an image ([`statistics`]): the mean in two parts, since its rounding would matter if it is large, and the
/// inverse standard deviation.
pub const STATISTICS: usize = 3;

impl Groups {
    /// The first weight of a group.
    fn first(&self, group: usize, weights: usize) -> usize {
        if weights == 0 { 0 } else { group * (self.len / self.stretch) % weights }
    }
}

/// Computes the statistics, `[groups, STATISTICS, images]`.
pub fn statistics(groups: &Groups, images: usize, eps: f64, x: &[f32], to: &mut [f32]) {
    vectorized(
        #[inline(always)]
        || {
            let count = groups.len as f64;
            for (x, to) in x.chunks_exact(groups.len * images).zip(to.chunks_exact_mut(STATISTICS * images)) {
                for first in (0..images).step_by(BLOCK) {
                    let wide = BLOCK.min(images - first);
                    let rows = || x.chunks_exact(images).map(|row| &row[first..first + wide]);
                    let mut mean = [0f64; BLOCK];
                    if groups.centered {
                        rows().for_each(|row| mean.iter_mut().zip(row).for_each(|(mean, &x)| *mean += f64::from(x)));
                        mean.iter_mut().for_each(|mean| *mean /= count);
                    }
                    let mut squares = [0f64; BLOCK];
                    for row in rows() {
                        for ((squares, mean), &x) in squares.iter_mut().zip(&mean).zip(row) {
                            let centered = f64::from(x) - mean;
                            *squares += centered * centered;
                        }
                    }
                    for i in 0..wide {
                        let high = mean[i] as f32;
                        to[first + i] = high;
                        to[images + first + i] = (mean[i] - f64::from(high)) as f32;
                        to[2 * images + first + i] = (1.0 / (squares[i] / count + eps).sqrt()) as f32;
                    }
                }
            }
        },
    );
}

/// `y = (x - mean) / deviation * weight + bias`; without weights and biases these are ones and zeros.
pub fn forward(groups: &Groups, images: usize, statistics: &[f32], [weights, biases]: [&[f32]; 2], x: &[f32], y: &mut [f32]) {
    let group = groups.len * images;
    vectorized(
        #[inline(always)]
        || {
            let each = x.chunks_exact(group).zip(y.chunks_exact_mut(group)).zip(statistics.chunks_exact(STATISTICS * images));
            for (number, ((x, y), statistics)) in each.enumerate() {
                let (high, rest) = statistics.split_at(images);
                let (low, inverse) = rest.split_at(images);
                let first = groups.first(number, weights.len());
                for (stretch, (x, y)) in x.chunks(groups.stretch * images).zip(y.chunks_mut(groups.stretch * images)).enumerate() {
                    let weight = weights.get(first + stretch).copied().unwrap_or(1.0);
                    let bias = biases.get(first + stretch).copied().unwrap_or(0.0);
                    for (x, y) in x.chunks_exact(images).zip(y.chunks_exact_mut(images)) {
                        for i in 0..images {
                            y[i] = (x[i] - high[i] - low[i]) * inverse[i] * weight + bias;
                        }
                    }
                }
            }
        },
    );
}

/// The gradients of weights and biases; overwrite or are added.
pub fn weight_grads(groups: &Groups, images: usize, statistics: &[f32], [x, dy]: [&[f32]; 2], to: [&mut [f32]; 2], add: bool) {
    let [weights, biases] = to;
    if !add {
        weights.fill(0.0);
        biases.fill(0.0);
    }
    let group = groups.len * images;
    if groups.stretch == 1 && weights.len() == groups.len {
        return own_weight_grads(images, statistics, [x, dy], weights, biases);
    }
    vectorized(
        #[inline(always)]
        || {
            let each = x.chunks_exact(group).zip(dy.chunks_exact(group)).zip(statistics.chunks_exact(STATISTICS * images));
            for (number, ((x, dy), statistics)) in each.enumerate() {
                let first = groups.first(number, weights.len());
                let stretches = x.chunks(groups.stretch * images).zip(dy.chunks(groups.stretch * images));
                for (stretch, (x, dy)) in stretches.enumerate() {
                    let [sum, product] = sums(images, statistics, x, dy);
                    weights[first + stretch] += product as f32;
                    if let Some(bias) = biases.get_mut(first + stretch) {
                        *bias += sum as f32;
                    }
                }
            }
        },
    );
}

/// The number of weights whose sums stay in a level-1 cache.
const WEIGHTS: usize = 64;

/// The gradients, which are added, where each element of a group has a weight of its own: sums over groups and images. Elements of one image are added first, so that a
/// vector is folded once for each weight and not once for each element.
fn own_weight_grads(images: usize, statistics: &[f32], [x, dy]: [&[f32]; 2], weights: &mut [f32], biases: &mut [f32]) {
    let group = weights.len() * images;
    vectorized(
        #[inline(always)]
        || {
            for (block, weights) in weights.chunks_mut(WEIGHTS).enumerate() {
                let (first, count) = (block * WEIGHTS, weights.len());
                let part = first * images..(first + count) * images;
                let (mut sum, mut product) = ([[0f64; BLOCK]; WEIGHTS], [[0f64; BLOCK]; WEIGHTS]);
                let each = x.chunks_exact(group).zip(dy.chunks_exact(group)).zip(statistics.chunks_exact(STATISTICS * images));
                for ((x, dy), statistics) in each {
                    let (high, rest) = statistics.split_at(images);
                    let (low, inverse) = rest.split_at(images);
                    let rows = x[part.clone()].chunks_exact(images).zip(dy[part.clone()].chunks_exact(images));
                    for ((x, dy), (sum, product)) in rows.zip(sum.iter_mut().zip(&mut product)) {
                        for first in (0..images).step_by(BLOCK) {
                            for i in 0..BLOCK.min(images - first) {
                                let at = first + i;
                                sum[i] += f64::from(dy[at]);
                                product[i] += f64::from((x[at] - high[at] - low[at]) * inverse[at]) * f64::from(dy[at]);
                            }
                        }
                    }
                }
                for (weight, product) in weights.iter_mut().zip(&product) {
                    *weight += product.iter().sum::<f64>() as f32;
                }
                for (bias, sum) in biases.iter_mut().skip(first).zip(&sum[..count]) {
                    *bias += sum.iter().sum::<f64>() as f32;
                }
            }
        },
    );
}

/// The sums of `dy`, and of `dy` times the normalized `x`, over elements and images.
#[inline(always)]
fn sums(images: usize, statistics: &[f32], x: &[f32], dy: &[f32]) -> [f64; 2] {
    let (high, rest) = statistics.split_at(images);
    let (low, inverse) = rest.split_at(images);
    let (mut sum, mut product) = ([0f64; BLOCK], [0f64; BLOCK]);
    for (x, dy) in x.chunks_exact(images).zip(dy.chunks_exact(images)) {
        for first in (0..images).step_by(BLOCK) {
            for i in 0..BLOCK.min(images - first) {
                let at = first + i;
                sum[i] += f64::from(dy[at]);
                product[i] += f64::from((x[at] - high[at] - low[at]) * inverse[at]) * f64::from(dy[at]);
            }
        }
    }
    [sum.iter().sum(), product.iter().sum()]
}

/// The gradient of the input; overwrites or is added. With `g = dy weight` and `h` the normalized `x`: `dx = (g - mean(g) - h mean(g h)) /
/// deviation`.
pub fn input_grad(groups: &Groups, images: usize, statistics: &[f32], weights: &[f32], [x, dy]: [&[f32]; 2], dx: &mut [f32], add: bool) {
    let (group, stretch) = (groups.len * images, groups.stretch);
    let count = groups.len as f64;
    vectorized(
        #[inline(always)]
        || {
            let inputs = x.chunks_exact(group).zip(dy.chunks_exact(group));
            let each = inputs.zip(dx.chunks_exact_mut(group)).zip(statistics.chunks_exact(STATISTICS * images));
            for (number, (((x, dy), dx), statistics)) in each.enumerate() {
                let (high, rest) = statistics.split_at(images);
                let (low, inverse) = rest.split_at(images);
                let first_weight = groups.first(number, weights.len());
                let weight = |element: usize| weights.get(first_weight + element / stretch).copied().unwrap_or(1.0);
                for first in (0..images).step_by(BLOCK) {
                    let wide = BLOCK.min(images - first);
                    let (mut sum, mut product) = ([0f64; BLOCK], [0f64; BLOCK]);
                    for (element, (x, dy)) in x.chunks_exact(images).zip(dy.chunks_exact(images)).enumerate() {
                        let weight = weight(element);
                        for i in 0..wide {
                            let at = first + i;
                            let g = f64::from(dy[at] * weight);
                            sum[i] += g;
                            product[i] += g * f64::from((x[at] - high[at] - low[at]) * inverse[at]);
                        }
                    }
                    let (mut mean, mut slope) = ([0f32; BLOCK], [0f32; BLOCK]);
                    for i in 0..wide {
                        mean[i] = if groups.centered { (sum[i] / count) as f32 } else { 0.0 };
                        slope[i] = (product[i] / count) as f32;
                    }
                    let rows = x.chunks_exact(images).zip(dy.chunks_exact(images)).zip(dx.chunks_exact_mut(images));
                    for (element, ((x, dy), dx)) in rows.enumerate() {
                        let weight = weight(element);
                        for i in 0..wide {
                            let at = first + i;
                            let h = (x[at] - high[at] - low[at]) * inverse[at];
                            let grad = (dy[at] * weight - mean[i] - h * slope[i]) * inverse[at];
                            dx[at] = if add { dx[at] + grad } else { grad };
                        }
                    }
                }
            }
        },
    );
}
