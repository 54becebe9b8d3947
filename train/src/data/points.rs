//! Points that are drawn, for small networks.

use std::f64::consts::PI;

use rand::Rng;
use rand_distr::StandardNormal;

use super::{Sample, Samples, Target, stream};

/// `count` points of two interleaving half circles as scikit-learn's `make_moons` places them: half of them, rounded down, on the upper one (class 0), the others on the
/// lower one (class 1), evenly by angle and in this order, with normal noise of a standard deviation on both coordinates. The input is `[2]`.
pub fn moons(count: usize, noise: f64, seed: u64) -> Samples {
    let mut random = stream("moons", seed, [0, 0]);
    let upper = count / 2;
    let angle = |i: usize, of: usize| PI * i as f64 / of.saturating_sub(1).max(1) as f64;
    let place = |i: usize| match i.checked_sub(upper) {
        None => (0, [angle(i, upper).cos(), angle(i, upper).sin()]),
        Some(i) => (1, [1.0 - angle(i, count - upper).cos(), 0.5 - angle(i, count - upper).sin()]),
    };
    let sample = |i: usize| {
        let (class, place) = place(i);
        let input = place.map(|x| (x + noise * random.sample::<f64, _>(StandardNormal)) as f32).to_vec();
        Sample { shape: vec![2], input, target: Target::Class(class) }
    };
    Samples((0..count).map(sample).collect())
}

/// The range of [`curve`].
pub const CURVE_RANGE: [f64; 2] = [-2.0, 2.0];

/// The function of [`curve`]: two waves on a slope.
pub fn curve_at(x: f64) -> f64 {
    (3.0 * x).sin() + x / 2.0
}

/// `count` points of a curve, at random places of its range, with normal noise of a standard deviation. The input is `[1]`, the target one number.
pub fn curve(count: usize, noise: f64, seed: u64) -> Samples {
    let mut random = stream("curve", seed, [0, 0]);
    let sample = |_| {
        let x = random.gen_range(CURVE_RANGE[0]..CURVE_RANGE[1]);
        let y = curve_at(x) + noise * random.sample::<f64, _>(StandardNormal);
        Sample { shape: vec![1], input: vec![x as f32], target: Target::Numbers(vec![y as f32]) }
    };
    Samples((0..count).map(sample).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `make_moons(n, shuffle=False, noise=None)` of scikit-learn 1.9 for n = 5 and n = 2: points, then classes.
    #[test]
    fn moons_are_scikit_learns() {
        let expected: [(f32, f32, usize); 5] = [(1.0, 0.0, 0), (-1.0, 0.0, 0), (0.0, 0.5, 1), (1.0, -0.5, 1), (2.0, 0.5, 1)];
        let Samples(found) = moons(5, 0.0, 1);
        for (sample, (x, y, class)) in found.iter().zip(expected) {
            assert!((sample.input[0] - x).abs() < 1e-6 && (sample.input[1] - y).abs() < 1e-6, "{sample:?}");
            assert_eq!(sample.target, Target::Class(class));
        }
        assert_eq!(moons(2, 0.0, 1).0[1].input, [0.0, 0.5]);
    }

    #[test]
    fn noise_is_seeded_and_of_its_size() {
        let (exact, noisy) = (moons(4_000, 0.0, 1), moons(4_000, 0.2, 1));
        let off = |axis: usize| {
            let squares = exact.0.iter().zip(&noisy.0).map(|(a, b)| f64::from(a.input[axis] - b.input[axis]).powi(2));
            (squares.sum::<f64>() / 4_000.0).sqrt()
        };
        assert!((off(0) - 0.2).abs() < 0.01 && (off(1) - 0.2).abs() < 0.01);
        assert_eq!(moons(40, 0.2, 3), moons(40, 0.2, 3));
        assert_ne!(moons(40, 0.2, 3), moons(40, 0.2, 4));
        let drawn = curve(4_000, 0.1, 1);
        let rest = drawn.0.iter().map(|sample| match &sample.target {
            Target::Numbers(y) => (f64::from(y[0]) - curve_at(f64::from(sample.input[0]))).powi(2),
            other => panic!("{other:?}"),
        });
        assert!(((rest.sum::<f64>() / 4_000.0).sqrt() - 0.1).abs() < 0.005);
    }
}
