//! What a study is given: its size, its seed and data.

use std::path::PathBuf;

use layercake::prelude::*;
use layercake_train::TrainError;
use layercake_train::data::{Images, KnownDataset, Normalize, Split, frame};
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;

/// What a study is given.
#[derive(Clone, Debug, Default)]
pub struct StudyOptions {
    /// The seed of all random numbers.
    pub seed: u64,
    /// A small size, for tests: a few seconds.
    pub small: bool,
    /// The folder that contains the data sets' folders. Without it studies use the digits that are built in.
    pub data_dir: Option<PathBuf>,
}

/// Standardized inputs with their labels.
#[derive(Clone, Debug)]
pub struct Data {
    /// The shape of one input.
    pub shape: Vec<usize>,
    /// All inputs, one after the other.
    pub inputs: Vec<f32>,
    /// The class of each input.
    pub labels: Vec<usize>,
}

impl StudyOptions {
    /// One of two numbers: at the small size, and otherwise.
    pub fn size<T>(&self, small: T, full: T) -> T {
        if self.small { small } else { full }
    }

    /// Random numbers, for a purpose that has a number.
    pub fn random(&self, purpose: u64) -> StdRng {
        StdRng::seed_from_u64(self.seed.wrapping_mul(1 << 16).wrapping_add(purpose))
    }

    /// A device whose numbers follow from the seed and a number.
    pub fn device(&self, purpose: u64) -> Cpu {
        Cpu::seed_from_u64(self.seed.wrapping_mul(1 << 16).wrapping_add(purpose))
    }

    /// Images of a data set, `train` and `test` of them, chosen at random: without a folder the digits that are built in, resized to this shape.
    ///
    /// # Errors
    /// Returns an error if the files cannot be read, or have images of another shape.
    pub fn images(&self, dataset: KnownDataset, shape: [usize; 3], [train, test]: [usize; 2]) -> Result<Split, TrainError> {
        let split = match &self.data_dir {
            Some(folder) => dataset.load(Some(folder), shape)?,
            None => {
                let Split { train, test } = KnownDataset::Digits.read(None)?;
                Split { train: colored(&train, shape), test: colored(&test, shape) }
            }
        };
        let mut random = self.random(0);
        let mut some = |images: &Images, count: usize| {
            let mut order: Vec<usize> = (0..images.len()).collect();
            order.shuffle(&mut random);
            images.subset(&order[..count.min(order.len())])
        };
        Ok(Split { train: some(&split.train, train), test: some(&split.test, test) })
    }

    /// The images as numbers of mean 0 and standard deviation 1, by the training images.
    ///
    /// # Errors
    /// The same as [`StudyOptions::images`].
    pub fn data(&self, dataset: KnownDataset, shape: [usize; 3], counts: [usize; 2]) -> Result<[Data; 2], TrainError> {
        let Split { train, test } = self.images(dataset, shape, counts)?;
        let normalize = Normalize::measure(&train);
        Ok([Data::of(&train, &normalize), Data::of(&test, &normalize)])
    }
}

/// Digits of 8x8 as images of another shape: in a frame, on each channel.
fn colored(digits: &Images, [channels, height, _]: [usize; 3]) -> Images {
    let framed = frame(digits, height);
    framed.map([channels, height, height], |plane| plane.repeat(channels))
}

impl Data {
    fn of(images: &Images, normalize: &Normalize) -> Self {
        let plane = images.shape()[1] * images.shape()[2];
        let number = |(i, &byte): (usize, &u8)| {
            let channel = i / plane % images.shape()[0];
            (f32::from(byte) / 255.0 - normalize.mean[channel]) / normalize.std[channel]
        };
        Self {
            shape: images.shape().to_vec(),
            inputs: images.pixels().iter().enumerate().map(number).collect(),
            labels: images.labels().to_vec(),
        }
    }

    /// The number of inputs.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The inputs with these indices as a tensor `[batch, shape..]`, and their labels.
    ///
    /// # Panics
    /// Panics if an index is out of range.
    pub fn batch(&self, indices: &[usize], device: &Cpu) -> (DynTensor<f32, Cpu>, Vec<usize>) {
        let size: usize = self.shape.iter().product();
        let numbers = indices.iter().flat_map(|&i| self.inputs[i * size..][..size].iter().copied()).collect();
        let dims = [&[indices.len()], &self.shape[..]].concat();
        let batch =
            DynTensor::try_from_vec(device, numbers, &dims).expect("the CPU has the memory").expect("as many numbers as the sizes say");
        (batch, indices.iter().map(|&i| self.labels[i]).collect())
    }
}
