//! `layercake train` by several processes under `mpirun`: the same files as by one, and one line about what ends a run.

use std::fs;
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::support::Place;
use layercake_train::Checkpoints;

/// The launcher; `LAYERCAKE_MPIRUN` names another one.
fn mpirun() -> Command {
    let program = std::env::var("LAYERCAKE_MPIRUN").unwrap_or_else(|_| "mpirun".to_owned());
    let version = Command::new(&program).arg("--version").output().unwrap_or_else(|error| panic!("{program}: {error}; install an MPI"));
    let mut command = Command::new(&program);
    if String::from_utf8_lossy(&version.stdout).contains("Open MPI") {
        // More ranks than processors, and in a container.
        command.arg("--oversubscribe").envs([("OMPI_ALLOW_RUN_AS_ROOT", "1"), ("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1")]);
    }
    command
}

/// Groups of ranks, each with its own arguments of `layercake`, which wait for each other for so many seconds.
fn start(place: &Place, groups: &[(usize, &str)], patience: usize) -> Child {
    let mut command = mpirun();
    for (index, (ranks, words)) in groups.iter().enumerate() {
        command.args((index > 0).then_some(":")).args(["-n", &ranks.to_string(), env!("CARGO_BIN_EXE_layercake")]);
        command.args(words.split_whitespace());
    }
    command.env("LAYERCAKE_RANK_TIMEOUT", patience.to_string()).current_dir(place.path(""));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn run(place: &Place, groups: &[(usize, &str)]) -> Output {
    start(place, groups, 100).wait_with_output().unwrap()
}

/// The error of the run, among what the launcher says.
fn error(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{text}");
    let lines: Vec<&str> = text.lines().filter(|line| line.starts_with("error: ")).collect();
    lines.first().unwrap_or_else(|| panic!("an error: {text}")).to_string()
}

fn parameters(place: &Place, folder: &str) -> Vec<u8> {
    fs::read(place.path(&format!("{folder}/model.safetensors"))).unwrap()
}

#[test]
fn the_same_bytes() {
    let place = Place::new();
    for model in ["lenet5", "maxout", "row_classifier"] {
        let command = format!("train {model} --epochs 1 --train-size 130 --dataset digits --threads 1");
        place.works(&format!("{command} --out {model}-1"));
        for ranks in [2, 4] {
            let output = run(&place, &[(ranks, &format!("{command} --out {model}-{ranks}"))]);
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            let printed = String::from_utf8_lossy(&output.stdout);
            assert_eq!(printed.matches("epoch 1/1").count(), 1, "rank 0 alone prints: {printed}");
            assert!(printed.contains(&format!("rank 0 of {ranks}: ")) && !printed.contains(": 0 exchanges"), "{printed}");
            assert!(
                parameters(&place, &format!("{model}-{ranks}")) == parameters(&place, &format!("{model}-1")),
                "{model} on {ranks} ranks"
            );
            assert_eq!(place.names(&format!("{model}-{ranks}")), place.names(&format!("{model}-1")));
        }
    }
}

#[test]
fn ranks_that_differ_end_the_run() {
    let place = Place::new();
    let train = "train lenet5 --epochs 1 --train-size 100 --out r";
    let found = error(&run(&place, &[(1, train), (1, &format!("{train} --seed 4"))]));
    assert!(found.starts_with("error: rank 1 differs from rank 0 in its options: ") && found.contains("\"seed\":4"), "{found}");
    let found = error(&run(&place, &[(2, train), (1, &format!("{train} --dataset mnist --data-dir nowhere"))]));
    assert!(found.starts_with("error: rank 2: nowhere/mnist: no such folder"), "{found}");
    let refused = run(&place, &[(2, "list")]);
    assert_eq!(error(&refused), "error: only `layercake train` works with several ranks; start other commands without `mpirun`");
    let misspelled = run(&place, &[(3, "train lenet5 --sede 4")]);
    assert!(error(&misspelled).contains("--sede"));
    for output in [refused, misspelled] {
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(text.matches("error: ").count(), 1, "one rank tells: {text}");
    }
}

const LONG: &str = "train lenet5 --epochs 2 --seed 4 --checkpoint-every 5 --threads 1 --out r";

/// The process of a rank of a run that has a checkpoint.
fn rank_of(place: &Place, run: &Child, rank: usize) -> String {
    let begun = Instant::now();
    while Checkpoints::new(place.path("r/checkpoints")).latest().unwrap().is_none() {
        assert!(begun.elapsed() < Duration::from_secs(60), "no checkpoint in a minute");
        sleep(Duration::from_millis(5));
    }
    let children = Command::new("pgrep").args(["-P", &run.id().to_string()]).output().unwrap();
    String::from_utf8(children.stdout).unwrap().lines().nth(rank).expect("a process for each rank").to_owned()
}

fn signal(name: &str, process: &str) {
    assert!(Command::new("kill").args([name, process]).status().unwrap().success());
}

#[test]
fn a_rank_that_dies_or_hangs_ends_the_run_and_others_go_on() {
    let place = Place::new();
    let dying = start(&place, &[(3, LONG)], 100);
    signal("-KILL", &rank_of(&place, &dying, 1));
    let begun = Instant::now();
    let output = dying.wait_with_output().unwrap();
    assert!(!output.status.success() && begun.elapsed() < Duration::from_secs(10));

    fs::remove_dir_all(place.path("r")).unwrap();
    let hanging = start(&place, &[(3, LONG)], 3);
    let process = rank_of(&place, &hanging, 1);
    signal("-STOP", &process);
    let begun = Instant::now();
    let found = error(&hanging.wait_with_output().unwrap());
    assert_eq!(found, "error: rank 1 has not answered for 3 s; the run ends");
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());

    let resumed = run(&place, &[(2, "train --resume r --threads 1")]);
    assert!(resumed.status.success(), "{}", String::from_utf8_lossy(&resumed.stderr));
    place.works(&LONG.replace("--out r", "--out whole"));
    assert!(parameters(&place, "r") == parameters(&place, "whole"));
}
