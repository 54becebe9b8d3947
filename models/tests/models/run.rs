//! Successful runs of the command.

use std::fs;

use crate::support::{FILES, Place, idx};
use layercake_tests::shared_data;

#[test]
fn lists_and_help() {
    let place = Place::new();
    let list = place.works("list");
    assert!(list.contains("lenet5") && list.contains("61,706") && list.contains("fashion-mnist"), "{list}");
    let summary = place.works("summary lenet5");
    for fact in ["LeNet5", "conv2", "[16, 10, 10]", "2,416", "61,706"] {
        assert!(summary.contains(fact), "{fact} in\n{summary}");
    }
    for command in ["--help", "train --help", "eval --help", "bench --help", "--version"] {
        assert!(!place.works(command).is_empty());
    }
    let help = place.works("train --help");
    for taught in ["--data-dir", "metrics.jsonl (one line per epoch)", "layercake train --resume runs/clothes", "exits with code 130"] {
        assert!(help.contains(taught), "{taught} in\n{help}");
    }
    assert!(place.works("data check --help").contains("layercake data check ../shared/data"));
}

/// A training run, evaluation of its folder, and a second run.
#[test]
fn a_run_on_the_digits() {
    let place = Place::new();
    let said = place.works("train lenet5 --epochs 4 --seed 3");
    assert!(said.trim_end().ends_with("; results in runs/lenet5-digits-1"), "{said}");
    assert_eq!(said.lines().filter(|line| line.starts_with("epoch ")).count(), 4, "{said}");
    assert_eq!(place.names("runs/lenet5-digits-1"), FILES);

    let config = place.json("runs/lenet5-digits-1/config.json");
    assert_eq!((&config["model"], &config["dataset"], &config["recipe"]["seed"]), (&"lenet5".into(), &"digits".into(), &3.into()));
    let summary = place.json("runs/lenet5-digits-1/summary.json");
    let accuracy = summary["test_accuracy"].as_f64().unwrap();
    assert!((0.94..=1.0).contains(&accuracy), "{summary}");
    assert_eq!((&summary["params"], &summary["epochs"], &summary["seed"]), (&61_706.into(), &4.into(), &3.into()));
    assert!(summary["seconds"].as_f64().unwrap() > 0.0 && summary["images_per_second"].as_f64().unwrap() > 0.0, "{summary}");

    let metrics = place.text("runs/lenet5-digits-1/metrics.jsonl");
    let lines: Vec<serde_json::Value> = metrics.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.iter().map(|line| line["epoch"].as_u64().unwrap()).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert_eq!((&lines[3]["test_accuracy"], &lines[3]["test_loss"]), (&summary["test_accuracy"], &summary["test_loss"]));
    assert!(lines[0]["train_loss"].as_f64() > lines[3]["train_loss"].as_f64());
    let curves = place.text("runs/lenet5-digits-1/curves.svg");
    assert!(curves.starts_with("<svg") && curves.trim_end().ends_with("</svg>") && curves.contains("lenet5 on digits"));

    let report = place.text("runs/lenet5-digits-1/report.html");
    assert!(report.contains("<code>layercake train lenet5 --epochs 4 --seed 3</code>"), "{report}");
    for part in ["<h2>Curves</h2>", "<h2>Classes</h2>", "alt=\"Mistakes\"", "alt=\"Network\""] {
        assert!(report.contains(part), "{part}");
    }
    assert_eq!(place.works("report runs/lenet5-digits-1"), "runs/lenet5-digits-1/report.html\n");
    assert_eq!(place.text("runs/lenet5-digits-1/report.html"), report);

    // `eval` reports the same metrics, by file and by folder, on the data set of the run.
    let expected =
        format!("digits: test accuracy {:.2} % of 360 images, test loss {:.4}\n", 100.0 * accuracy, summary["test_loss"].as_f64().unwrap());
    assert_eq!(place.works("eval lenet5 --checkpoint runs/lenet5-digits-1/model.safetensors"), expected);
    assert_eq!(place.works("eval lenet5 --checkpoint runs/lenet5-digits-1 --threads 1"), expected);

    // Images are normalized as recorded in the run's configuration.
    let mut other = config.clone();
    other["normalize"] = serde_json::json!({ "mean": [0.9], "std": [0.1] });
    place.put("other/config.json", other.to_string().as_bytes());
    fs::copy(place.path("runs/lenet5-digits-1/model.safetensors"), place.path("other/model.safetensors")).unwrap();
    assert_ne!(place.works("eval lenet5 --checkpoint other"), expected);

    other["normalize"] = serde_json::json!({ "mean": [0.9, 0.9], "std": [0.1, 0.1] });
    place.put("other/config.json", other.to_string().as_bytes());
    let reason = "`normalize` needs a mean and a positive std for each channel; the images have 1 channels";
    place.fails("eval lenet5 --checkpoint other", 1, &format!("error: other/config.json: {reason}"));

    // Another run uses a new folder.
    let before = place.text("runs/lenet5-digits-1/summary.json");
    place.works("train lenet5 --epochs 1");
    assert_eq!(place.names("runs"), ["lenet5-digits-1", "lenet5-digits-2"]);
    assert_eq!(place.text("runs/lenet5-digits-1/summary.json"), before);

    // Both on one page.
    assert_eq!(place.works("report runs/lenet5-digits-1 runs/lenet5-digits-2"), "comparison.html\n");
    let page = place.text("comparison.html");
    assert!(page.contains("<th scope=\"row\">recipe.epochs</th><td>4</td><td>1</td>"), "{page}");
    place.fails(
        "report runs/lenet5-digits-1 --out page.html",
        1,
        "error: `--out` has no effect on one run: its page is report.html in its folder",
    );
    place.fails("report runs", 1, "error: runs: not the folder of a run: it has no config.json");
    place.fails("report other_runs", 1, "error: other_runs: no such run folder");
}

