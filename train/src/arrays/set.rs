//! Rows of arrays as samples.

use std::sync::Arc;

use super::named::Pairs;
use super::rows::Rows;
use super::schema::ArraySchema;
use crate::Goal;
use crate::data::{Array, DataError, Dataset, Sample, Target};

/// Rows of arrays with their targets. Inputs are read when they are needed.
#[derive(Clone, Debug)]
pub struct ArraySet {
    schema: Arc<ArraySchema>,
    /// The sizes of an input.
    input: Arc<[usize]>,
    inputs: Rows,
    targets: Arc<Vec<Target>>,
    rows: Arc<Vec<usize>>,
}

impl ArraySet {
    /// All rows.
    ///
    /// # Errors
    /// Returns an error if the inputs have other sizes than in training, or the targets do not fit: see [`ArraySchema::targets`].
    pub fn new(schema: ArraySchema, goal: &Goal, input: &[usize], pairs: &Pairs) -> Result<Self, DataError> {
        schema.check(&pairs.inputs)?;
        let targets = schema.targets(goal, &pairs.targets)?;
        let rows = (0..targets.len()).collect();
        Ok(Self {
            schema: Arc::new(schema),
            input: input.into(),
            inputs: pairs.inputs.clone(),
            targets: Arc::new(targets),
            rows: Arc::new(rows),
        })
    }

    /// The samples with these indices, in this order.
    #[must_use]
    pub fn subset(&self, indices: &[usize]) -> Self {
        Self { rows: Arc::new(indices.iter().map(|&index| self.rows[index]).collect()), ..self.clone() }
    }
}

impl ArraySchema {
    /// Checks that rows have the sizes of the training data.
    fn check(&self, inputs: &Rows) -> Result<(), DataError> {
        if inputs.row() == self.row {
            return Ok(());
        }
        let shown = super::rows::shown;
        Err(inputs.wrong(format!("expected rows of {}, as in training", shown(&self.row)), format!("rows of {}", shown(inputs.row()))))
    }

    /// The inputs of some rows, `[count, ..]` as the network takes them.
    ///
    /// # Errors
    /// Returns an error if the rows have other sizes than in training, or cannot be read.
    ///
    /// # Panics
    /// Panics if there are no such rows.
    pub fn inputs(&self, inputs: &Rows, input: &[usize], first: usize, count: usize) -> Result<Array<f32>, DataError> {
        self.check(inputs)?;
        let numbers = inputs.read(first, count)?.to_vec::<f32>();
        let width: usize = self.row.iter().product();
        let all = numbers
            .chunks(width.max(1))
            .enumerate()
            .map(|(i, row)| self.input(row, input).map_err(|found| unfit(inputs, first + i, found)));
        Ok(Array::new([&[count], input].concat(), all.collect::<Result<Vec<_>, _>>()?.concat()))
    }

    /// A row as the network takes it; a number that is not finite is an error.
    fn input(&self, numbers: &[f32], input: &[usize]) -> Result<Vec<f32>, f32> {
        let (groups, run) = Self::groups(input);
        let standardized = |(i, number): (usize, f32)| {
            let group = i / run % groups;
            if number.is_finite() { Ok(((f64::from(number) - self.mean[group]) / self.std[group]) as f32) } else { Err(number) }
        };
        self.arranged(numbers).into_iter().enumerate().map(standardized).collect()
    }
}

fn unfit(inputs: &Rows, row: usize, found: f32) -> DataError {
    inputs.wrong(format!("expected finite numbers in row {row}, counted from 0"), found.to_string())
}

impl Dataset for ArraySet {
    type Item = Sample;

    fn len(&self) -> usize {
        self.rows.len()
    }

    fn get(&self, index: usize) -> Result<Sample, DataError> {
        let row = self.rows[index];
        let input = self.schema.inputs(&self.inputs, &self.input, row, 1)?.into_vec();
        Ok(Sample { shape: self.input.to_vec(), input, target: self.targets[row].clone() })
    }
}
