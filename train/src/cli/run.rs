//! What commands about the user's data share.

use std::ffi::OsStr;
use std::fmt::Display;
use std::io::{Write, stdout};
use std::path::{Path, PathBuf};

use layercake::io::write_atomically;
use layercake::{AnyNetwork, Drawing};
use serde_json::{Map, Value, json};

use super::program::said;
use super::{INTERRUPTED, PredictArgs};
use crate::own::{Evaluated, Format, Prediction, Predictor, object, write_array_predictions, write_predictions};
use crate::tables::Frame;
use crate::{CancellationToken, Goal, Metrics, Seeded, TrainError};

/// An error as one line, `error: ...`, without control characters.
pub fn one_line(error: &impl Display) -> String {
    let text = error.to_string().lines().map(str::trim).collect::<Vec<_>>().join(" ");
    format!("error: {}", text.replace(|c: char| c.is_control(), " "))
}

/// The first Ctrl-C cancels the run after the current step, with a checkpoint; the second one exits at once.
///
/// # Errors
/// Returns an error if signals cannot be handled.
pub fn cancel_on_signals() -> Result<CancellationToken, TrainError> {
    let token = CancellationToken::new();
    let handle = token.clone();
    let set = ctrlc::set_handler(move || {
        if handle.cancel() {
            std::process::exit(INTERRUPTED.into());
        }
    });
    set.map_err(|error| TrainError::Setting(format!("cannot handle signals: {error}")))?;
    Ok(token)
}

/// Sets the number of threads of the process.
///
/// # Errors
/// Returns an error if they cannot be started.
pub fn use_threads(threads: Option<usize>) -> Result<(), TrainError> {
    let Some(threads) = threads else { return Ok(()) };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global();
    pool.map_err(|error| TrainError::Setting(format!("cannot run on {threads} threads: {error}")))
}

/// Writes a drawing; the extension of the file selects its format.
///
/// # Errors
/// Returns an error if the extension is not .svg, .dot or .mmd, or the file cannot be written.
pub fn draw_to_file(drawing: &Drawing, out: &Path) -> Result<(), TrainError> {
    let text = match out.extension().and_then(OsStr::to_str) {
        Some("svg") => drawing.svg(),
        Some("dot") => drawing.dot(),
        Some("mmd") => drawing.mermaid(),
        _ => {
            let reason = "expected the extension .svg, .dot or .mmd".to_owned();
            return Err(TrainError::Content { path: out.to_owned(), reason });
        }
    };
    write_atomically(out, text.as_bytes()).map_err(|source| TrainError::File { path: out.to_owned(), source })
}

/// Prints the result of an evaluation, and its warnings to stderr.
///
/// # Errors
/// Returns an error if stdout cannot be written.
pub fn print_evaluation(found: &Evaluated, as_json: bool) -> Result<(), TrainError> {
    found.warnings.iter().for_each(|warning| eprintln!("warning: {warning}"));
    if as_json {
        let mut object = Map::new();
        object.insert("data".to_owned(), json!(found.data));
        object.insert("samples".to_owned(), json!(found.items));
        object.extend(found.metrics.iter().map(|(name, value)| (format!("test_{name}"), json!(value))));
        return said(writeln!(stdout(), "{}", serde_json::to_string_pretty(&object).expect("plain data can be written as JSON")));
    }
    let metrics = found.metrics.iter().map(|(name, value)| format!("test {}", Metrics::new().with(name, value)));
    let samples = if found.items == 1 { "sample" } else { "samples" };
    let text = metrics.collect::<Vec<_>>().join(", ");
    said(writeln!(stdout(), "{}: {text} of {} {samples}", found.data, found.items))
}

/// Predicts from a table, from pictures or from arrays, and prints or writes the predictions.
///
/// # Errors
/// Returns an error if a file cannot be read or does not fit the run, if there are tables and pictures, or if the output cannot be written.
pub fn predict<N: AnyNetwork<f32, D> + Clone, D: Seeded>(predictor: &Predictor<N, D>, args: &PredictArgs) -> Result<(), TrainError> {
    let format = if args.json { Format::Json } else { Format::Csv };
    let only = |what: &str| match &args.files[..] {
        [file] => Ok(file),
        files => Err(TrainError::Setting(format!("expected one {what}, which the run was trained on; found {} files", files.len()))),
    };
    let data = predictor.data();
    let text = match (&data.table, &data.arrays) {
        (Some(table), _) => {
            let file = only("CSV file")?;
            let frame = Frame::read(file)?;
            let predictions = predictor.rows(&frame)?;
            let new = |warning: &String| eprintln!("warning: {warning}");
            table.warnings(&frame).iter().for_each(new);
            write_predictions(&frame, table, &predictions, format)
        }
        (None, Some(arrays)) => write_array_predictions(&arrays.target, &data.goal, &predictor.arrays(only("file of arrays")?)?, format),
        (None, None) => {
            let predictions = args.files.iter().map(|path| Ok((path.clone(), predictor.picture(path)?)));
            let predictions = predictions.collect::<Result<Vec<_>, TrainError>>()?;
            pictures(&data.goal, &predictions, args)
        }
    };
    match &args.out {
        Some(out) => write_atomically(out, text.as_bytes()).map_err(|source| TrainError::File { path: out.clone(), source }),
        None => said(stdout().write_all(text.as_bytes())),
    }
}

/// `photo.png: cat 93.21 %, dog 5.10 %`
fn pictures(goal: &Goal, predictions: &[(PathBuf, Prediction)], args: &PredictArgs) -> String {
    if args.json {
        let object = |(path, prediction): &(PathBuf, Prediction)| {
            let mut object = object(goal, prediction);
            object.insert("file".to_owned(), json!(path.display().to_string()));
            Value::Object(object)
        };
        let all: Vec<Value> = predictions.iter().map(object).collect();
        return serde_json::to_string_pretty(&all).expect("plain data can be written as JSON") + "\n";
    }
    let name = |class: usize| match goal {
        Goal::Classes(names) => names[class].clone(),
        _ => class.to_string(),
    };
    let line = |(path, prediction): &(PathBuf, Prediction)| {
        let top = prediction.ranked().into_iter().take(args.top.into());
        let top: Vec<String> = top.map(|(class, share)| format!("{} {:.2} %", name(class), 100.0 * share)).collect();
        format!("{}: {}\n", path.display(), top.join(", "))
    };
    predictions.iter().map(line).collect()
}
