//! Spaces of observations.

/// The shape and the bounds of an environment's observations; Gymnasium's `Box`.
#[derive(Clone, Debug, PartialEq)]
pub enum Space {
    /// Real numbers.
    Real {
        /// The sizes of the axes, without a batch axis.
        shape: Vec<usize>,
        /// The smallest value of each number; may be infinite.
        low: Vec<f32>,
        /// The largest value of each number; may be infinite.
        high: Vec<f32>,
    },
    /// A picture `[channels, height, width]` of multiples of 1/255 in 0..=1. A replay memory stores a byte for each pixel.
    Picture {
        /// The sizes of the axes.
        shape: [usize; 3],
    },
}

impl Space {
    /// A vector of numbers in `-high ..= high`.
    pub fn symmetric(high: &[f32]) -> Self {
        Self::Real { shape: vec![high.len()], low: high.iter().map(|high| -high).collect(), high: high.to_vec() }
    }

    /// The sizes of the axes, without a batch axis.
    pub fn shape(&self) -> &[usize] {
        match self {
            Self::Real { shape, .. } => shape,
            Self::Picture { shape } => shape,
        }
    }

    /// The number of numbers of an observation.
    pub fn size(&self) -> usize {
        self.shape().iter().product()
    }

    /// Whether an observation has the space's size and is within its bounds.
    pub fn contains(&self, observation: &[f32]) -> bool {
        let within = match self {
            Self::Real { low, high, .. } => observation.iter().zip(low.iter().zip(high)).all(|(x, (low, high))| (low..=high).contains(&x)),
            Self::Picture { .. } => observation.iter().all(|pixel| (0.0..=1.0).contains(pixel)),
        };
        observation.len() == self.size() && within
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds() {
        let space = Space::symmetric(&[1.0, f32::INFINITY]);
        assert_eq!((space.shape(), space.size()), (&[2][..], 2));
        assert!(
            space.contains(&[-1.0, 1e30])
                && space.contains(&[1.0, 0.0])
                && !space.contains(&[1.1, 0.0])
                && !space.contains(&[0.0])
                && !space.contains(&[f32::NAN, 0.0])
        );
        let picture = Space::Picture { shape: [1, 2, 2] };
        assert!(picture.contains(&[0.0, 1.0, 0.5, 0.0]) && !picture.contains(&[0.0, 1.5, 0.0, 0.0]));
    }
}
