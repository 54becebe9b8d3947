//! Trains the zoo and writes `docs/zoo.md` out of what the runs left:
//!
//!     cargo build --release
//!     cargo run --release -p layercake-models --example zoo -- DATA_DIR [NAME ..]
//!
//! trains the models of these names (or all) by `layercake train NAME --data-dir DATA_DIR --seed 1 --out runs/zoo/NAME`, and
//!
//!     cargo run --release -p layercake-models --example zoo
//!
//! only writes the page again, with all runs that are there.

use std::error::Error;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A line of the page.
struct Row {
    /// The name of the run's folder.
    name: &'static str,
    model: &'static str,
    /// Where it is not the model's own.
    dataset: Option<&'static str>,
    /// Its key in `summary.json`, and how it is told.
    metric: (&'static str, fn(f64) -> String),
    /// What it must reach.
    bar: &'static str,
    pictures: &'static [&'static str],
    /// What must be said beside them.
    note: &'static str,
}

fn percent(share: f64) -> String {
    format!("{:.2} %", 100.0 * share)
}

fn nats(nats: f64) -> String {
    format!("{nats:.2} nats an image")
}

fn nats_a_letter(nats: f64) -> String {
    format!("{nats:.3} nats a letter")
}

const ACCURACY: (&str, fn(f64) -> String) = ("test_accuracy", percent);
const CLASSIFIED: &[&str] = &["curves.svg", "confusion.svg", "filters.png", "mistakes.png"];

const fn classifier(name: &'static str, bar: &'static str) -> Row {
    Row { name, model: name, dataset: None, metric: ACCURACY, bar, pictures: CLASSIFIED, note: "" }
}

const fn density(name: &'static str, key: &'static str, bar: &'static str, pictures: &'static [&'static str]) -> Row {
    Row { name, model: name, dataset: None, metric: (key, nats), bar, pictures, note: "" }
}

const AUTOENCODED: &[&str] = &["curves.svg", "samples.png", "reconstructions.png", "manifold.png"];
const DRAWN: &[&str] = &["curves.svg", "samples.png", "completions.png"];

const ROWS: [Row; 15] = [
    classifier("lenet5", "99.0 %"),
    classifier("linear_svm", "91.5 %"),
    classifier("softmax", "91.5 %"),
    Row { pictures: &["confusion.svg"], ..classifier("knn", "96.5 %") },
    Row { pictures: &["curves.svg", "confusion.svg"], ..classifier("vgg8", "75 %") },
    Row {
        name: "vgg8-fashion-mnist",
        dataset: Some("fashion-mnist"),
        pictures: &["curves.svg", "confusion.svg"],
        ..classifier("vgg8", "93 %")
    },
    Row { pictures: &["curves.svg", "confusion.svg"], ..classifier("resnet20", "93 %") },
    density("vae", "test_negative_elbo", "102", AUTOENCODED),
    density("vae2", "test_negative_elbo", "", AUTOENCODED),
    density("conv_vae", "test_negative_elbo", "102", AUTOENCODED),
    density("pixelcnn", "test_nll", "", DRAWN),
    density("gated_pixelcnn", "test_nll", "84", DRAWN),
    density("class_gated_pixelcnn", "test_nll", "", DRAWN),
    Row {
        name: "unet",
        model: "unet",
        dataset: None,
        metric: ("test_mean_iou", percent),
        bar: "30 % mean IoU",
        pictures: &["curves.svg"],
        note: "The run's folder also holds `overlays.png`: test pictures, their labels, and what the network says. The photos may not be passed on \
               freely, so it is not shown here.",
    },
    Row {
        name: "char_lstm",
        model: "char_lstm",
        dataset: None,
        metric: ("test_nats_per_char", nats_a_letter),
        bar: "1.65",
        pictures: &["curves.svg"],
        note: "",
    },
];

fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let runs = root.join("runs/zoo");
    let mut arguments = std::env::args().skip(1);
    if let Some(data) = arguments.next() {
        let wanted: Vec<String> = arguments.collect();
        for row in ROWS.iter().filter(|row| wanted.is_empty() || wanted.iter().any(|name| name == row.name)) {
            train(row, &data, &runs.join(row.name))?;
        }
    }
    let pictures = root.join("docs/pictures/zoo");
    let path = root.join("docs/zoo.md");
    fs::write(&path, page(&runs, &pictures)?)?;
    println!("{}", path.display());
    Ok(())
}

