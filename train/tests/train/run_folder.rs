//! Run folders: locking, replacement, and files of the user.

use std::fs;
use std::path::Path;

use layercake::prelude::*;
use layercake_train::data::KnownDataset;
use layercake_train::run::{Recipe, RunConfig, RunFolder, verify_parameters};
use layercake_train::{Callback, Epoch, Metrics};

network! { Net: [2] -> [2] { fc: Linear(2) } }

fn config() -> RunConfig {
    RunConfig {
        layercake: "0".to_owned(),
        model: "net".to_owned(),
        source: KnownDataset::Digits.into(),
        data_dir: None,
        device: "cpu".to_owned(),
        threads: 1,
        recipe: Recipe::default(),
        normalize: None,
        classes: Vec::new(),
        agent: None,
        transfer: None,
        command: Vec::new(),
        variant: None,
        own: None,
        text: None,
    }
}

fn epoch(number: usize) -> Epoch {
    let train = Metrics::new().with("loss", 1.0 / number as f64);
    let unit = "images".to_owned();
    Epoch { epoch: number, step: number, lr: 0.1, train, unit, items_per_second: 1.0, seconds: 1.0, ..Epoch::default() }
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn done(mut run: RunFolder) {
    let net = Net::new(&Cpu::seed_from_u64(1));
    let callback: &mut dyn Callback<Net, Cpu> = &mut run;
    callback.on_epoch(&epoch(1), &net).unwrap();
    run.finish(6).unwrap();
}

#[test]
fn only_what_the_run_wrote_is_removed() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("run");
    let mut run = RunFolder::create(&path, config()).unwrap();
    let callback: &mut dyn Callback<Net, Cpu> = &mut run;
    callback.on_pictures(&["drawn.png".to_owned()]).unwrap();
    fs::write(path.join("drawn.png"), "a picture").unwrap();
    done(run);
    let own = ["config.json", "curves.svg", "drawn.png", "metrics.jsonl", "model.safetensors", "report.html", "summary.json"];
    assert_eq!(names(&path), own);
    let users =
        ["notes.svg", "thesis_figure.png", "samples.png", "confusion.svg", "samples.txt", ".notes.tmp", "classes.md", "checkpoints.png"];
    for name in users {
        fs::write(path.join(name), "mine").unwrap();
    }
    fs::create_dir_all(path.join("checkpoints")).unwrap();
    fs::write(path.join("checkpoints/mine.txt"), "mine").unwrap();
    // A second run with other pictures.
    let run = RunFolder::create(&path, config()).unwrap();
    for name in users.iter().chain(&["checkpoints/mine.txt"]) {
        assert_eq!(fs::read_to_string(path.join(name)).unwrap(), "mine", "{name}");
    }
    assert!(!path.join("drawn.png").exists() && !path.join("summary.json").exists() && !path.join("model.safetensors").exists());
    drop(run);
}

/// A folder of an early version has no list of files; its possible files are known.
#[test]
fn a_run_of_an_early_version_is_replaced() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path();
    done(RunFolder::create(path, config()).unwrap());
    let mut old: serde_json::Value = serde_json::from_str(&fs::read_to_string(path.join("config.json")).unwrap()).unwrap();
    old.as_object_mut().unwrap().remove("files").expect("it is listed now");
    fs::write(path.join("config.json"), old.to_string()).unwrap();
    for name in ["filters.png", "overlays.png", "notes.svg", "thesis_figure.png"] {
        fs::write(path.join(name), "?").unwrap();
    }
    RunFolder::create(path, config()).unwrap();
    assert_eq!(names(path), ["config.json", "metrics.jsonl", "notes.svg", "thesis_figure.png"]);
}

/// Names in the list of files cannot leave the folder.
#[test]
fn nothing_outside_is_removed() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("run");
    done(RunFolder::create(&path, config()).unwrap());
    fs::write(place.path().join("outside"), "mine").unwrap();
    let absolute = place.path().join("outside");
    let mut kept: serde_json::Value = serde_json::from_str(&fs::read_to_string(path.join("config.json")).unwrap()).unwrap();
    kept["files"] = serde_json::json!(["../outside", absolute, "..", ".", "", "a/../../outside"]);
    fs::write(path.join("config.json"), kept.to_string()).unwrap();
    RunFolder::create(&path, config()).unwrap();
    assert_eq!(fs::read_to_string(absolute).unwrap(), "mine");
}

