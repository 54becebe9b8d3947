//! The search for hyperparameters, and means of predictions.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::support::Place;

#[test]
fn a_learning_rate_is_found() {
    let place = Place::new();
    let said = place.works("train softmax --lr-find --train-size 400");
    let rate: f64 = said.split("suggested --lr ").nth(1).unwrap().split(',').next().unwrap().parse().unwrap();
    assert!(said.starts_with("learning rates from 1.0e-6 to ") && (1e-5..1.0).contains(&rate), "{said}");
    assert!(said.ends_with("; curve in lr.svg\n"), "{said}");
    assert_eq!(place.names("."), ["lr.svg"], "there is no run folder");
    assert!(place.text("lr.svg").contains(&format!("suggested learning rate: {rate:.1e}")));
    place.works("train softmax --lr-find=other.svg --train-size 400 --seed 1");
    assert_eq!(place.names("."), ["lr.svg", "other.svg"]);
    place.fails("train softmax --lr-find --lr 0.1", 2, "error: the argument '--lr-find[=<FILE.svg>]' cannot be used with '--lr <X>'");
    let knn = place.run("train knn --lr-find");
    assert!(String::from_utf8(knn.stderr).unwrap().starts_with("error: `--lr-find` has no effect on `knn`: "));
}

/// A search that was killed goes on to the same table.
#[test]
fn a_search() {
    let place = Place::new();
    let search = "search softmax --trials 5 --epochs 2 --train-size 100 --validation 100 --lr 1e-4..10 --seed 1";
    let said = place.works(&format!("{search} --out whole"));
    assert!(
        said.starts_with(
            "5 trials of up to 2 epochs; results in whole\ntrial  1/5,  1 epochs, lr 0.001, weight_decay 0.01: validation loss "
        ),
        "{said}"
    );
    assert_eq!(said.matches("\nepoch ").count(), 2, "only the best run prints its epochs: {said}");
    let table = place.json("whole/search.json");
    let best = table["best"].as_u64().unwrap() as usize;
    let scores: Vec<Option<f64>> =
        table["trials"].as_array().unwrap().iter().map(|trial| trial["runs"].as_array().unwrap().last()?["score"].as_f64()).collect();
    assert_eq!(scores.len(), 5);
    let summary = place.json("whole/best/summary.json");
    assert_eq!((&summary["lr"], &summary["test_accuracy"]), (&table["trials"][best - 1]["values"][0], &table["test"]["test_accuracy"]));
    assert_eq!(summary.get("validation_loss"), None, "the last run has all training images");
    // The trials saw no test image.
    let trial = place.json("whole/trial-01-1/summary.json");
    assert!(trial["validation_loss"].as_f64().is_some() && trial.get("test_loss").is_none(), "{trial}");
    assert!(place.text("whole/search.svg").starts_with("<svg") && said.ends_with(&place.text("whole/search.md")));

    let mut child = Command::new(env!("CARGO_BIN_EXE_layercake"))
        .args(format!("{search} --out killed").split(' '))
        .current_dir(place.path("."))
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let begin = Instant::now();
    while !place.path("killed/search.json").is_file() {
        assert!(begin.elapsed() < Duration::from_secs(60), "no trial");
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let again = place.works(&format!("{search} --out killed"));
    assert!(!again.contains("\ntrial  1/5,  1 epochs"), "the first trial is not repeated: {again}");
    assert_eq!(place.text("killed/search.json"), place.text("whole/search.json"));
    // A finished search only prints its table.
    assert_eq!(
        place.works(&format!("{search} --out killed")),
        format!("5 trials of up to 2 epochs; results in killed\n{}", place.text("whole/search.md"))
    );

    let output = place.run("search softmax --trials 6 --epochs 2 --train-size 100 --validation 100 --lr 1e-4..10 --seed 1 --out whole");
    let line = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        line,
        "error: whole/search.json: the table of another search: its `trials` is 5, not 6; name another folder (`--out`), or repeat that search\n"
    );
    place.fails(
        "search softmax --lr 1..0.1",
        2,
        "error: invalid value '1..0.1' for '--lr <LOW..HIGH>': expected two numbers with two dots between them, the lower one first, such as 0.001..0.1",
    );
    place.fails(
        "search dqn",
        1,
        "error: `dqn` cannot be searched: it has no learning rate and no weight decay that a search could choose by validation data",
    );
}