fn train(row: &Row, data: &str, out: &Path) -> Result<(), Box<dyn Error>> {
    // Examples lie in a folder beside the command.
    let command = std::env::current_exe()?.parent().and_then(Path::parent).ok_or("no folder")?.join("layercake");
    let mut command = Command::new(command);
    command.args(["train", row.model, "--data-dir", data, "--seed", "1", "--out"]).arg(out);
    if let Some(dataset) = row.dataset {
        command.args(["--dataset", dataset]);
    }
    if command.status()?.success() { Ok(()) } else { Err(format!("{} was not trained", row.name).into()) }
}

fn page(runs: &Path, pictures: &Path) -> Result<String, Box<dyn Error>> {
    let mut table = String::new();
    let mut shown = String::new();
    let mut lacking = Vec::new();
    for row in &ROWS {
        let run = runs.join(row.name);
        let Ok(summary) = fs::read(run.join("summary.json")) else {
            lacking.push(format!("`{}`", row.name));
            continue;
        };
        let summary: serde_json::Value = serde_json::from_slice(&summary)?;
        let number = |key: &str| summary[key].as_f64().ok_or_else(|| format!("{}: no {key} in summary.json", row.name));
        let reached = row.metric.1(number(row.metric.0)?);
        let (seconds, threads, seed) = (number("seconds")?, number("threads")?, number("seed")?);
        let dataset = summary["dataset"].as_str().unwrap_or_default();
        let told = row.dataset.map_or(String::new(), |dataset| format!(" --dataset {dataset}"));
        let command = format!("layercake train {}{told} --data-dir DIR --seed {seed}", row.model);
        writeln!(
            table,
            "| [{}](#{}) | {dataset} | {reached} | {} | {seconds:.0} s on {threads} threads | `{command}` |",
            row.name, row.name, row.bar
        )?;
        let mut links = String::new();
        for picture in row.pictures {
            let from = run.join(picture);
            if from.is_file() {
                let to = pictures.join(row.name).join(picture);
                fs::create_dir_all(to.parent().unwrap_or(pictures))?;
                fs::copy(&from, &to)?;
                writeln!(links, "![{picture}](pictures/zoo/{}/{picture})", row.name)?;
            }
        }
        if !row.note.is_empty() {
            writeln!(links, "\n{}", row.note)?;
        }
        links += &overlaps(&summary)?;
        if let Ok(table) = fs::read_to_string(run.join("classes.md")) {
            writeln!(links, "\n{table}")?;
        }
        let text: PathBuf = run.join("samples.txt");
        if let Ok(text) = fs::read_to_string(text) {
            writeln!(links, "```text\n{}\n```", text.trim())?;
        }
        write!(shown, "\n## {}\n\n{links}", row.name)?;
    }
    let lacking = if lacking.is_empty() { String::new() } else { format!("\nNot trained to the end yet: {}.\n", lacking.join(", ")) };
    Ok(format!(
        "# The zoo\n\nWhat the models reach by their own recipes, each trained by one command, with pictures of what they do. This page is written by\n\
         `models/examples/zoo.rs` out of the runs; how a model is declared stands in `models/src/gallery`. Times are by the clock, and some of the\n\
         runs shared the machine with a compiler.\n\n\
         | model | data | reached on the test set | to be reached | took | command |\n|--|--|--|--|--|--|\n{table}{lacking}{shown}"
    ))
}

/// A table of the classes' intersections over unions, where they were measured.
fn overlaps(summary: &serde_json::Value) -> Result<String, std::fmt::Error> {
    let of = |(key, value): (&String, &serde_json::Value)| Some((key.strip_prefix("test_iou_")?.to_owned(), value.as_f64()?));
    let classes: Vec<(String, f64)> = summary.as_object().into_iter().flatten().filter_map(of).collect();
    let mut table = String::new();
    for (i, (class, iou)) in classes.iter().enumerate() {
        if i == 0 {
            writeln!(table, "\n| class | intersection over union |\n|--|--:|")?;
        }
        writeln!(table, "| {class} | {} |", percent(*iou))?;
    }
    Ok(table)
}
