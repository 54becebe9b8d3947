//! What the columns of a table mean.

use serde::{Deserialize, Serialize};

use crate::Goal;

/// How a table is read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TableOptions {
    /// The columns to predict.
    pub targets: Vec<String>,
    /// What is to be predicted; `None` to decide by the values.
    pub task: Option<TableTask>,
    /// Columns of words, even if these are numbers: postal codes, identifiers of shops.
    pub categories: Vec<String>,
    /// Columns that are not used: names, numbers of rows.
    pub ignored: Vec<String>,
    /// The column of groups whose rows stay together when data are split, such as patients. It is not an input.
    pub group: Option<String>,
}

/// A kind of prediction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TableTask {
    /// One of several classes.
    Classification,
    /// A number, or several.
    Regression,
    /// Several columns of 0 and 1.
    Labels,
}

/// What the columns of a table mean, and the statistics of the training rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Schema {
    /// The columns that are inputs, in the order of the network's inputs.
    pub inputs: Vec<Column>,
    /// The columns to predict.
    pub targets: Vec<String>,
    /// What is to be predicted.
    pub goal: Goal,
    /// Columns of the training data that are not used: ignored, or with the same value in all rows.
    pub unused: Vec<String>,
    /// The column of groups whose rows stay together when data are split.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
}

/// A column that is an input.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Whether values are missing in training, so that there is an input that says so.
    pub missing: bool,
    /// What its values are.
    #[serde(flatten)]
    pub kind: ColumnKind,
}

/// The values of a column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnKind {
    /// Numbers, with their mean and standard deviation in the training rows.
    Number {
        /// The mean.
        mean: f64,
        /// The standard deviation, above 0.
        std: f64,
    },
    /// Words, one input for each.
    Words(Vec<String>),
}

impl Column {
    /// The number of inputs.
    pub fn width(&self) -> usize {
        let own = match &self.kind {
            ColumnKind::Number { .. } => 1,
            ColumnKind::Words(words) => words.len(),
        };
        own + usize::from(self.missing)
    }
}

impl Schema {
    /// The number of inputs of a network for this table.
    pub fn width(&self) -> usize {
        self.inputs.iter().map(Column::width).sum()
    }

    /// Checks what was read from a file.
    pub(crate) fn fault(&self) -> Option<String> {
        let bad = |mean: f64, std: f64| !(mean.is_finite() && std.is_finite() && std > 0.0);
        for Column { name, kind, .. } in &self.inputs {
            match kind {
                ColumnKind::Number { mean, std } if bad(*mean, *std) => {
                    return Some(format!("column `{name}` has mean {mean} and standard deviation {std}"));
                }
                ColumnKind::Words(words) if words.is_empty() => return Some(format!("column `{name}` has no words")),
                _ => {}
            }
        }
        if self.inputs.is_empty() || self.goal.outputs() == 0 {
            return Some("a table has an input and a target at least".to_owned());
        }
        let Goal::Numbers(targets) = &self.goal else { return None };
        targets.iter().find(|target| bad(target.mean, target.std)).map(|target| format!("the target `{}` has no distribution", target.name))
    }
}