/// The same seed produces the same bytes, in the same folder again and on any number of threads; another seed produces different ones.
#[test]
fn the_same_bytes_again() {
    let place = Place::new();
    let train = |options: &str, folder: &str| {
        place.works(&format!("train lenet5 --epochs 2 --out {folder} {options}"));
        fs::read(place.path(&format!("{folder}/model.safetensors"))).unwrap()
    };
    let first = train("--seed 7", "a");
    assert!(train("--seed 7", "a") == first, "the same command twice");
    assert_eq!(place.text("a/metrics.jsonl").lines().count(), 2, "the earlier run was replaced, not added to");
    assert!(train("--seed 7 --threads 1", "b") == first, "on one thread");
    assert!(train("--seed 7 --threads 3", "c") == first, "on three threads");
    assert!(train("--seed 8", "d") != first, "another seed");
}

#[test]
fn a_benchmark() {
    let place = Place::new();
    let result: serde_json::Value = serde_json::from_str(&place.works("bench lenet5 --batch-size 5 --threads 1 --json")).unwrap();
    assert_eq!((&result["model"], &result["batch_size"], &result["threads"]), (&"lenet5".into(), &5.into(), &1.into()));
    for kind in ["train", "infer"] {
        let [median, least, speed] = ["median_ms", "min_ms", "items_per_second"].map(|key| result[kind][key].as_f64().unwrap());
        assert!(least > 0.0 && least <= median && (speed - 5.0 / median * 1e3).abs() < 1e-6 * speed, "{result}");
        assert!(result[kind]["steps"].as_u64().unwrap() >= 15, "{result}");
    }
    let timed = place.works("bench segnet --batch-size 1");
    assert!(timed.starts_with("segnet, 1 images per step") && timed.contains("training step"), "{timed}");
    assert!(timed.contains("MB at most") || !cfg!(target_os = "linux"), "{timed}");
    // Networks with a recipe and without, of images and of token ids, with several inputs; and files.
    place.works("export nin --json nin.json");
    for model in ["lenet5", "char_lstm", "gru_cell", "transformer", "film", "nin.json"] {
        let result: serde_json::Value =
            serde_json::from_str(&place.works(&format!("bench {model} --infer --batch-size 2 --threads 2 --json"))).unwrap();
        assert_eq!((&result["model"], &result["batch_size"], &result["threads"]), (&model.into(), &2.into(), &2.into()));
        assert!(result["milliseconds"].as_f64().unwrap() >= result["minimum"].as_f64().unwrap(), "{result}");
        assert!(["processor", "instruction_set"].iter().all(|key| !result[*key].as_str().unwrap().is_empty()), "{result}");
    }
    assert!(place.works("bench gru_cell --infer --batch-size 2").contains("inference"));
    place.fails(
        "bench gru_cell --infer --device cuda",
        1,
        "error: `--infer` times networks on the CPU; without it, `--device cuda` times training steps too",
    );
}

