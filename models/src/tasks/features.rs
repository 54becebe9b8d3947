//! Pictures as a linear classifier sees them: their pixels, or features that are computed from them.

use std::sync::Arc;

use layercake_train::data::{DataError, Dataset, Image, Images, Labeled};
use layercake_train::features::{Hog, hog, hue_histogram};

/// Nine orientations in cells of 8x8, in blocks of 2x2: 144 numbers of a picture of 28x28, 324 of one of 32x32.
const CELLS: Hog = Hog { orientations: 9, cell: 8, block: 2 };
/// The parts of the circle of hues.
const HUES: usize = 10;

/// What is computed from a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Features {
    /// Histograms of oriented gradients.
    Gradients,
    /// A histogram of hues.
    Hues,
    /// Both.
    GradientsAndHues,
}

impl Features {
    fn of(self, image: &Image) -> Vec<f32> {
        match self {
            Self::Gradients => hog(image, &CELLS),
            Self::Hues => hue_histogram(image, HUES),
            Self::GradientsAndHues => [hog(image, &CELLS), hue_histogram(image, HUES)].concat(),
        }
    }
}

/// Pictures by their pixels, or by features in place of channels: `[features, 1, 1]`.
#[derive(Clone)]
pub(crate) enum Pictures {
    Pixels(Images),
    /// The features of each picture, and its class.
    Features(Arc<Vec<(Vec<f32>, usize)>>),
}

impl Pictures {
    /// Computes the features, if there are any.
    pub(crate) fn new(images: Images, features: Option<Features>) -> Self {
        let Some(features) = features else { return Self::Pixels(images) };
        let row = |i: usize| (features.of(&Image::from_bytes(images.shape(), images.image(i))), images.labels()[i]);
        Self::Features(Arc::new((0..images.len()).map(row).collect()))
    }
}

impl Dataset for Pictures {
    type Item = Labeled;

    fn len(&self) -> usize {
        match self {
            Self::Pixels(images) => Dataset::len(images),
            Self::Features(rows) => rows.len(),
        }
    }

    fn get(&self, index: usize) -> Result<Labeled, DataError> {
        match self {
            Self::Pixels(images) => images.get(index),
            Self::Features(rows) => {
                let (features, label) = &rows[index];
                Ok(Labeled { image: Image { shape: [features.len(), 1, 1], pixels: features.clone() }, label: *label })
            }
        }
    }
}
