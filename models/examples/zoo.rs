//! Trains the zoo and writes `docs/zoo.md` from the run folders:
//!
//!     cargo build --release
//!     cargo run --release -p layercake-models --example zoo -- DATA_DIR [NAME ..]
//!
//! trains these models (or all) with `layercake train NAME --data-dir DATA_DIR --seed 1 --out runs/zoo/NAME`, and
//!
//!     cargo run --release -p layercake-models --example zoo
//!
//! only writes the page, from the existing run folders.

use std::error::Error;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// How a figure is written.
type Format = fn(f64) -> String;

/// A row of the page.
struct Row {
    /// The name of the run folder.
    name: &'static str,
    model: &'static str,
    /// The data set, if it is not the model's default.
    dataset: Option<&'static str>,
    /// The metric's key in `summary.json`, and its format.
    metric: (&'static str, Format),
    /// The target.
    bar: &'static str,
    pictures: &'static [&'static str],
    /// A note below the pictures.
    note: &'static str,
}

fn percent(share: f64) -> String {
    format!("{:.2} %", 100.0 * share)
}

fn rmse(error: f64) -> String {
    format!("{error:.3} RMSE")
}

fn nats(nats: f64) -> String {
    format!("{nats:.2} nats per image")
}

fn nats_per_character(nats: f64) -> String {
    format!("{nats:.3} nats per character")
}

fn mean_average_precision(mean: f64) -> String {
    format!("{:.2} % mAP@0.5", 100.0 * mean)
}

fn distance(distance: f64) -> String {
    format!("Fréchet distance {distance:.2}")
}

const ACCURACY: (&str, Format) = ("test_accuracy", percent);
const CLASSIFIED: &[&str] = &["curves.svg", "confusion.svg", "filters.png", "mistakes.png"];

const fn classifier(name: &'static str, bar: &'static str) -> Row {
    Row { name, model: name, dataset: None, metric: ACCURACY, bar, pictures: CLASSIFIED, note: "" }
}

const fn detector(model: &'static str, bar: &'static str, note: &'static str) -> Row {
    Row {
        name: model,
        model,
        dataset: None,
        metric: ("test_map_50", mean_average_precision),
        bar,
        pictures: &["curves.svg", "detections.png", "proposals.png"],
        note,
    }
}