#[test]
fn dropout_of_a_model_that_has_it() {
    let place = Place::new();
    let train = "train maxout --epochs 1 --train-size 60 --batch-size 30 --seed 1";
    place.works(&format!("{train} --dropout 0.6 --out more"));
    place.works(&format!("{train} --out own"));
    place.works(&format!("{train} --dropout 0.6 --out again"));
    assert_eq!(place.json("more/config.json")["recipe"]["dropout"].as_f64(), Some(0.6));
    let parameters = |run: &str| std::fs::read(place.path(&format!("{run}/model.safetensors"))).unwrap();
    assert!(parameters("more") != parameters("own") && parameters("more") == parameters("again"));

    let search = "search maxout --trials 3 --epochs 1 --train-size 60 --batch-size 20..30 --dropout 0..0.7 --seed 1 --out s";
    let said = place.works(search);
    assert!(said.contains("trial  1/3,  1 epochs, lr 0.001, weight_decay 0.05, batch_size 16, dropout 0.3: "), "{said}");
    // The first trial has the network's own probabilities, 0.1 and twice 0.3.
    let (table, config) = (place.json("s/search.json"), place.json("s/best/config.json"));
    let best = table["best"].as_u64().unwrap() as usize;
    let chosen = table["trials"][best - 1]["values"][3].as_f64().filter(|_| best > 1);
    assert_eq!(config["recipe"]["dropout"].as_f64(), chosen, "{table}");
    let drawn = |trial: usize| table["trials"][trial]["values"][3].as_f64().unwrap();
    assert!((0.0..0.7).contains(&drawn(1)) && drawn(1) != drawn(2), "{table}");

    let line = |command| {
        format!("error: `--dropout` has no effect on `lenet5`: it has no dropout; supported options: see `layercake {command} --help`")
    };
    place.fails("train lenet5 --dropout 0.5", 1, &line("train"));
    place.fails("search lenet5 --dropout 0..0.5", 1, &line("search"));
    let line = "error: `--dropout` has no effect on `knn`: it stores the training images and takes no optimizer steps; supported options: --dataset, --data-dir, --seed, --validation, --threads, --out";
    place.fails("train knn --dropout 0.5", 1, line);
}

#[test]
fn a_search_on_a_table() {
    let place = Place::new();
    let rows: String = (0..60).map(|i| format!("{},{}\n", i, if (i / 10) % 2 == 0 { "a" } else { "b" })).collect();
    place.put("t.csv", format!("x,kind\n{rows}").as_bytes());
    let said = place.works("search mlp --data t.csv --target kind --trials 3 --epochs 2 --hidden 4..16 --dropout 0..0.5 --out s");
    assert!(said.contains("trial  1/3,  1 epochs, lr 0.001, weight_decay 0.05, hidden 100, dropout 0: "), "{said}");
    let table = place.json("s/search.json");
    let (best, config) = (table["best"].as_u64().unwrap() as usize, place.json("s/best/config.json"));
    let values = &table["trials"][best - 1]["values"];
    assert_eq!((config["own"]["hidden"][0].as_f64(), config["own"]["dropout"].as_f64()), (values[2].as_f64(), values[3].as_f64()));
    assert!(place.works("eval mlp --checkpoint s/best --draws 3").contains("test accuracy "));
    place.fails(
        "search lenet5 --data t.csv --target kind --hidden 4..16",
        1,
        "error: `--hidden` has no effect on `lenet5`: only the layers of mlp have sizes that can be chosen; supported options: see `layercake search --help`",
    );
}

