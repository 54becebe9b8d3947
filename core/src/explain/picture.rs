//! Changes of pictures between the steps of an ascent: shifts, blur, and the removal of pixels.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::Scalar;
use crate::host::{number, wide};

/// How a picture is shifted before a step, and back after it, so that no position is preferred. Pixels that leave at one side enter at the other, as with
/// `torch.roll`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Jitter {
    /// Not at all.
    #[default]
    None,
    /// By up to `most` pixels along each axis.
    Random {
        /// The largest shift.
        most: usize,
        /// The seed of the shifts.
        seed: u64,
    },
    /// By these numbers of rows and columns, one pair for each step, and from the first again.
    Fixed(Vec<[isize; 2]>),
}

/// The shifts of successive steps.
pub(super) struct Shifts {
    jitter: Jitter,
    random: StdRng,
    step: usize,
}

impl Shifts {
    pub fn of(jitter: &Jitter) -> Self {
        let seed = if let Jitter::Random { seed, .. } = jitter { *seed } else { 0 };
        Self { jitter: jitter.clone(), random: StdRng::seed_from_u64(seed), step: 0 }
    }

    pub fn next(&mut self) -> [isize; 2] {
        self.step += 1;
        match &self.jitter {
            Jitter::None => [0; 2],
            Jitter::Random { most, .. } => {
                let most = isize::try_from(*most).unwrap_or(isize::MAX / 2);
                [0, 1].map(|_| self.random.gen_range(-most..=most))
            }
            Jitter::Fixed(shifts) if shifts.is_empty() => [0; 2],
            Jitter::Fixed(shifts) => shifts[(self.step - 1) % shifts.len()],
        }
    }
}

/// The planes of pictures `[.., height, width]`, shifted by rows and columns.
pub(super) fn roll<E: Scalar>(numbers: &[E], [height, width]: [usize; 2], shift: [isize; 2]) -> Vec<E> {
    let from = |i: usize, size: usize, by: isize| (i as isize - by).rem_euclid(size as isize) as usize;
    let row = |plane: &[E], y: usize| {
        let row = &plane[from(y, height, shift[0]) * width..][..width];
        (0..width).map(|x| row[from(x, width, shift[1])]).collect::<Vec<E>>()
    };
    numbers.chunks_exact(height * width).flat_map(|plane| (0..height).flat_map(|y| row(plane, y)).collect::<Vec<E>>()).collect()
}

/// A Gaussian blur of the planes with this standard deviation in pixels. The kernel ends at four standard deviations, and edges are repeated.
pub(super) fn blur<E: Scalar>(numbers: &[E], [height, width]: [usize; 2], sigma: f64) -> Vec<E> {
    let radius = (4.0 * sigma + 0.5) as isize;
    let weights: Vec<f64> = (-radius..=radius).map(|i| (-0.5 * (i as f64 / sigma).powi(2)).exp()).collect();
    let sum: f64 = weights.iter().sum();
    let along = |plane: &[f64], size: usize, at: &dyn Fn(usize) -> usize, i: usize| -> f64 {
        let place = |offset: isize| (i as isize + offset).clamp(0, size as isize - 1) as usize;
        (-radius..=radius).zip(&weights).map(|(offset, weight)| weight / sum * plane[at(place(offset))]).sum()
    };
    let blurred = |plane: &[E]| {
        let plane: Vec<f64> = plane.iter().map(|&x| wide(x)).collect();
        let rows: Vec<f64> = (0..height * width).map(|i| along(&plane, height, &|y| y * width + i % width, i / width)).collect();
        (0..height * width).map(|i| number(along(&rows, width, &|x| i / width * width + x, i % width))).collect::<Vec<E>>()
    };
    numbers.chunks_exact(height * width).flat_map(blurred).collect()
}

/// Sets the pixels of a picture `[channels, positions]` to 0 whose measure is among the smallest `percentile` percent; of equal ones the first.
pub(super) fn remove_smallest<E: Scalar>(picture: &mut [E], measures: &[f64], percentile: f64) {
    let count = (percentile / 100.0 * measures.len() as f64) as usize;
    let mut order: Vec<usize> = (0..measures.len()).collect();
    order.sort_by(|&a, &b| measures[a].total_cmp(&measures[b]));
    for &position in order.iter().take(count) {
        picture.chunks_exact_mut(measures.len()).for_each(|channel| channel[position] = E::zero());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shifts_go_back() {
        let numbers: Vec<f64> = (0..24).map(f64::from).collect();
        let rolled = roll(&numbers, [3, 4], [1, -2]);
        assert_eq!(rolled[..4], [10.0, 11.0, 8.0, 9.0]);
        assert_eq!(roll(&rolled, [3, 4], [-1, 2]), numbers);
    }

    #[test]
    fn a_blur_keeps_what_is_even() {
        let even = vec![2.5; 15];
        assert!(blur(&even, [3, 5], 1.3).iter().all(|x: &f64| (x - 2.5).abs() < 1e-12));
        let mut point = vec![0.0; 49];
        point[24] = 1.0;
        let blurred: Vec<f64> = blur(&point, [7, 7], 0.5);
        assert!((blurred.iter().sum::<f64>() - 1.0).abs() < 1e-12 && blurred[24] > blurred[23] && blurred[23] == blurred[17]);
    }
}