/// The real gzip-compressed files: one epoch reaches a high accuracy.
#[test]
fn an_epoch_of_mnist() {
    let Some(data) = shared_data("mnist") else { return };
    let place = Place::new();
    place.works(&format!("train lenet5 --dataset mnist --data-dir {} --epochs 1 --out r", data.display()));
    let summary = place.json("r/summary.json");
    assert!(summary["test_accuracy"].as_f64().unwrap() > 0.96, "{summary}");
}

#[test]
fn event_files_for_tensorboard() {
    let place = Place::new();
    place.works("train lenet5 --epochs 1 --out r --tensorboard logs");
    let names = place.names("logs/r");
    assert!(names.len() == 1 && names[0].starts_with("events.out.tfevents."), "{names:?}");
    let file = fs::read(place.path("logs/r").join(&names[0])).unwrap();
    for text in
        ["loss/train", "weights/fc3.bias", "gradients/conv1.weight", "pictures/mistakes", "Conv2d", "session_end_info", "batch_size"]
    {
        assert!(file.windows(text.len()).any(|window| window == text.as_bytes()), "{text}");
    }
    // What cannot be written is found before the earlier run is replaced.
    let before = place.text("r/summary.json");
    place.put("file", b"");
    let output = place.run("train lenet5 --epochs 1 --out r --tensorboard file");
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.starts_with("error: file/r: ") && stderr.lines().count() == 1 && output.status.code() == Some(1), "{stderr}");
    assert_eq!(place.text("r/summary.json"), before);
}

/// The model and the networks that it is compared with, by name; the others train in the same run.
#[test]
fn points() {
    let place = Place::new();
    // The largest network is slow: it is trained for one epoch only.
    place.works("train moons --variant 1x10 --epochs 1 --train-size 100 --seed 1");
    let names = place.names("runs/moons-moons-1");
    assert!(
        ["regions.png", "linear_regions.png", "loss.svg", "variants.md"].iter().all(|name| names.iter().any(|n| n == name)),
        "{names:?}"
    );
    assert_eq!(place.json("runs/moons-moons-1/config.json")["variant"], "1x10");

    place.works("train curve --epochs 20 --seed 1 --out a");
    let table = place.text("a/variants.md");
    assert_eq!(table.lines().count(), 2 + 7, "{table}");
    let svg = place.text("a/fits.svg");
    assert!(["line", "80", "tanh-40-40"].iter().all(|name| svg.contains(&format!("\n{name}\n"))), "{svg}");
    let summary = place.json("a/summary.json");
    let said: serde_json::Value = serde_json::from_str(&place.works("eval curve --checkpoint a --json")).unwrap();
    assert_eq!(said["test_rmse"], summary["test_rmse"]);

    // As the model or beside it, a network is the same.
    place.works("train curve --variant 16 --epochs 20 --seed 1 --out b");
    assert_eq!(place.text("b/variants.md"), table);
    let said: serde_json::Value = serde_json::from_str(&place.works("eval curve --checkpoint b --json")).unwrap();
    assert!(table.contains(&format!("| 16 | 49 | {:.4} | ", said["test_loss"].as_f64().unwrap())), "{said}\n{table}");

    assert!(place.works("summary moons --variant 5x1000").contains("4,009,002"));
    let line = "error: `--variant 3x3`: `moons` has no such variant; known: 2x20, logistic, 1x2, 1x10, 5x1000";
    place.fails("train moons --variant 3x3", 1, line);
    place.fails("summary moons --variant 3x3", 1, line);
    place.fails("train lenet5 --variant 3x3", 1, "error: `--variant 3x3`: `lenet5` has one network only");
    place.fails(
        "train lenet5 --dataset moons",
        1,
        "error: data set `moons`: expected labeled images, found 11,000 points of two half moons, noise 0.2, drawn",
    );
    place.fails(
        "train moons --dataset mnist --data-dir .",
        1,
        "error: data set `mnist`: expected points, found 70,000 handwritten digits, 28x28 gray, IDX files",
    );
}

