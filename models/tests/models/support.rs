//! Helpers for the tests of the command.
#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::ffi::OsStr;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

/// The files in the run folder of a classifier.
pub const FILES: [&str; 12] = [
    "classes.md",
    "config.json",
    "confusion.svg",
    "curves.svg",
    "filters.png",
    "metrics.jsonl",
    "mistakes.png",
    "model.safetensors",
    "network.svg",
    "report.html",
    "summary.json",
    "surest.png",
];

/// A temporary working directory of the command.
pub struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file and creates its folders.
    pub fn put(&self, name: &str, bytes: &[u8]) -> &Self {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
        self
    }

    pub fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub fn json(&self, name: &str) -> serde_json::Value {
        serde_json::from_str(&self.text(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub fn names(&self, folder: &str) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(self.path(folder)).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// Runs `layercake` with these arguments.
    pub fn run(&self, command: &str) -> Output {
        self.run_words(command.split_whitespace())
    }

    pub fn run_words(&self, words: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Output {
        Command::new(env!("CARGO_BIN_EXE_layercake")).args(words).current_dir(self.folder.path()).output().unwrap()
    }

    /// Runs the command successfully and returns its stdout.
    pub fn works(&self, command: &str) -> String {
        let output = self.run(command);
        let (stdout, stderr) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
        assert!(output.status.success(), "layercake {command}\n{stderr}");
        assert_eq!(stderr, "", "layercake {command}");
        stdout
    }

    /// Runs the command successfully, with nothing but warnings on stderr, of which the first begins with this text, and returns its stdout.
    pub fn warns(&self, command: &str, text: &str) -> String {
        let output = self.run(command);
        let (stdout, stderr) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
        assert!(output.status.success(), "layercake {command}\n{stderr}");
        assert!(stderr.starts_with(&format!("warning: {text}")), "layercake {command}\n{stderr}");
        assert!(stderr.lines().all(|line| line.starts_with("warning: ")), "layercake {command}\n{stderr}");
        stdout
    }

    /// Runs the command and checks its exit code, an empty stdout, and exactly this line on stderr.
    #[track_caller]
    pub fn fails(&self, command: &str, code: i32, line: &str) {
        let output = self.run(command);
        let (stdout, stderr) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
        assert_eq!((stderr.as_str(), stdout.as_str()), (format!("{line}\n").as_str(), ""), "layercake {command}");
        assert_eq!(output.status.code(), Some(code), "layercake {command}");
    }
}

/// An IDX file of bytes.
pub fn idx(sizes: &[u32], bytes: &[u8]) -> Vec<u8> {
    let mut file = vec![0, 0, 8, sizes.len() as u8];
    sizes.iter().for_each(|size| file.extend(size.to_be_bytes()));
    file.extend(bytes);
    file
}

/// Starts a run of the command and kills it after its second epoch.
pub fn killed(place: &Place, command: &str, folder: &str) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_layercake"))
        .args(command.split(' '))
        .current_dir(place.path("."))
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let (begin, metrics) = (Instant::now(), format!("{folder}/metrics.jsonl"));
    while !place.path(&metrics).is_file() || place.text(&metrics).lines().count() < 2 {
        assert!(begin.elapsed() < Duration::from_secs(60), "no epoch");
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!place.path(&format!("{folder}/summary.json")).is_file(), "the run was faster than the signal");
}
