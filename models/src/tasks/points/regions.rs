//! The regions of the plane in which a network of linear layers and ReLU is linear.

use layercake::AnyNetwork;
use layercake::ir::Op;
use layercake::prelude::*;
use layercake_train::TrainError;

/// A linear layer before a ReLU: for each unit its weights and its bias.
pub(super) struct Layer(Vec<(Vec<f64>, f64)>);

/// The hidden layers of a network: all its linear layers but the last.
pub(super) fn layers<D: Backend<f32>, N: AnyNetwork<f32, D>>(net: &N) -> Result<Vec<Layer>, TrainError> {
    let linear: Vec<&str> =
        net.network_graph().nodes().iter().filter(|node| matches!(node.op, Op::Linear(_))).map(|node| &*node.name).collect();
    let tensor = |path: String| {
        let found = net.tensor_at(&path).map(|tensor| tensor.to_vec());
        found.ok_or_else(|| TrainError::Network(format!("there is no tensor `{path}`")))
    };
    let hidden = &linear[..linear.len().saturating_sub(1)];
    let layer = |name: &&str| {
        let (weight, bias) = (tensor(format!("{name}.weight"))?, tensor(format!("{name}.bias"))?);
        let rows = weight.chunks_exact(weight.len() / bias.len()).map(|row| row.iter().copied().map(f64::from).collect());
        Ok(Layer(rows.zip(bias.iter().copied().map(f64::from)).collect()))
    };
    hidden.iter().map(layer).collect()
}

/// `a x + b y + c`
type Affine = [f64; 3];

fn at([a, b, c]: Affine, [x, y]: [f64; 2]) -> f64 {
    a * x + b * y + c
}

/// A convex part of the plane in which no unit changes its side.
#[derive(Clone, Debug)]
pub(super) struct Region {
    /// In their order around it.
    pub corners: Vec<[f64; 2]>,
    /// The outputs of the layer.
    units: Vec<Affine>,
}

impl Region {
    fn center(&self) -> [f64; 2] {
        let sum = self.corners.iter().fold([0.0; 2], |sum, corner| [sum[0] + corner[0], sum[1] + corner[1]]);
        sum.map(|x| x / self.corners.len() as f64)
    }

    /// Whether it contains a point.
    pub(super) fn contains(&self, [x, y]: [f64; 2]) -> bool {
        let sides = (0..self.corners.len()).map(|i| {
            let ([x1, y1], [x2, y2]) = (self.corners[i], self.corners[(i + 1) % self.corners.len()]);
            (x2 - x1) * (y - y1) - (y2 - y1) * (x - x1)
        });
        let (mut left, mut right) = (false, false);
        sides.for_each(|side| (left, right) = (left | (side > 0.0), right | (side < 0.0)));
        !(left && right)
    }

    /// The parts on both sides of the line on which a function is 0; one part if the line does not pass through.
    fn split(self, line: Affine) -> Vec<Self> {
        // What is thinner than rounding is no part.
        const THIN: f64 = 1e-9;
        let values: Vec<f64> = self.corners.iter().map(|&corner| at(line, corner)).collect();
        if values.iter().all(|&value| value > -THIN) || values.iter().all(|&value| value < THIN) {
            return vec![self];
        }
        let side = |sign: f64| {
            let mut corners = Vec::new();
            for (i, &corner) in self.corners.iter().enumerate() {
                let next = (i + 1) % self.corners.len();
                let (here, there) = (sign * values[i], sign * values[next]);
                if here >= 0.0 {
                    corners.push(corner);
                }
                if (here > 0.0 && there < 0.0) || (here < 0.0 && there > 0.0) {
                    let share = here / (here - there);
                    corners.push([0, 1].map(|axis| corner[axis] + share * (self.corners[next][axis] - corner[axis])));
                }
            }
            Self { corners, units: self.units.clone() }
        };
        vec![side(1.0), side(-1.0)]
    }

    /// The same region behind the ReLU.
    fn rectified(mut self) -> Self {
        let center = self.center();
        self.units.iter_mut().filter(|unit| at(**unit, center) < 0.0).for_each(|unit| *unit = [0.0; 3]);
        self
    }
}