/// A linear classifier learns from features in place of pixels, and they are computed again where it is evaluated.
#[test]
fn features_in_place_of_pixels() {
    let place = Place::new();
    place.works("train linear_svm --features hog --epochs 10 --lr 0.01 --seed 1 --out hog");
    assert_eq!(place.json("hog/config.json")["normalize"]["mean"].as_array().map(Vec::len), Some(144));
    let accuracy = place.json("hog/summary.json")["test_accuracy"].as_f64().unwrap();
    assert!(accuracy > 0.9, "{accuracy}");
    let found = place.works("eval linear_svm --checkpoint hog --json");
    assert!(found.contains(&format!("\"test_accuracy\": {accuracy}")), "{accuracy}: {found}");
    let line = "error: `--features hue`: the images of digits are gray and have no hue; expected cifar-10";
    place.fails("train linear_svm --features hue", 1, line);
    assert!(place.works("summary linear_svm --features hog,hue").contains("3,350"));
    place.fails(
        "train linear_svm --features hig",
        1,
        "error: `--variant hig`: `linear_svm` has no such variant; known: pixels, hog, hue, hog,hue",
    );
}

/// Rows of digits, with another cell and without clipping.
#[test]
fn a_row_classifier() {
    let place = Place::new();
    place.works("train row_classifier --variant gru --clip 0 --epochs 1 --train-size 64 --seed 1 --out r");
    let config = place.json("r/config.json");
    assert_eq!((&config["variant"], &config["recipe"]["clip"]), (&"gru".into(), &serde_json::Value::Null));
    assert_eq!(place.text("r/gradients.svg").matches("rows back").count(), 3, "a panel for each cell");
    let summary = place.json("r/summary.json");
    let said: serde_json::Value = serde_json::from_str(&place.works("eval row_classifier --checkpoint r --json")).unwrap();
    assert_eq!(said["test_accuracy"], summary["test_accuracy"]);
    place.works("train row_classifier --epochs 1 --train-size 64 --seed 1 --out s");
    assert_eq!(place.json("s/config.json")["recipe"]["clip"], 1.0);
}

/// Captions of strips, of the test and of new ones.
#[test]
fn captioner() {
    let place = Place::new();
    place.works("train captioner --epochs 1 --train-size 128 --batch-size 32 --seed 1 --out r");
    assert!(place.path("r/captions.png").is_file());
    let said: serde_json::Value = serde_json::from_str(&place.works("eval captioner --checkpoint r --json")).unwrap();
    assert_eq!(said["test_exact_match"], place.json("r/summary.json")["test_exact_match"]);
    assert!(said["test_edit_distance"].as_f64().unwrap() > 0.0);
    place.works("sample captioner --checkpoint r --count 5 --seed 3 --out some.png");
    assert!(place.path("some.png").is_file());
    place.fails(
        "sample captioner --checkpoint r --prompt 12",
        1,
        "error: `--prompt` has no effect on `captioner`: it samples images, not text; supported options: --checkpoint, --out, --count, --seed, --threads",
    );
}

/// Labels of frames, by two networks that are trained as one.
#[test]
fn frame_labeler() {
    let place = Place::new();
    place.works("train frame_labeler --epochs 1 --train-size 64 --seed 1 --out r");
    assert!(place.path("r/clips.png").is_file());
    let said: serde_json::Value = serde_json::from_str(&place.works("eval frame_labeler --checkpoint r --json")).unwrap();
    for metric in ["test_accuracy", "test_accuracy_alone", "test_accuracy_cut", "test_accuracy_cut_alone"] {
        assert_eq!(said[metric], place.json("r/summary.json")[metric], "{metric}");
    }
    assert!(place.works("summary frame_labeler").contains("lstm"), "both networks are shown");
}

