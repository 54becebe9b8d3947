//! The data of a run: rows, pictures or arrays.

use std::path::Path;

use layercake::io;
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::Goal;
use crate::arrays::{ArraySet, Pairs, Rows};
use crate::data::transforms::Transform;
use crate::data::{Array, DataError, Dataset, HasImage, Images, Normalize, Sample, Samples, Split, Target};

/// Data that a program provides itself.
#[derive(Clone, Debug)]
pub enum Given {
    /// Pictures, which are normalized by the mean and standard deviation of the training part.
    Images(Split),
    /// Inputs and targets, of which a fifth is held out for the test; inputs are standardized: see [`arrays`](crate::arrays).
    Arrays(Pairs),
    /// Samples of any shape.
    Samples {
        /// The training samples.
        train: Samples,
        /// The test samples.
        test: Samples,
        /// What is to be predicted.
        goal: Goal,
    },
}

impl From<Split> for Given {
    fn from(split: Split) -> Self {
        Self::Images(split)
    }
}

/// Inputs `[rows, ..]`, and the class of each row.
impl TryFrom<(Array<f32>, Vec<usize>)> for Given {
    type Error = DataError;

    fn try_from((inputs, classes): (Array<f32>, Vec<usize>)) -> Result<Self, DataError> {
        let targets = io::Array::of_indices(&[classes.len()], &classes).expect("a list of classes has one axis");
        Ok(Self::Arrays(Pairs::new(Rows::of("inputs", &inputs), Rows::new(Path::new("data"), "classes", targets))?))
    }
}

/// Inputs `[rows, ..]`, and the numbers to predict for each row, `[rows]` or `[rows, targets]`.
impl TryFrom<(Array<f32>, Array<f32>)> for Given {
    type Error = DataError;

    fn try_from((inputs, targets): (Array<f32>, Array<f32>)) -> Result<Self, DataError> {
        Ok(Self::Arrays(Pairs::new(Rows::of("inputs", &inputs), Rows::of("targets", &targets))?))
    }
}

/// Samples, or pictures with their normalization.
#[derive(Clone, Debug)]
pub enum OwnSet {
    /// Samples.
    Samples(Samples),
    /// Pictures.
    Images(Images, Normalize),
    /// Rows of arrays.
    Arrays(ArraySet),
}

impl OwnSet {
    /// The samples with these indices, in this order.
    pub(super) fn subset(&self, indices: &[usize]) -> Self {
        match self {
            Self::Samples(Samples(all)) => Self::Samples(Samples(indices.iter().map(|&index| all[index].clone()).collect())),
            Self::Images(images, normalize) => Self::Images(images.subset(indices), normalize.clone()),
            Self::Arrays(rows) => Self::Arrays(rows.subset(indices)),
        }
    }
}

impl Dataset for OwnSet {
    type Item = Sample;

    fn len(&self) -> usize {
        match self {
            Self::Samples(samples) => samples.len(),
            Self::Images(images, _) => images.len(),
            Self::Arrays(rows) => rows.len(),
        }
    }

    fn get(&self, index: usize) -> Result<Sample, DataError> {
        match self {
            Self::Samples(samples) => samples.get(index),
            Self::Arrays(rows) => rows.get(index),
            Self::Images(images, normalize) => {
                let mut item = images.get(index)?;
                normalized(normalize, &mut item)?;
                let (shape, target) = (item.image.shape.to_vec(), Target::Class(item.label));
                Ok(Sample { shape, input: item.image.pixels, target })
            }
        }
    }
}

/// Normalizes a picture.
pub(super) fn normalized(normalize: &Normalize, item: &mut impl HasImage) -> Result<(), DataError> {
    // Normalization draws no random numbers.
    normalize.apply(&mut item.image_mut(), &mut StdRng::seed_from_u64(0))
}
