//! Inputs with a class at each of their positions: the pixels of a picture, the steps of a sequence.

use layercake::prelude::*;

use super::array::{Array, stack};
use super::readers::WindowBatch;
use super::{Collate, Column, DataError, Dataset, MaskedBatch};

/// What a network takes: numbers, or token ids for an input such as `usize[T]`.
#[derive(Clone, Debug, PartialEq)]
pub enum Inputs {
    /// Numbers.
    Numbers(Array<f32>),
    /// Token ids.
    Ids(Array<usize>),
}

impl Inputs {
    /// The sizes.
    pub fn shape(&self) -> &[usize] {
        match self {
            Self::Numbers(numbers) => numbers.shape(),
            Self::Ids(ids) => ids.shape(),
        }
    }

    /// Converts them to a tensor whose shape is known only at run time.
    ///
    /// # Errors
    /// Returns an error if the device is out of memory.
    pub fn into_dynamic<D: Backend<f32>>(self, device: &D) -> Result<DynTensor<f32, D>, DataError> {
        match self {
            Self::Numbers(numbers) => numbers.into_dynamic(device),
            Self::Ids(ids) => Ok(ids.into_ids(device)),
        }
    }
}

/// An input, and the class of each of its positions. Classes and inputs have no batch axis.
#[derive(Clone, Debug, PartialEq)]
pub struct PositionSample {
    /// `[steps, features]`, `usize[steps]`, `[channels, height, width]`
    pub input: Inputs,
    /// `[steps]`, `[height, width]`
    pub classes: Array<usize>,
}

/// A batch of [`PositionSample`]s.
#[derive(Clone, Debug, PartialEq)]
pub struct PositionBatch {
    /// `[batch, ..]`
    pub inputs: Inputs,
    /// `[batch, steps]`, `[batch, height, width]`
    pub classes: Array<usize>,
}

impl Collate for PositionSample {
    type Batch = PositionBatch;

    fn collate(items: Vec<Self>) -> Result<PositionBatch, DataError> {
        let (mut numbers, mut ids, mut classes) = (Vec::new(), Vec::new(), Vec::new());
        for Self { input, classes: each } in items {
            match input {
                Inputs::Numbers(array) => numbers.push((array.shape().to_vec(), array.into_vec())),
                Inputs::Ids(array) => ids.push((array.shape().to_vec(), array.into_vec())),
            }
            classes.push((each.shape().to_vec(), each.into_vec()));
        }
        let inputs = match (numbers.len(), ids.len()) {
            (_, 0) => Inputs::Numbers(stack("inputs", numbers)?),
            (0, _) => Inputs::Ids(stack("inputs", ids)?),
            (numbers, ids) => {
                let found = format!("{numbers} inputs of numbers and {ids} of token ids");
                return Err(DataError::Batch { expected: "inputs of one kind".to_owned(), found });
            }
        };
        Ok(PositionBatch { inputs, classes: stack("classes", classes)? })
    }

    fn columns(PositionBatch { inputs, classes }: &mut PositionBatch) -> Option<Vec<Column<'_>>> {
        let inputs = match inputs {
            Inputs::Numbers(numbers) => Column::Numbers(numbers),
            Inputs::Ids(ids) => Column::Indices(ids),
        };
        Some(vec![inputs, Column::Indices(classes)])
    }
}

/// Pictures with masks.
impl From<MaskedBatch> for PositionBatch {
    fn from(MaskedBatch { images, masks }: MaskedBatch) -> Self {
        Self { inputs: Inputs::Numbers(images), classes: masks }
    }
}

/// Characters with the next one of each.
impl From<WindowBatch> for PositionBatch {
    fn from(WindowBatch { characters, next }: WindowBatch) -> Self {
        Self { inputs: Inputs::Ids(characters), classes: next }
    }
}

/// Samples in memory.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PositionSamples(pub Vec<PositionSample>);

impl Dataset for PositionSamples {
    type Item = PositionSample;

    fn len(&self) -> usize {
        self.0.len()
    }

    fn get(&self, index: usize) -> Result<PositionSample, DataError> {
        Ok(self.0[index].clone())
    }
}
