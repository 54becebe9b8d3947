//! Writes predictions: CSV, JSON or lines of text.

use serde_json::{Map, Value, json};

use super::predict::Prediction;
use crate::Goal;
use crate::tables::{Frame, Schema};

/// The form of a list of predictions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A table with the columns of the input and those of the predictions.
    Csv,
    /// A list of objects.
    Json,
}

/// Writes the predictions for the rows of a table. CSV has the columns of the table and then, for classes, `predicted_TARGET` and `probability_CLASS` for each class; for
/// numbers `predicted_TARGET`; for labels `probability_LABEL`. JSON has an object for each row, with its line in the file.
pub fn write_predictions(frame: &Frame, table: &Schema, predictions: &[Prediction], format: Format) -> String {
    match format {
        Format::Csv => {
            let cells = |row| (0..frame.columns().len()).map(|column| frame.cell(row, column).to_owned()).collect();
            csv_of(frame.columns(), cells, &table.goal, &table.targets, predictions)
        }
        Format::Json => json_of(|row| frame.line(row), &table.goal, predictions),
    }
}

/// Writes the predictions for the rows of an array, as [`write_predictions`]. Their numbers, `row`, count from 0 as NumPy does.
pub fn write_array_predictions(target: &str, goal: &Goal, predictions: &[Prediction], format: Format) -> String {
    let targets = match goal {
        Goal::Numbers(targets) => targets.iter().map(|target| target.name.clone()).collect(),
        Goal::Classes(_) | Goal::Labels(_) => vec![target.to_owned()],
    };
    match format {
        Format::Csv => csv_of(&["row".to_owned()], |row| vec![row.to_string()], goal, &targets, predictions),
        Format::Json => json_of(|row| row as u64, goal, predictions),
    }
}

fn json_of(number: impl Fn(usize) -> u64, goal: &Goal, predictions: &[Prediction]) -> String {
    let object = |(row, prediction): (usize, &Prediction)| {
        let mut object = object(goal, prediction);
        object.insert("row".to_owned(), json!(number(row)));
        Value::Object(object)
    };
    let all: Vec<Value> = predictions.iter().enumerate().map(object).collect();
    serde_json::to_string_pretty(&all).expect("plain data can be written as JSON") + "\n"
}

/// A prediction as a JSON object: `class` and `probabilities`, or a number for each target.
pub(crate) fn object(goal: &Goal, prediction: &Prediction) -> Map<String, Value> {
    let named = |names: &[String], values: &[f64]| -> Map<String, Value> {
        names.iter().zip(values).map(|(name, &value)| (name.clone(), json!(rounded(value)))).collect()
    };
    let mut object = Map::new();
    match (goal, prediction) {
        (Goal::Numbers(targets), Prediction::Numbers(values)) => {
            let names: Vec<String> = targets.iter().map(|target| target.name.clone()).collect();
            object.insert("predicted".to_owned(), Value::Object(named(&names, values)));
        }
        (Goal::Classes(names) | Goal::Labels(names), Prediction::Classes(values) | Prediction::Labels(values)) => {
            if let Some((class, _)) = prediction.ranked().first() {
                object.insert("predicted".to_owned(), json!(names[*class]));
            }
            object.insert("probabilities".to_owned(), Value::Object(named(names, values)));
        }
        _ => unreachable!("a prediction is made by its goal"),
    }
    object
}

/// A number of single precision: its digits beyond are noise.
fn rounded(value: f64) -> f64 {
    (value as f32).to_string().parse().unwrap_or(value)
}

/// The columns of the rows themselves, and behind them those of the predictions.
fn csv_of(columns: &[String], cells: impl Fn(usize) -> Vec<String>, goal: &Goal, targets: &[String], predictions: &[Prediction]) -> String {
    let target = |name: &String| format!("predicted_{name}");
    let probability = |name: &String| format!("probability_{name}");
    let added: Vec<String> = match goal {
        Goal::Classes(names) => std::iter::once(target(&targets[0])).chain(names.iter().map(probability)).collect(),
        Goal::Numbers(_) => targets.iter().map(target).collect(),
        Goal::Labels(names) => names.iter().map(probability).collect(),
    };
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut write = |record: Vec<String>| writer.write_record(record).expect("memory takes records of one length");
    write(columns.iter().cloned().chain(added).collect());
    for (row, prediction) in predictions.iter().enumerate() {
        let class = match (goal, prediction.ranked().first()) {
            (Goal::Classes(names), Some((class, _))) => Some(names[*class].clone()),
            _ => None,
        };
        let (Prediction::Classes(values) | Prediction::Numbers(values) | Prediction::Labels(values)) = prediction;
        write(cells(row).into_iter().chain(class).chain(values.iter().map(|&value| (value as f32).to_string())).collect());
    }
    let bytes = writer.into_inner().expect("memory takes all bytes");
    String::from_utf8(bytes).expect("the cells are text")
}
