//! Points, and which are nearest.

use super::EmbeddingError;

/// The number of sums that a distance is added up in: a fixed order of additions that the compiler turns into vector instructions.
const LANES: usize = 8;

/// Points of equal dimension, the rows of a matrix.
#[derive(Clone, Debug, PartialEq)]
pub struct Points {
    numbers: Vec<f32>,
    dims: usize,
}

/// A point near another one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Neighbor {
    /// The point, counted from 0.
    pub index: usize,
    /// The Euclidean distance.
    pub distance: f64,
}

impl Points {
    /// Points from their coordinates, one point after the other.
    ///
    /// # Errors
    /// Returns an error if the coordinates are not rows of `dims` numbers, or if one is not finite.
    pub fn new(numbers: Vec<f32>, dims: usize) -> Result<Self, EmbeddingError> {
        if dims == 0 || !numbers.len().is_multiple_of(dims) {
            return Err(EmbeddingError::Rows { numbers: numbers.len(), dims });
        }
        match numbers.iter().position(|x| !x.is_finite()) {
            Some(place) => Err(EmbeddingError::NotFinite { point: place / dims }),
            None => Ok(Self { numbers, dims }),
        }
    }

    /// The number of points.
    pub fn len(&self) -> usize {
        self.numbers.len() / self.dims
    }

    /// Whether there are no points.
    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// The number of coordinates of each point.
    pub fn dims(&self) -> usize {
        self.dims
    }

    /// The coordinates of a point.
    ///
    /// # Panics
    /// Panics if `index` is out of range.
    pub fn row(&self, index: usize) -> &[f32] {
        &self.numbers[index * self.dims..(index + 1) * self.dims]
    }

    pub(super) fn rows(&self) -> std::slice::ChunksExact<'_, f32> {
        self.numbers.chunks_exact(self.dims)
    }

    /// The squared distance of each point to `from`.
    pub(crate) fn squared_distances(&self, from: &[f32]) -> Vec<f64> {
        self.rows().map(|row| squared_distance(row, from)).collect()
    }

    /// The `k` points nearest to `from`, or all if there are fewer, the nearest first; points at the same distance keep their order. `except` leaves one out: the point
    /// itself, if it is one of these.
    ///
    /// # Panics
    /// Panics if `from` has another number of coordinates.
    pub fn nearest(&self, from: &[f32], k: usize, except: Option<usize>) -> Vec<Neighbor> {
        assert_eq!(from.len(), self.dims, "points of one dimension");
        let distances = self.squared_distances(from);
        let mut near: Vec<(f64, usize)> = distances
            .into_iter()
            .enumerate()
            .filter(|(index, _)| Some(*index) != except)
            .map(|(index, squared)| (squared, index))
            .collect();
        let order = |a: &(f64, usize), b: &(f64, usize)| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1));
        if k < near.len() {
            near.select_nth_unstable_by(k, order);
            near.truncate(k);
        }
        near.sort_unstable_by(order);
        near.into_iter().map(|(squared, index)| Neighbor { index, distance: squared.sqrt() }).collect()
    }
}

fn squared_distance(a: &[f32], b: &[f32]) -> f64 {
    let square = |a: f32, b: f32| (f64::from(a) - f64::from(b)).powi(2);
    let (a, b) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest: f64 = a.remainder().iter().zip(b.remainder()).map(|(&a, &b)| square(a, b)).sum();
    let mut sums = [0.0; LANES];
    for (a, b) in a.zip(b) {
        for ((sum, &a), &b) in sums.iter_mut().zip(a).zip(b) {
            *sum += square(a, b);
        }
    }
    sums.iter().sum::<f64>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_by_hand() {
        let points = Points::new(vec![0.0, 0.0, 3.0, 4.0, 0.0, 1.0, 0.0, -1.0], 2).unwrap();
        let found = |k, except| points.nearest(&[0.0, 0.0], k, except).iter().map(|near| (near.index, near.distance)).collect::<Vec<_>>();
        assert_eq!(found(2, None), [(0, 0.0), (2, 1.0)]);
        assert_eq!(found(9, Some(0)), [(2, 1.0), (3, 1.0), (1, 5.0)]);
        let long: Vec<f32> = (0..19).map(|i| i as f32).collect();
        assert_eq!(squared_distance(&long, &[0.0; 19]), 2109.0);
    }

    #[test]
    fn mistakes_are_named() {
        assert_eq!(Points::new(vec![1.0; 5], 2), Err(EmbeddingError::Rows { numbers: 5, dims: 2 }));
        assert_eq!(Points::new(vec![], 0), Err(EmbeddingError::Rows { numbers: 0, dims: 0 }));
        assert_eq!(Points::new(vec![0.0, 1.0, f32::NAN, 1.0], 2), Err(EmbeddingError::NotFinite { point: 1 }));
    }
}
