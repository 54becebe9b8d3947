//! Inputs of any shape with their targets.

use super::array::{Array, stack};
use super::readers::RowBatch;
use super::{Batch, Collate, Column, DataError};

/// An input of any shape, such as a row of a table, a sequence or a picture, and what is to be predicted from it.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// The sizes of the input, without the batch: `[features]`, `[steps, features]`, `[channels, height, width]`.
    pub shape: Vec<usize>,
    /// The input, row-major.
    pub input: Vec<f32>,
    /// What is to be predicted.
    pub target: Target,
}

/// What is to be predicted from an input.
#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    /// The index of its class.
    Class(usize),
    /// Numbers, standardized if their units differ.
    Numbers(Vec<f32>),
    /// Whether it has each of several labels.
    Labels(Vec<bool>),
}

/// The targets of a batch.
#[derive(Clone, Debug, PartialEq)]
pub enum Targets {
    /// `[batch]`
    Classes(Vec<usize>),
    /// `[batch, targets]`
    Numbers(Array<f32>),
    /// `[batch, labels]`
    Labels(Array<bool>),
}

impl Targets {
    /// What they are, for messages.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Classes(_) => "classes",
            Self::Numbers(_) => "numbers",
            Self::Labels(_) => "labels",
        }
    }
}

/// A batch of inputs of one shape.
#[derive(Clone, Debug, PartialEq)]
pub struct SampleBatch {
    /// `[batch, ..]`
    pub inputs: Array<f32>,
    /// What is to be predicted.
    pub targets: Targets,
}

impl Collate for Sample {
    type Batch = SampleBatch;

    fn collate(items: Vec<Self>) -> Result<SampleBatch, DataError> {
        let (mut inputs, mut classes, mut numbers, mut labels) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for Sample { shape, input, target } in items {
            inputs.push((shape, input));
            match target {
                Target::Class(class) => classes.push(class),
                Target::Numbers(row) => numbers.push((vec![row.len()], row)),
                Target::Labels(row) => labels.push((vec![row.len()], row)),
            }
        }
        let count = inputs.len();
        let targets = match count {
            _ if classes.len() == count => Targets::Classes(classes),
            _ if numbers.len() == count => Targets::Numbers(stack("targets", numbers)?),
            _ if labels.len() == count => Targets::Labels(stack("labels", labels)?),
            _ => {
                let expected = "targets of one kind".to_owned();
                let found = format!("{} classes, {} rows of numbers, {} rows of labels", classes.len(), numbers.len(), labels.len());
                return Err(DataError::Batch { expected, found });
            }
        };
        Ok(SampleBatch { inputs: stack("inputs", inputs)?, targets })
    }

    fn columns(SampleBatch { inputs, targets }: &mut SampleBatch) -> Option<Vec<Column<'_>>> {
        let targets = match targets {
            Targets::Classes(classes) => Column::Classes(classes),
            Targets::Numbers(numbers) => Column::Numbers(numbers),
            Targets::Labels(labels) => Column::Flags(labels),
        };
        Some(vec![Column::Numbers(inputs), targets])
    }
}

/// Labeled images.
impl From<Batch> for SampleBatch {
    fn from(Batch { images, labels }: Batch) -> Self {
        Self { inputs: images, targets: Targets::Classes(labels) }
    }
}

/// Labeled rows.
impl From<RowBatch> for SampleBatch {
    fn from(RowBatch { features, labels }: RowBatch) -> Self {
        Self { inputs: features, targets: Targets::Classes(labels) }
    }
}

/// Samples in memory.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Samples(pub Vec<Sample>);

impl super::Dataset for Samples {
    type Item = Sample;

    fn len(&self) -> usize {
        self.0.len()
    }

    fn get(&self, index: usize) -> Result<Sample, DataError> {
        Ok(self.0[index].clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_kind_and_one_shape() {
        let sample = |target| Sample { shape: vec![1, 2], input: vec![1.0, 2.0], target };
        let batch = Sample::collate(vec![sample(Target::Numbers(vec![3.0])), sample(Target::Numbers(vec![4.0]))]).unwrap();
        assert_eq!(batch.inputs.shape(), [2, 1, 2]);
        assert_eq!(batch.targets, Targets::Numbers(Array::new(vec![2, 1], vec![3.0, 4.0])));
        let mixed = Sample::collate(vec![sample(Target::Class(1)), sample(Target::Labels(vec![true]))]).unwrap_err();
        assert_eq!(mixed.to_string(), "batch of shape 1 classes, 0 rows of numbers, 1 rows of labels: expected targets of one kind");
        assert!(Sample::collate(vec![sample(Target::Numbers(vec![3.0])), sample(Target::Numbers(vec![4.0; 2]))]).is_err());
    }
}
