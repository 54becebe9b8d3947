//! Trains the localizer with four weights of its box loss, and draws both losses:
//!
//!     cargo build --release
//!     cargo run --release -p layercake-models --example box_weights -- DATA_DIR
//!
//! writes `docs/pictures/zoo/localizer/box_weights.svg`. Each run takes 6,000 digits of MNIST and five epochs.

use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::Command;

use layercake_train::run::draw_lines;

const WEIGHTS: [f64; 4] = [0.1, 1.0, 10.0, 100.0];

fn main() -> Result<(), Box<dyn Error>> {
    let data = std::env::args().nth(1).ok_or("expected the folder of the data sets")?;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    // Examples are in a subfolder of the command's folder.
    let command = std::env::current_exe()?.parent().and_then(Path::parent).ok_or("no folder")?.join("layercake");
    let [mut classes, mut boxes] = [Vec::new(), Vec::new()];
    for weight in WEIGHTS {
        let run = root.join(format!("runs/box_weights/{weight}"));
        let mut train = Command::new(&command);
        train.args(["train", "localizer", "--data-dir", &data, "--seed", "1", "--train-size", "6000", "--epochs", "5", "--box-weight"]);
        if !train.arg(weight.to_string()).arg("--out").arg(&run).status()?.success() {
            return Err(format!("training with the weight {weight} failed").into());
        }
        let summary: serde_json::Value = serde_json::from_slice(&fs::read(run.join("summary.json"))?)?;
        let number = |key: &str| summary[key].as_f64().ok_or_else(|| format!("no {key} in summary.json"));
        classes.push((weight.log10(), number("train_class_loss")?));
        boxes.push((weight.log10(), number("train_box_loss")?));
        println!("{weight}: accuracy {:.3}, mean IoU {:.3}", number("test_accuracy")?, number("test_mean_iou")?);
    }
    let lines = [("class loss".to_owned(), classes), ("box loss".to_owned(), boxes)];
    let svg = draw_lines("localizer: both losses by the weight of the box loss", ["weight of the box loss, power of 10", "loss"], &lines)?;
    let path = root.join("docs/pictures/zoo/localizer/box_weights.svg");
    fs::write(&path, svg)?;
    println!("{}", path.display());
    Ok(())
}
