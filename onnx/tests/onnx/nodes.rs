//! ONNX's own tests of its operators, as `tests/onnx/nodes.py` writes them to the folder in `LAYERCAKE_ONNX_NODES`.
//!
//! `LAYERCAKE_WRITE=1` writes their table into `docs/onnx.md`.

use std::collections::BTreeMap;
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

/// Every case agrees or is refused: no answer is wrong.
#[test]
fn node_tests() {
    let Some(folder) = std::env::var_os("LAYERCAKE_ONNX_NODES").map(PathBuf::from) else {
        eprintln!("SKIPPED: ONNX's node tests; the first lines of tests/onnx/nodes.py say how to run them");
        return;
    };
    let mut operators: BTreeMap<String, [usize; 3]> = BTreeMap::new();
    let (mut failed, mut log) = (Vec::new(), String::new());
    let cases = std::fs::read_to_string(folder.join("cases.txt")).expect("the list of cases");
    for (name, operator) in cases.lines().map(|line| line.split_once('\t').expect("a name and an operator")) {
        let outcome = case(&folder, name);
        let column = match &outcome {
            Outcome::Passed => 0,
            Outcome::Refused(_) => 1,
            Outcome::Failed(reason) => {
                failed.push(format!("{name} ({operator}): {reason}"));
                2
            }
        };
        log.push_str(&format!("{operator}\t{name}\t{outcome:?}\n"));
        operators.entry(operator.to_owned()).or_default()[column] += 1;
    }
    if let Some(list) = std::env::var_os("LAYERCAKE_ONNX_LIST") {
        std::fs::write(list, log).expect("the list can be written");
    }
    let passed: usize = operators.values().map(|[passed, ..]| passed).sum();
    println!("{passed} of {} pass", operators.values().flatten().sum::<usize>());
    assert!(failed.is_empty(), "{} wrong answers:\n{}", failed.len(), failed.join("\n"));
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