const fn density(name: &'static str, key: &'static str, bar: &'static str, pictures: &'static [&'static str]) -> Row {
    Row { name, model: name, dataset: None, metric: (key, nats), bar, pictures, note: "" }
}

const AUTOENCODED: &[&str] = &["curves.svg", "samples.png", "reconstructions.png", "manifold.png"];
const DRAWN: &[&str] = &["curves.svg", "samples.png", "completions.png"];

const DCGAN: &str = "The distance is that of 10,000 samples from the 10,000 test images, on the features of a LeNet-5 with 99.2 % on MNIST; the other figures are of 1,000 of both. \
                     `layercake eval conv_vae` has the same figures of the autoencoder's samples.\nIn the pictures: samples; eight noise vectors over the epochs; walks between two; and the \
                     generator's gradient in the first steps by both losses, which for minimax vanishes while the discriminator is sure.";

const ROWS: [Row; 34] = [
    classifier("lenet5", "99.0 %"),
    classifier("linear_svm", "91.5 %"),
    classifier("softmax", "91.5 %"),
    classifier("maxout", "89 %"),
    Row { pictures: &["confusion.svg"], ..classifier("knn", "96.5 %") },
    Row {
        pictures: &["curves.svg", "regions.png", "linear_regions.png", "loss.svg"],
        note: "97.0 % is what the best rule can, and a boundary that is a line, or two of them, cannot. The regions in which the networks with one and two hidden layers are \
               linear, in the part of the plane that is drawn, beside the most that the whole plane can have. The time is that of the model alone.",
        ..classifier("moons", "96 %")
    },
    Row {
        metric: ("test_rmse", rmse),
        pictures: &["fits.svg", "loss.svg"],
        note: "The noise has a deviation of 0.2. A line follows the slope, a unit adds a kink; 16 units follow both waves.",
        ..classifier("curve", "")
    },
    Row { pictures: &["curves.svg", "confusion.svg"], ..classifier("vgg8", "75 %") },
    Row {
        name: "vgg8-fashion-mnist",
        dataset: Some("fashion-mnist"),
        pictures: &["curves.svg", "confusion.svg"],
        ..classifier("vgg8", "93 %")
    },
    Row { pictures: &["curves.svg", "confusion.svg"], ..classifier("resnet20", "93 %") },
    Row {
        pictures: &["curves.svg", "reconstructions.png", "fine_tuning.svg"],
        note: "A classifier on its encoder, fine-tuned with 1,000 labels: the mean of three seeds. Alone is the same network from its initial values; both are in \
               the last picture.",
        ..classifier("autoencoder", "above the same network alone")
    },
    density("vae", "test_negative_elbo", "102", AUTOENCODED),
    density("vae2", "test_negative_elbo", "", AUTOENCODED),
    density("conv_vae", "test_negative_elbo", "102", AUTOENCODED),
    Row {
        note: "The decoder gives a mean and a deviation, at least 0.05, for each pixel. `test_within_one_deviation` is the share of the pixels with a deviation above 0.075 that \
               are within one deviation of their mean: 73.2 %, where a Gaussian has 68.3 %, since most pixels are nearer to their mean and few are far away.\n",
        ..density("gaussian_vae", "test_negative_elbo", "", &["curves.svg", "reconstructions.png", "walk.png", "samples.png"])
    },
    density("pixelcnn", "test_nll", "", DRAWN),
    density("gated_pixelcnn", "test_nll", "84", DRAWN),
    density("class_gated_pixelcnn", "test_nll", "", DRAWN),
    Row {
        name: "dcgan",
        model: "dcgan",
        dataset: None,
        metric: ("frechet_distance", distance),
        bar: "below conv_vae",
        pictures: &["curves.svg", "samples.png", "progress.png", "walk.png", "gradients.svg"],
        note: DCGAN,
    },
    Row {
        name: "unet",
        model: "unet",
        dataset: None,
        metric: ("test_mean_iou", percent),
        bar: "30 % mean IoU",
        pictures: &["curves.svg"],
        note: "The run folder also contains `overlays.png`: test images, labels and predictions. The license of the photos does not allow showing it \
               here.",
    },
    Row {
        name: "segnet_nearest",
        model: "segnet_nearest",
        dataset: None,
        metric: ("test_mean_iou", percent),
        bar: "38 % mean IoU",
        pictures: &["curves.svg"],
        note: "Beside three other ways up, the U-Net and a network at full size: [four ways up](segmentation.md).",
    },
    Row {
        name: "localizer",
        model: "localizer",
        dataset: None,
        metric: ("test_mean_iou", percent),
        bar: "85 % mean IoU",
        pictures: &["curves.svg", "boxes.png", "box_weights.svg"],
        note: "A digit of MNIST on a canvas of 64x64 with eight pieces of others; the test canvases are the same in each run. Green boxes are true, red \
               ones were found.\nThe class is right in 98.05 %. The last picture has both losses by the weight of the box loss, from 6,000 digits: the mean IoU is 70.0, 72.8, \
               76.6 and 76.2 % and the accuracy 95.3, 95.5, 93.1 and 73.9 %.",
    },
    Row {
        name: "localizer-bccd",
        model: "localizer",
        dataset: Some("bccd"),
        metric: ("test_mean_iou", percent),
        bar: "75 % mean IoU",
        pictures: &["curves.svg", "boxes.png"],
        note: "The white blood cell in the 65 test photos that have exactly one, reduced to 128x96; 279 photos in training.",
    },
    detector("sliding_window", "", "The proposals are the same 946 windows in each photo."),
    detector("rcnn", "45 %", "About 900 proposals a photo, by selective search. Each is a crop of 64x64."),
    detector("fast_rcnn", "above rcnn", "The proposals are those of `rcnn`, cropped from the features of the photo."),
    detector("faster_rcnn", "75 %", "The network proposes 100 boxes a photo."),
    Row {
        pictures: &["curves.svg", "confusion.svg", "gradients.svg"],
        note: "The LSTM; `--variant gru` and `rnn` are the others. With recurrent weights of a small largest singular value the gradient vanishes within a few rows; a truncated \
               gradient ends after ten.",
        ..classifier("row_classifier", "98.5 %")
    },
    Row {
        metric: ("test_exact_match", percent),
        pictures: &["curves.svg"],
        note: "Whole answers on 5,000 sums that are not among the 50,000 of the training. Below are the first sums with a wrong answer and the first with a right one.\n\n\
               With attention (`--variant attention --epochs 6`, 98.66 %), each character of an answer, from the top, looks at these characters of the sum, which is read from its \
               end:\n\n![attention.png](pictures/zoo/seq2seq/attention.png)\n",
        ..classifier("seq2seq", "97 %")
    },
    Row {
        name: "seq2seq-number-words",
        dataset: Some("number-words"),
        metric: ("test_exact_match", percent),
        pictures: &["curves.svg"],
        note: "Numbers in English words to French ones: whole translations of 5,000 numbers that are not among the 50,000 of the training.",
        ..classifier("seq2seq", "97 %")
    },
    Row {
        metric: ("test_exact_match", percent),
        pictures: &["curves.svg", "captions.png"],
        note: "Whole captions of 10,000 strips of one to four digits. In the picture nine that are right, then nine that are wrong, each with the right caption behind.",
        ..classifier("captioner", "95 %")
    },
    Row {
        pictures: &["curves.svg", "clips.png"],
        note: "Frames of 10,000 clips; `alone` are the labels that the features of each frame give without the LSTM, `cut` are frames whose digit is cut off by an edge. In the picture \
               the right label stands above a frame, below it that of the LSTM and that of the frame alone.",
        ..classifier("frame_labeler", "97 %")
    },
    Row {
        name: "char_lstm",
        model: "char_lstm",
        dataset: None,
        metric: ("test_nats_per_char", nats_per_character),
        bar: "1.65",
        pictures: &["curves.svg"],
        note: "",
    },
    Row {
        name: "char_transformer",
        model: "char_transformer",
        dataset: None,
        metric: ("test_nats_per_char", nats_per_character),
        bar: "1.60",
        pictures: &["curves.svg"],
        note: "On the last tenth of the text, as char_lstm, in windows of 128 characters that overlap by half: each character is counted once, with at least 64 before it. \
               `layercake sample char_transformer` keeps the keys and values of what it has written, so that a character costs the same whatever came before it.\n",
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
    // The part on ensembles is written by hand, and that on agents by a program of its own.
    let old = fs::read_to_string(&path).unwrap_or_default();
    let rest = old.find("\n# Ensembles\n").map_or("", |start| &old[start..]);
    fs::write(&path, page(&runs, &pictures, &old)? + rest)?;
    println!("{}", path.display());
    Ok(())
}

fn train(row: &Row, data: &str, out: &Path) -> Result<(), Box<dyn Error>> {
    // Examples are in a subfolder of the command's folder.
    let command = std::env::current_exe()?.parent().and_then(Path::parent).ok_or("no folder")?.join("layercake");
    let mut command = Command::new(command);
    command.args(["train", row.model, "--data-dir", data, "--seed", "1", "--out"]).arg(out);
    if let Some(dataset) = row.dataset {
        command.args(["--dataset", dataset]);
    }
    if command.status()?.success() { Ok(()) } else { Err(format!("training {} failed", row.name).into()) }
}

/// The page. Models whose run folder is not here are told as on the old page.
fn page(runs: &Path, pictures: &Path, old: &str) -> Result<String, Box<dyn Error>> {
    let mut table = String::new();
    let mut shown = String::new();
    let mut missing = Vec::new();
    for row in &ROWS {
        let run = runs.join(row.name);
        let Ok(summary) = fs::read(run.join("summary.json")) else {
            if let Some([line, section]) = told(old, row.name) {
                table += &line;
                shown += &section;
            } else {
                missing.push(format!("`{}`", row.name));
            }
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
            "| [{}](#{}) | {dataset} | {reached} | {} | {seconds:.0} s on {threads} thread{} | `{command}` |",
            row.name,
            row.name,
            row.bar,
            if threads == 1.0 { "" } else { "s" }
        )?;
        let mut links = String::new();
        for picture in row.pictures {
            let (from, to) = (run.join(picture), pictures.join(row.name).join(picture));
            if from.is_file() {
                fs::create_dir_all(to.parent().unwrap_or(pictures))?;
                fs::copy(&from, &to)?;
            }
            // Some pictures are of several runs, and drawn by a program of their own.
            if to.is_file() {
                writeln!(links, "![{picture}](pictures/zoo/{}/{picture})", row.name)?;
            }
        }
        if !row.note.is_empty() {
            writeln!(links, "\n{}", row.note)?;
        }
        links += &overlaps(&summary)?;
        links += &further(&summary)?;
        if let Ok(table) = fs::read_to_string(run.join("classes.md")) {
            writeln!(links, "\n{table}")?;
        }
        if let Ok(table) = fs::read_to_string(run.join("variants.md")) {
            writeln!(links, "\n{table}")?;
        }
        let text: PathBuf = run.join("samples.txt");
        if let Ok(text) = fs::read_to_string(text) {
            writeln!(links, "```text\n{}\n```", text.trim())?;
        }
        write!(shown, "\n## {}\n\n{links}", row.name)?;
    }
    let missing = if missing.is_empty() { String::new() } else { format!("\nNot trained yet: {}.\n", missing.join(", ")) };
    Ok(format!(
        "# The zoo\n\nResults of the models with their default hyperparameters, each trained with one command. This page is generated by\n\
         `models/examples/zoo.rs` from the run folders; the networks are declared in `models/src/networks`. Times are wall-clock times; some runs\n\
         shared the machine with other work. [Ensembles](#ensembles) and [agents](#agents) are at the end.\n\n\
         | model | data set | test result | target | time | command |\n|--|--|--|--|--|--|\n{table}{missing}{shown}"
    ))
}

/// A model's line of the table and its section on a page.
fn told(page: &str, name: &str) -> Option<[String; 2]> {
    let line = page.lines().find(|line| line.starts_with(&format!("| [{name}](#{name}) |")))?;
    let section = &page[page.find(&format!("\n## {name}\n"))?..];
    // The next section, or the next part of the page.
    let end = ["\n## ", "\n# "].iter().filter_map(|next| section[1..].find(next)).min().map_or(section.len(), |end| end + 1);
    Some([format!("{line}\n"), section[..end].to_owned()])
}

/// A table of further figures, if there are any.
fn further(summary: &serde_json::Value) -> Result<String, std::fmt::Error> {
    let known: [(&str, &str, Format); 8] = [
        ("accuracy_alone", "accuracy alone", percent),
        ("frechet_distance", "Fréchet distance", |x| format!("{x:.2}")),
        ("frechet_distance_of_real", "Fréchet distance of as many training images", |x| format!("{x:.2}")),
        ("precision", "precision", percent),
        ("recall", "recall", percent),
        ("sure", "samples of which LeNet-5 is surer than 90 %", percent),
        ("classes", "classes found among 1,000 samples", |x| format!("{x:.0}")),
        ("largest_class", "the largest class", percent),
    ];
    let mut table = String::new();
    for (key, name, format) in known {
        if let Some(value) = summary[format!("test_{key}")].as_f64() {
            let head = if table.is_empty() { "\n| figure | |\n|--|--:|\n" } else { "" };
            writeln!(table, "{head}| {name} | {} |", format(value))?;
        }
    }
    Ok(table)
}

/// A table of the IoU of each class, if it was measured.
fn overlaps(summary: &serde_json::Value) -> Result<String, std::fmt::Error> {
    let of = |(key, value): (&String, &serde_json::Value)| Some((key.strip_prefix("test_iou_")?.to_owned(), value.as_f64()?));
    let classes: Vec<(String, f64)> = summary.as_object().into_iter().flatten().filter_map(of).collect();
    let mut table = String::new();
    for (i, (class, iou)) in classes.iter().enumerate() {
        if i == 0 {
            writeln!(table, "\n| class | IoU |\n|--|--:|")?;
        }
        writeln!(table, "| {class} | {} |", percent(*iou))?;
    }
    Ok(table)
}