#[test]
fn means_of_predictions() {
    let place = Place::new();
    let train = "train softmax --epochs 4 --train-size 60 --batch-size 20";
    place.works(&format!("{train} --seed 1 --snapshots 2 --out a"));
    place.works(&format!("{train} --seed 2 --out b"));
    let found = |options: &str| -> (f64, f64) {
        let text = place.works(&format!("eval softmax --json {options}"));
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        (json["test_accuracy"].as_f64().unwrap(), json["test_loss"].as_f64().unwrap())
    };
    let (a, b, both) = (found("--checkpoint a"), found("--checkpoint b"), found("--checkpoint a --checkpoint b"));
    assert!(both.1 < 0.5 * (a.1 + b.1), "{both:?} of {a:?} and {b:?}");
    // The same network twice, by another path through the code.
    let twice = found("--checkpoint a --checkpoint a/model.safetensors");
    assert!((twice.0 - a.0).abs() < 1e-9 && (twice.1 - a.1).abs() < 1e-5, "{twice:?} {a:?}");
    let snapshots = found("--checkpoint a --snapshots");
    assert_eq!(snapshots, found("--checkpoint a/snapshot-1.safetensors --checkpoint a/snapshot-2.safetensors"));
    assert_eq!(found("--checkpoint a/snapshot-2.safetensors"), a, "the last one is the model");
    assert!(snapshots.1 != a.1 && found("--checkpoint a --flips").1 != a.1 && found("--checkpoint a --five-crops").1 != a.1);
    // Each cycle begins with the whole learning rate.
    let rates: Vec<f64> = place
        .text("a/metrics.jsonl")
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["lr"].as_f64().unwrap())
        .collect();
    assert!(rates[1] < rates[0] && rates[2] == rates[0] && rates[3] == rates[1], "{rates:?}");

    place.fails(
        "eval softmax --checkpoint a --draws 2",
        1,
        "error: `--draws` has no effect on `LinearGray`: none of its layers draws random numbers",
    );
    place.fails(
        "eval softmax --checkpoint b --snapshots",
        1,
        "error: b/config.json: a run without snapshots; `--snapshots N` of `train` takes them",
    );
    place.fails(
        "train softmax --epochs 4 --snapshots 3",
        1,
        "error: `snapshots` is 3; expected a number from 2 on that divides the 4 epochs into cycles of the same length",
    );
    place.works("train linear_svm --epochs 1 --train-size 60 --out svm");
    place.fails(
        "eval linear_svm --checkpoint svm --flips",
        1,
        "error: `--flips` has no effect on `linear_svm`: only the predictions of classifiers with logits, and of runs on your own data, are averaged; supported options: one --checkpoint, --dataset, --data-dir, --json",
    );
}

/// Each run holds out a test part by its seed: another run may have been trained on it.
#[test]
fn other_test_parts() {
    let place = Place::new();
    let rows: String = (0..60).map(|i| format!("{},{}\n", i, if (i / 10) % 2 == 0 { "a" } else { "b" })).collect();
    place.put("t.csv", format!("x,kind\n{rows}").as_bytes());
    for (seed, out) in [(0, "a"), (1, "b")] {
        place.works(&format!("train mlp --data t.csv --target kind --epochs 2 --seed {seed} --out {out}"));
    }
    place.fails(
        "eval mlp --checkpoint a --checkpoint b",
        1,
        "error: b: its test part is not that of a: the runs have other data or another seed, and one may be trained on what the other is tested on; name test data for both with `--data`",
    );
    assert!(place.works("eval mlp --checkpoint a --checkpoint b --data t.csv").contains(" of 60 samples"));
    place.fails("eval mlp --checkpoint a --flips", 1, "error: `--flips` has no effect: the run is not one on pictures");
}