/// Sums with attention: whole answers, samples, and the answers to a prompt.
#[test]
fn seq2seq() {
    let place = Place::new();
    place.works("train seq2seq --variant attention --epochs 1 --train-size 640 --seed 1 --out r");
    let names = place.names("r");
    assert!(["attention.png", "samples.txt"].iter().all(|name| names.iter().any(|n| n == name)), "{names:?}");
    let summary = place.json("r/summary.json");
    let said: serde_json::Value = serde_json::from_str(&place.works("eval seq2seq --checkpoint r --json")).unwrap();
    assert_eq!((&said["test_exact_match"], &said["pairs"]), (&summary["test_exact_match"], &5_000.into()));
    let answers = place.works("sample seq2seq --checkpoint r --prompt 12+34 --count 3");
    assert!(answers.lines().count() == 3 && answers.lines().all(|line| line.starts_with("12+34 = ") && line.ends_with(" %)")), "{answers}");
    let drawn = |seed: u8| place.works(&format!("sample seq2seq --checkpoint r --temperature 2 --seed {seed}"));
    assert!(drawn(1) == drawn(1) && drawn(1) != drawn(2) && drawn(1).lines().count() == 5);
    let likeliest = |count: u8| place.works(&format!("sample seq2seq --checkpoint r --temperature 2 --top-k 1 --count {count}"));
    assert!(likeliest(2).lines().all(|line| Some(line) == likeliest(1).lines().next()), "one token can be drawn");
    let says = "is not a sum of two numbers of at most three digits, such as `123+456`";
    place.fails("sample seq2seq --checkpoint r --prompt 12-34", 1, &format!("error: the prompt \"12-34\" {says}"));
    place.works("train seq2seq --dataset number-words --epochs 1 --train-size 640 --seed 1 --out n");
    let words = place.works("sample seq2seq --checkpoint n --count 2");
    assert!(words.lines().count() == 2 && words.lines().all(|line| line.starts_with("two hundred thirty-four = ")), "{words}");
    let says = "is not a number below a million in English words, such as `two hundred thirty-four`";
    place.fails("sample seq2seq --checkpoint n --prompt 12+34", 1, &format!("error: the prompt \"12+34\" {says}"));
    place.fails(
        "sample seq2seq --checkpoint r --out a.png",
        1,
        "error: `--out` has no effect on `seq2seq`: answers are written to stdout; supported options: --checkpoint, --prompt, --count, --temperature, --top-k, --top-p, --seed",
    );
}

/// The figures of both classifiers are those of the last epoch, and of `eval`.
#[test]
fn an_autoencoder() {
    let place = Place::new();
    let pixels =
        |count: usize| -> Vec<u8> { (0..count * 784).map(|at| if (at / 784 + at / 28).is_multiple_of(5) { 255 } else { 0 }).collect() };
    let labels = |count: usize| -> Vec<u8> { (0..count).map(|at| (at % 10) as u8).collect() };
    for (part, count) in [("train", 60), ("t10k", 20)] {
        place.put(&format!("d/mnist/{part}-images-idx3-ubyte"), &idx(&[count, 28, 28], &pixels(count as usize)));
        place.put(&format!("d/mnist/{part}-labels-idx1-ubyte"), &idx(&[count], &labels(count as usize)));
    }
    let said = place.works("train autoencoder --data-dir d --epochs 2 --seed 1 --out r");
    assert_eq!(said.matches("accuracy alone").count(), 2, "in the last epoch, and at the end: {said}");
    let names = place.names("r");
    assert!(["reconstructions.png", "fine_tuning.svg"].iter().all(|name| names.iter().any(|n| n == name)), "{names:?}");
    let summary = place.json("r/summary.json");
    let found: serde_json::Value = serde_json::from_str(&place.works("eval autoencoder --checkpoint r --data-dir d --json")).unwrap();
    for name in ["test_mse", "test_accuracy", "test_accuracy_alone"] {
        let [now, before] = [&found, &summary].map(|object| object[name].as_f64().unwrap());
        assert!((now - before).abs() < 1e-6, "{name}: {found} {summary}");
    }
}

/// A decoder with a mean and a deviation for each pixel: its bound may be below 0.
#[test]
fn pixels_with_deviations() {
    let place = Place::new();
    place.works("train gaussian_vae --epochs 1 --train-size 64 --seed 1 --out r");
    let names = place.names("r");
    assert!(["walk.png", "samples.png", "reconstructions.png"].iter().all(|name| names.iter().any(|n| n == name)), "{names:?}");
    let said: serde_json::Value = serde_json::from_str(&place.works("eval gaussian_vae --checkpoint r --json")).unwrap();
    assert_eq!(said["test_negative_elbo"], place.json("r/summary.json")["test_negative_elbo"]);
    assert!((0.0..=1.0).contains(&said["test_within_one_deviation"].as_f64().unwrap()), "{said}");
    place.works("sample gaussian_vae --checkpoint r --count 4 --out four.png");
}

