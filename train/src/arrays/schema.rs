//! What arrays mean.

use serde::{Deserialize, Serialize};

/// What arrays mean, and the statistics of the training rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ArraySchema {
    /// The name of the inputs, without `_train`.
    pub inputs: String,
    /// The name of what is to be predicted, without `_train`.
    pub target: String,
    /// The name of the groups whose rows stay together when data are split.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// The sizes of a row of the inputs, as they are in the file.
    pub row: Vec<usize>,
    /// How a row becomes an input of the network.
    pub layout: Layout,
    /// The means of the inputs: of each feature or channel.
    pub mean: Vec<f64>,
    /// The standard deviations, above 0.
    pub std: Vec<f64>,
    /// The number in the file for each class; empty for other targets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<i64>,
}

/// How a row becomes an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layout {
    /// In the same order; other sizes at most.
    Same,
    /// `[height, width, channels]` becomes `[channels, height, width]`.
    ChannelsLast,
}

impl ArraySchema {
    /// The number of groups of numbers that share a mean, and the distance of neighbors in a group's runs: number `i` of an input is of the group `i / run % groups`.
    pub(super) fn groups(input: &[usize]) -> (usize, usize) {
        match *input {
            [] => (1, 1),
            [.., features] if input.len() <= 2 => (features, 1),
            [channels, ref rest @ ..] => (channels, rest.iter().product()),
        }
    }

    /// Checks what was read from a file.
    pub(crate) fn fault(&self, input: &[usize]) -> Option<String> {
        let len = |sizes: &[usize]| sizes.iter().try_fold(1usize, |product, &size| product.checked_mul(size));
        if len(input).is_none() {
            return Some(format!("inputs of {input:?}"));
        }
        let (groups, _) = Self::groups(input);
        if self.mean.len() != groups || self.std.len() != groups {
            return Some(format!("{} means and {} standard deviations for {groups} groups of inputs", self.mean.len(), self.std.len()));
        }
        if !self.mean.iter().all(|mean| mean.is_finite()) || !self.std.iter().all(|std| std.is_finite() && *std > 0.0) {
            return Some("the inputs need a finite mean and a positive standard deviation".to_owned());
        }
        let fits = len(&self.row).is_some() && len(&self.row) == len(input);
        let fits = fits && (self.layout == Layout::Same || (self.row.len() == 3 && input == [self.row[2], self.row[0], self.row[1]]));
        (!fits).then(|| format!("rows of {:?} are no inputs of {input:?}", self.row))
    }
}
