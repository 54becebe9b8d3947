//! Interrupted and killed runs, and resuming.
#![cfg(unix)]

use std::fs;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::support::{FILES, Place};
use layercake::prelude::*;
use layercake_models::LeNet5;
use layercake_train::{Checkpoints, load_latest};

/// Two epochs of 90 steps with a checkpoint after each step, so that kills often happen while one is written.
const TRAIN: &str = "train lenet5 --epochs 2 --seed 4 --checkpoint-every 1 --threads 1 --out r";

fn start(place: &Place, command: &str) -> Child {
    let words = command.split_whitespace();
    let mut process = Command::new(env!("CARGO_BIN_EXE_layercake"));
    process.args(words).current_dir(place.path("")).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Starts the run and waits for its first checkpoint. Returns how long that took.
fn start_until_kept(place: &Place) -> (Child, Duration) {
    let (process, begun) = (start(place, TRAIN), Instant::now());
    while Checkpoints::new(place.path("r/checkpoints")).latest().unwrap().is_none() {
        assert!(begun.elapsed() < Duration::from_secs(60), "no checkpoint in a minute");
        sleep(Duration::from_millis(5));
    }
    (process, begun.elapsed())
}

/// The parameters of a run, and its metrics without times.
fn outcome(place: &Place) -> (Vec<u8>, Vec<String>) {
    let lines = place.text("r/metrics.jsonl");
    let metrics = lines.lines().map(|line| line.split(",\"images_per_second").next().unwrap().to_owned()).collect();
    (fs::read(place.path("r/model.safetensors")).unwrap(), metrics)
}

fn uninterrupted() -> (Vec<u8>, Vec<String>) {
    let place = Place::new();
    place.works(TRAIN);
    outcome(&place)
}

#[test]
fn ctrl_c_ends_the_step_and_keeps_it() {
    let place = Place::new();
    let (process, _) = start_until_kept(&place);
    assert!(Command::new("kill").args(["-INT", &process.id().to_string()]).status().unwrap().success());
    let output = process.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(130), "{stderr}");
    assert!(stderr.starts_with("error: interrupted in epoch ") && stderr.ends_with("; checkpoint in r/checkpoints\n"), "{stderr}");

    place.works("train --resume r");
    assert!(outcome(&place) == uninterrupted(), "the same bits");
    assert_eq!(place.names("r"), FILES, "a finished run has no checkpoints");
    place.fails("train --resume r", 1, "error: r: this run is finished; there is nothing to resume");
}

/// The number of moments; override with `LAYERCAKE_KILLS=20`.
const KILLS: usize = 4;

#[test]
fn killed_at_any_moment() {
    let kills = std::env::var("LAYERCAKE_KILLS").map_or(KILLS, |kills| kills.parse().unwrap());
    let elsewhere = Place::new();
    let (mut probe, first) = start_until_kept(&elsewhere);
    probe.kill().unwrap();
    probe.wait().unwrap();
    let place = Place::new();
    let checkpoints = Checkpoints::new(place.path("r/checkpoints"));
    let mut random = 7u64;
    let (mut kept, mut done) = (0, false);
    for kill in 0..kills {
        let begun = place.path("r/config.json").is_file();
        let mut process = start(&place, if begun { "train --resume r --checkpoint-every 1 --threads 1" } else { TRAIN });
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        // Before the first checkpoint, or some steps after it.
        sleep(Duration::from_micros((random >> 33) % (3 * first.as_micros() as u64)));
        // SIGKILL, unless the run has finished.
        done = process.try_wait().unwrap().is_some();
        process.kill().unwrap();
        process.wait().unwrap();
        if done {
            assert!(place.path("r/summary.json").is_file(), "kill {kill}: it ended by itself, and not well");
            break;
        }
        if checkpoints.latest().unwrap().is_some() {
            let mut net = LeNet5::new(&Cpu::default());
            load_latest(&checkpoints, &mut net).unwrap_or_else(|error| panic!("after kill {kill}: {error}"));
            kept += 1;
        }
    }
    assert!(kept >= kills / 4 || done, "the kills came too early: {kept} checkpoints");
    if !done {
        place.works("train --resume r --threads 1");
    }
    assert!(outcome(&place) == uninterrupted(), "the same bits");
    assert!(place.names("r").iter().all(|name| !name.ends_with(".tmp")), "{:?}", place.names("r"));
}

#[test]
fn runs_that_cannot_be_resumed() {
    let place = Place::new();
    place.fails("train --resume none", 1, "error: none/config.json: No such file or directory (os error 2)");
    place.fails("train", 2, "error: the following required arguments were not provided: <MODEL>");
    place.fails("train --resume r --epochs 3", 2, "error: the argument '--resume <RUN_DIR>' cannot be used with '--epochs <N>'");
}

#[test]
fn data_sets_are_validated() {
    let place = Place::new();
    place.put("d/notes.txt", b"nothing");
    place.fails("data check d", 1, "error: d: no data set found; expected a folder for each data set");
    place.put("d/flowers/iris.csv", b"length,kind\n1,setosa\n2,virginica\n3,setosa\n");
    assert_eq!(place.works("data check d"), "flowers           3 rows of 1 numbers, 2 classes (1 to 2 items each)\n");
    place.put("d/tiny-shakespeare/input.txt", b"to be \xff or not");
    let output = place.run("data check d");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "error: errors in tiny-shakespeare\n");
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(
        said.ends_with("tiny-shakespeare  ERROR: d/tiny-shakespeare/input.txt: expected text in UTF-8, found invalid UTF-8 at byte 6\n"),
        "{said}"
    );
}