/// Two networks in turn: the figures of the samples in the summary, pictures of them, the figures and samples from the checkpoint.
#[test]
fn an_adversarial_network() {
    let place = Place::new();
    place.works("train dcgan --epochs 2 --train-size 96 --batch-size 32 --seed 3");
    let summary = place.json("runs/dcgan-digits-1/summary.json");
    assert_eq!(summary["frechet_distance"], summary["test_frechet_distance"]);
    assert!(summary["frechet_distance"].as_f64() > summary["test_frechet_distance_of_real"].as_f64(), "{summary}");
    for metric in ["train_discriminator_loss", "train_generator_loss", "test_precision", "test_recall", "test_sure", "test_classes"] {
        assert!(summary[metric].is_number(), "{metric} in {summary}");
    }
    let names = place.names("runs/dcgan-digits-1");
    for name in ["samples.png", "progress.png", "walk.png", "gradients.svg"] {
        assert!(names.contains(&name.to_owned()), "{name} in {names:?}");
    }
    let said = place.works("eval dcgan --checkpoint runs/dcgan-digits-1 --json");
    let found: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(found["test_frechet_distance"], summary["test_frechet_distance"], "{said}");
    place.works("sample dcgan --checkpoint runs/dcgan-digits-1 --count 4 --out four.png");
    assert!(fs::metadata(place.path("four.png")).unwrap().len() > 500);

    // The other loss is in the configuration, and not for models without a generator.
    place.works("train dcgan --epochs 1 --train-size 64 --batch-size 32 --seed 3 --loss minimax --out minimax");
    assert_eq!(place.json("minimax/config.json")["recipe"]["generator_loss"], "minimax");
    assert!(place.json("minimax/summary.json")["train_generator_loss"].as_f64() < Some(0.0));
    let none = "it has no generator; supported options: see `layercake train --help`";
    place.fails("train lenet5 --loss minimax", 1, &format!("error: `--loss` has no effect on `lenet5`: {none}"));
    let turns = "needs one loss that falls; its parts are trained in turn, each by its own";
    place.fails("train dcgan --lr-find", 1, &format!("error: `dcgan`: a learning rate range test {turns}"));
    place.fails("doctor dcgan", 1, &format!("error: `dcgan`: a short look {turns}"));
}

/// Digits on canvases: both figures in the summary, a picture of boxes, and the same figures from the checkpoint.
#[test]
fn a_localizer() {
    let place = Place::new();
    place.works("train localizer --epochs 1 --train-size 64 --validation 32 --seed 2");
    let summary = place.json("runs/localizer-digits-1/summary.json");
    let [accuracy, iou] = ["test_accuracy", "test_mean_iou"].map(|metric| summary[metric].as_f64().unwrap());
    assert!((0.0..=1.0).contains(&accuracy) && iou > 0.0 && iou < 1.0, "{summary}");
    assert!(place.names("runs/localizer-digits-1").contains(&"boxes.png".to_owned()));
    let said = place.works("eval localizer --checkpoint runs/localizer-digits-1 --json");
    let found: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!((&found["test_accuracy"], &found["test_mean_iou"]), (&summary["test_accuracy"], &summary["test_mean_iou"]), "{said}");
    // The losses are told apart, whatever their weights are.
    place.works("train localizer --epochs 1 --train-size 64 --seed 2 --box-weight 0.5 --out light");
    let [heavy, light] =
        ["runs/localizer-digits-1", "light"].map(|run| place.json(&format!("{run}/config.json"))["recipe"]["box_weight"].as_f64());
    assert_eq!([heavy, light], [Some(4.0), Some(0.5)]);
    let light = place.json("light/summary.json");
    let [loss, class, bbox] = ["train_loss", "train_class_loss", "train_box_loss"].map(|name| light[name].as_f64().unwrap());
    assert!((loss - class - 0.5 * bbox).abs() < 1e-5 * loss, "{light}");
    place.fails(
        "train lenet5 --box-weight 2",
        1,
        "error: `--box-weight` has no effect on `lenet5`: it has no weighted loss of a box; supported options: see `layercake train --help`",
    );
    place.fails(
        "train localizer --dataset bccd",
        1,
        "error: the data set `bccd` is read from files; name the folder that contains `bccd` (--data-dir)",
    );
    place.fails(
        "train localizer --dataset cifar-10 --data-dir .",
        1,
        "error: ./cifar-10: no such folder; the data folder must contain the data set's folder `cifar-10`",
    );
}