/// The regions of a part of the plane (left, right, bottom, top): a convex polygon is cut by the line of each unit of the first layer, each of its parts by those of
/// the second layer, and so on.
pub(super) fn regions(layers: &[Layer], [left, right, bottom, top]: [f64; 4]) -> Vec<Region> {
    let corners = vec![[left, bottom], [right, bottom], [right, top], [left, top]];
    let mut all = vec![Region { corners, units: vec![[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]] }];
    for Layer(units) in layers {
        let mut next = Vec::new();
        for region in all {
            let before = |(weights, bias): &(Vec<f64>, f64)| {
                weights
                    .iter()
                    .zip(&region.units)
                    .fold([0.0, 0.0, *bias], |sum, (weight, unit)| [0, 1, 2].map(|i| sum[i] + weight * unit[i]))
            };
            let lines: Vec<Affine> = units.iter().map(before).collect();
            let mut parts = vec![Region { units: lines.clone(), ..region }];
            for line in lines {
                parts = parts.into_iter().flat_map(|part| part.split(line)).collect();
            }
            next.extend(parts.into_iter().map(Region::rectified));
        }
        all = next;
    }
    all
}

/// The most regions that the whole plane can have: within a region the units of the next layer change sides on lines, and `n` lines cut the plane into at most
/// `1 + n + n (n - 1) / 2` parts (Montufar, 2017, *Notes on the number of linear regions of deep neural networks*).
pub(super) fn bound(layers: &[Layer]) -> u64 {
    let cuts = |Layer(units): &Layer| 1 + units.len() as u64 + (units.len() * units.len().saturating_sub(1) / 2) as u64;
    layers.iter().map(cuts).product()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use rand::rngs::StdRng;
    use rand::{Rng, SeedableRng};

    use super::*;

    const VIEW: [f64; 4] = [-1.0, 1.0, -1.0, 1.0];

    fn random(widths: &[usize], seed: u64) -> Vec<Layer> {
        let mut random = StdRng::seed_from_u64(seed);
        let inputs = [&[2], widths].concat();
        let mut layer = |ends: &[usize]| {
            Layer(
                (0..ends[1]).map(|_| ((0..ends[0]).map(|_| random.gen_range(-1.0..1.0)).collect(), random.gen_range(-0.3..0.3))).collect(),
            )
        };
        inputs.windows(2).map(&mut layer).collect()
    }

    /// Which units are on at a point: by the definition.
    fn pattern(layers: &[Layer], point: [f64; 2]) -> Vec<bool> {
        let (mut values, mut on) = (point.to_vec(), Vec::new());
        for Layer(units) in layers {
            values = units.iter().map(|(weights, bias)| weights.iter().zip(&values).map(|(w, x)| w * x).sum::<f64>() + bias).collect();
            on.extend(values.iter().map(|&value| value > 0.0));
            values.iter_mut().for_each(|value| *value = value.max(0.0));
        }
        on
    }

    /// Three lines in general position cut the plane in seven parts.
    #[test]
    fn lines_by_hand() {
        let lines = [(vec![1.0, 0.0], 0.1), (vec![0.0, 1.0], 0.1), (vec![1.0, 1.0], -0.2)];
        let layers = [Layer(lines.to_vec())];
        assert_eq!((regions(&layers, VIEW).len(), bound(&layers)), (7, 7));
        assert_eq!(regions(&layers[..0], VIEW).len(), 1);
    }

    /// Every pattern of a fine grid has a region, the regions have different patterns, and they fill the square.
    #[test]
    fn each_pattern_is_a_region() {
        for (widths, seed) in [(vec![6], 1), (vec![5, 5], 2), (vec![4, 6, 3], 3)] {
            let layers = random(&widths, seed);
            let found = regions(&layers, VIEW);
            assert!(found.len() > widths.len() + 1 && found.len() as u64 <= bound(&layers));
            let patterns: BTreeSet<Vec<bool>> = found.iter().map(|region| pattern(&layers, region.center())).collect();
            assert_eq!(patterns.len(), found.len(), "{widths:?}");
            let grid = (0..200 * 200).map(|i| [i / 200, i % 200].map(|i| -1.0 + (i as f64 + 0.5) / 100.0));
            for point in grid {
                assert!(patterns.contains(&pattern(&layers, point)), "{widths:?}: {point:?}");
            }
            let area = |region: &Region| {
                let corners = &region.corners;
                let twice = (0..corners.len()).map(|i| {
                    let ([x1, y1], [x2, y2]) = (corners[i], corners[(i + 1) % corners.len()]);
                    x1 * y2 - x2 * y1
                });
                twice.sum::<f64>() / 2.0
            };
            assert!((found.iter().map(area).sum::<f64>() - 4.0).abs() < 1e-9);
        }
    }
}