#[test]
fn one_run_at_a_time() {
    let place = tempfile::tempdir().unwrap();
    let run = RunFolder::create(place.path(), config()).unwrap();
    let in_use = format!("in use by process {}; wait for it to end, or choose another folder", std::process::id());
    for outcome in [RunFolder::create(place.path(), config()), RunFolder::open(place.path())] {
        let message = outcome.err().unwrap().to_string();
        assert!(message.ends_with(&in_use), "{message}");
    }
    drop(run);
    let again = RunFolder::open(place.path()).unwrap();
    assert!(RunFolder::open(place.path()).is_err());
    drop(again);
    done(RunFolder::open(place.path()).unwrap());
    assert!(!names(place.path()).contains(&".lock".to_owned()), "a finished run leaves no lock");
}

/// A failed resume, for example without its data, removes nothing.
#[test]
fn metrics_stay_until_the_checkpoint_is_loaded() {
    let place = tempfile::tempdir().unwrap();
    let metrics = || fs::read_to_string(place.path().join("metrics.jsonl")).unwrap().lines().count();
    let mut run = RunFolder::create(place.path(), config()).unwrap();
    (1..=3).for_each(|number| run.record(&epoch(number)).unwrap());
    drop(run);
    drop(RunFolder::open(place.path()).unwrap());
    assert_eq!(metrics(), 3);
    let mut run = RunFolder::open(place.path()).unwrap();
    let callback: &mut dyn Callback<Net, Cpu> = &mut run;
    callback.on_resume(&[epoch(1), epoch(2)]).unwrap();
    assert_eq!(metrics(), 2);
    run.record(&epoch(3)).unwrap();
    assert_eq!(metrics(), 3);
    drop(run);
    // Without a checkpoint the run starts from the beginning.
    let mut run = RunFolder::open(place.path()).unwrap();
    run.record(&epoch(1)).unwrap();
    assert_eq!(metrics(), 1);
}

#[cfg(unix)]
#[test]
fn removed_files_and_folders() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("run");
    let mut run = RunFolder::create(&path, config()).unwrap();
    run.record(&epoch(1)).unwrap();
    // The metrics are in memory: the file is rewritten.
    fs::remove_file(path.join("metrics.jsonl")).unwrap();
    run.record(&epoch(2)).unwrap();
    assert_eq!(fs::read_to_string(path.join("metrics.jsonl")).unwrap().lines().count(), 2);
    // A removed or replaced folder is an error.
    let vanished = "run: the folder was removed or replaced during the run";
    for again in [false, true] {
        fs::remove_dir_all(&path).unwrap();
        if again {
            fs::create_dir(&path).unwrap();
        }
        assert!(run.record(&epoch(3)).unwrap_err().to_string().ends_with(vanished));
        let callback: &mut dyn Callback<Net, Cpu> = &mut run;
        assert!(callback.on_epoch(&epoch(3), &Net::new(&Cpu::default())).unwrap_err().to_string().ends_with(vanished));
        assert!(callback.on_resume(&[]).is_err() && callback.on_pictures(&[]).is_err());
        assert_eq!(path.exists(), again);
        fs::create_dir_all(&path).unwrap();
    }
    assert!(run.finish(6).unwrap_err().to_string().ends_with(vanished));
    assert_eq!(names(&path), [""; 0]);
}

#[test]
fn parameters_that_are_not_the_runs() {
    let place = tempfile::tempdir().unwrap();
    let model = place.path().join("model.safetensors");
    done(RunFolder::create(place.path(), config()).unwrap());
    verify_parameters(&model).unwrap();
    let mut bytes = fs::read(&model).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 4;
    fs::write(&model, bytes).unwrap();
    let message = verify_parameters(&model).unwrap_err().to_string();
    assert!(message.contains("model.safetensors: damaged or replaced: summary.json says checksum "), "{message}");
    // Other files are not verified.
    let other = place.path().join("other.safetensors");
    fs::copy(&model, &other).unwrap();
    verify_parameters(&other).unwrap();
}
