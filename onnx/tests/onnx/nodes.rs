//! ONNX's own tests of its operators, as `tests/onnx/nodes.py` writes them to the folder in `LAYERCAKE_ONNX_NODES`.
//!
//! `LAYERCAKE_WRITE=1` writes their table, `docs/onnx_operators.md`.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use layercake_onnx::{BatchAxis, Imported, LoadOptions, import};

use crate::run::{Numbers, difference, numbers, run};

/// The largest difference, relative to the largest expected number.
const BAR: f32 = 1e-4;

/// Cases whose expected numbers have four digits in ONNX's source.
const FOUR_DIGITS: [&str; 1] = ["averagepool_2d_ceil_last_window_starts_on_pad"];

/// What came of a case.
#[derive(Debug, PartialEq)]
enum Outcome {
    Passed,
    Refused(String),
    Failed(String),
}

/// The cases of one operator.
#[derive(Default)]
struct Row {
    passed: usize,
    failed: usize,
    /// Why the others are refused.
    refused: Vec<String>,
}

/// Every case agrees or is refused: no answer is wrong.
#[test]
fn node_tests() {
    let Some(folder) = std::env::var_os("LAYERCAKE_ONNX_NODES").map(PathBuf::from) else {
        let text = b"SKIPPED: ONNX's node tests; the first lines of tests/onnx/nodes.py say how to run them\n";
        // Past the capture of passing tests' output.
        let _ = std::io::stderr().write_all(text);
        return;
    };
    let mut operators: BTreeMap<String, Row> = BTreeMap::new();
    let mut failed = Vec::new();
    let cases = std::fs::read_to_string(folder.join("cases.txt")).expect("the list of cases");
    for (name, operator) in cases.lines().map(|line| line.split_once('\t').expect("a name and an operator")) {
        let row = operators.entry(operator.to_owned()).or_default();
        match case(&folder, name) {
            Outcome::Passed => row.passed += 1,
            Outcome::Refused(reason) => row.refused.push(reason),
            Outcome::Failed(reason) => {
                row.failed += 1;
                failed.push(format!("{name} ({operator}): {reason}"));
            }
        }
    }
    if std::env::var_os("LAYERCAKE_WRITE").is_some() {
        let left_out = std::fs::read_to_string(folder.join("left_out.txt")).expect("what is left out");
        let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/onnx_operators.md");
        std::fs::write(page, table(&operators, &left_out)).expect("the page can be written");
    }
    let passed: usize = operators.values().map(|row| row.passed).sum();
    println!("{passed} of {} pass", cases.lines().count());
    assert!(failed.is_empty(), "{} wrong answers:\n{}", failed.len(), failed.join("\n"));
    assert!(passed >= 460, "only {passed} cases pass");
}

/// The page of the documentation.
fn table(operators: &BTreeMap<String, Row>, left_out: &str) -> String {
    let sum = |of: fn(&Row) -> usize| operators.values().map(of).sum::<usize>();
    let (passed, refused, failed) = (sum(|row| row.passed), sum(|row| row.refused.len()), sum(|row| row.failed));
    let mut left = left_out.lines();
    let version = left.next().unwrap_or_default();
    let mut out = format!(
        "# ONNX's node tests\n\nThe tests of ONNX's own operators in the Python package `{version}`, those of one node with float32, integers or truth values: {} cases. \
         {passed} pass, {refused} are refused by name, {failed} give other numbers. The bar is {BAR:e} of the largest expected number; of {} case the expected \
         numbers have four digits, and the bar is twice that.\n\nA case passes if the file agrees as it is, or with every input after the first as a tensor of the file, as \
         exporters write weights, axes and sizes; with the first axis as the batch, or as one sample. It counts as wrong if any of these gives other numbers.\n\nLeft out:\n\n",
        passed + refused + failed,
        FOUR_DIGITS.len(),
    );
    for line in left {
        let (count, why) = line.split_once('\t').unwrap_or((line, ""));
        out.push_str(&format!("- {count}: {why}\n"));
    }
    out.push_str("\nThis page is written by a test; the first lines of `onnx/tests/onnx/nodes.rs` say how.\n\n");
    out.push_str("| operator | passed | refused | wrong | the most frequent reason |\n|---|--:|--:|--:|---|\n");
    for (operator, row) in operators {
        let reason = most_frequent(&row.refused).replace('|', "\\|");
        out.push_str(&format!("| {operator} | {} | {} | {} | {reason} |\n", row.passed, row.refused.len(), row.failed));
    }
    out
}

/// The reason that most refusals give, without the node.
fn most_frequent(reasons: &[String]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for reason in reasons {
        let first = reason.lines().next().unwrap_or_default();
        *counts.entry(first.split_once("): ").map_or(first, |(_, why)| why)).or_default() += 1;
    }
    counts.into_iter().max_by_key(|(_, count)| *count).map_or(String::new(), |(reason, _)| reason.to_owned())
}

/// A case passes if the file agrees with its numbers as it is, or with every input after the first as a tensor of the file; with a batch as the first axis, or
/// as one sample. It fails if any of these gives other numbers.
fn case(folder: &Path, name: &str) -> Outcome {
    let numbers = numbers(&folder.join(format!("{name}.safetensors")));
    let bar = if FOUR_DIGITS.contains(&name) { 2.0 * BAR } else { BAR };
    let mut outcome = Outcome::Refused(String::new());
    for ending in ["onnx", "fixed.onnx"] {
        let Ok(bytes) = std::fs::read(folder.join(format!("{name}.{ending}"))) else { continue };
        for batch in [BatchAxis::Agreed, BatchAxis::Absent] {
            match import(&bytes, &LoadOptions { batch, ..LoadOptions::default() }) {
                // The last form has the fewest inputs that are computed, so that its reason says most.
                Err(error) if outcome != Outcome::Passed => outcome = Outcome::Refused(error.to_string()),
                Err(_) => {}
                Ok(imported) => match compare(&imported, &numbers) {
                    Ok(worst) if worst <= bar => outcome = Outcome::Passed,
                    Ok(worst) => return Outcome::Failed(format!("{ending}, {batch:?}: differs by {worst:e}")),
                    Err(reason) => return Outcome::Failed(format!("{ending}, {batch:?}: {reason}")),
                },
            }
        }
    }
    outcome
}

fn compare(imported: &Imported, numbers: &BTreeMap<String, Numbers>) -> Result<f32, String> {
    let inputs: Vec<Numbers> = imported.graph.inputs().iter().map(|port| numbers[&format!("in.{}", port.name())].clone()).collect();
    let mut worst = 0f32;
    for (output, found) in imported.graph.outputs().iter().zip(run(imported, &inputs)) {
        let expected = &numbers[&format!("out.{}", output.name())];
        if found.len() != expected.data.len() {
            return Err(format!("`{}` has {} numbers, expected {:?}", output.name(), found.len(), expected.dims));
        }
        worst = worst.max(difference(&found, &expected.data));
    }
    Ok(worst)
}
