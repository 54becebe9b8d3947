//! Concurrent use, removal and replacement of run folders.
#![cfg(unix)]

use std::fs;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::support::Place;
use layercake_train::Checkpoints;

/// A run that is longer than the tests.
const TRAIN: &str = "train lenet5 --epochs 500 --seed 4 --checkpoint-every 1 --threads 1 --out r";

fn start(place: &Place, command: &str) -> Child {
    let words = command.split_whitespace();
    let mut process = Command::new(env!("CARGO_BIN_EXE_layercake"));
    process.args(words).current_dir(place.path("")).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

fn until(what: impl Fn() -> bool) {
    let begun = Instant::now();
    while !what() {
        assert!(begun.elapsed() < Duration::from_secs(120), "not in two minutes");
        sleep(Duration::from_millis(5));
    }
}

fn kept(place: &Place) -> bool {
    Checkpoints::new(place.path("r/checkpoints")).latest().unwrap().is_some()
}

#[test]
fn two_runs_in_one_folder() {
    let place = Place::new();
    let mut first = start(&place, TRAIN);
    until(|| kept(&place));
    let line = format!("error: r: in use by process {}; wait for it to end, or choose another folder", first.id());
    place.fails("train softmax --epochs 1 --out r", 1, &line);
    place.fails("train --resume r", 1, &line);
    // The lock is released when a process dies.
    first.kill().unwrap();
    first.wait().unwrap();
    let mut second = start(&place, "train --resume r --checkpoint-every 1");
    until(|| fs::read_to_string(place.path("r/.lock")).is_ok_and(|text| text.trim() == second.id().to_string()));
    let line = format!("error: r: in use by process {}; wait for it to end, or choose another folder", second.id());
    place.fails("train --resume r", 1, &line);
    second.kill().unwrap();
    second.wait().unwrap();
    assert!(place.works("train softmax --epochs 1 --out r").contains("results in r"));
    assert!(!place.names("r").contains(&".lock".to_owned()), "{:?}", place.names("r"));
}

#[test]
fn a_folder_that_is_deleted_meanwhile() {
    for replaced in [false, true] {
        let place = Place::new();
        let process = start(&place, TRAIN);
        until(|| kept(&place));
        // The run may be writing to it.
        until(|| fs::remove_dir_all(place.path("r")).is_ok() || !place.path("r").exists());
        if replaced {
            fs::create_dir_all(place.path("r")).unwrap();
        }
        let output = process.wait_with_output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{stderr}");
        assert!(stderr.starts_with("error: r") && stderr.lines().count() == 1, "{stderr}");
        assert!(!place.path("r/summary.json").exists());
    }
}

/// A user's files in the folder of an earlier run are kept.
#[test]
fn a_users_files_stay() {
    let place = Place::new();
    place.works("train lenet5 --epochs 1 --out own");
    let before = place.names("own");
    place.put("own/notes.svg", b"notes").put("own/thesis_figure.png", b"metric").put("own/samples.txt", b"samples");
    place.works("train softmax --epochs 1 --out own");
    for (name, text) in [("own/notes.svg", "notes"), ("own/thesis_figure.png", "metric"), ("own/samples.txt", "samples")] {
        assert_eq!(place.text(name), text);
    }
    let mut after = place.names("own");
    after.retain(|name| !["notes.svg", "thesis_figure.png", "samples.txt"].contains(&name.as_str()));
    assert_eq!(after, before);
}

/// Invalid numbers and damage in the files of a run.
#[test]
fn invalid_run_files() {
    let place = Place::new();
    let process = start(&place, "train lenet5 --epochs 500 --seed 4 --threads 1 --out r");
    until(|| kept(&place));
    let mut process = process;
    process.kill().unwrap();
    process.wait().unwrap();
    let good = place.text("r/config.json");
    for (key, value) in [("batch_size", "0"), ("accumulate", "0"), ("epochs", "0"), ("workers", "100000000")] {
        let mut config = place.json("r/config.json");
        config["recipe"][key] = serde_json::from_str(value).unwrap();
        place.put("r/config.json", config.to_string().as_bytes());
        let output = place.run("train --resume r");
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(stderr.starts_with(&format!("error: r/config.json: `{key}` is {value}; expected ")), "{stderr}");
        assert_eq!(output.status.code(), Some(1));
        place.put("r/config.json", good.as_bytes());
    }
    let mut config = place.json("r/config.json");
    config["device"] = "tpu".into();
    place.put("r/config.json", config.to_string().as_bytes());
    place.fails("train --resume r", 1, "error: r/config.json: unknown device \"tpu\"; known: cpu, cuda");
    place.put("r/config.json", good.as_bytes());

    let latest = Checkpoints::new(place.path("r/checkpoints")).latest().unwrap().unwrap();
    let state = latest.join("state.json");
    let mut text: serde_json::Value = serde_json::from_str(&fs::read_to_string(&state).unwrap()).unwrap();
    text["history"][0]["test"]["accuracy"] = serde_json::json!(-1e308);
    fs::write(&state, text.to_string()).unwrap();
    let output = place.run("train --resume r");
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.contains("state.json: damaged or replaced: checkpoint.json says ") && stderr.lines().count() == 1, "{stderr}");
    assert!(place.text("r/metrics.jsonl").lines().count() >= 1, "the metrics are kept");
}
