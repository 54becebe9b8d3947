//! This test binary again, as a process of its own: for what a test must not suffer itself.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Runs one test of this binary with something to do, which it asks [`errand`] for. With `room`, it may reserve so many bytes and no more.
pub fn child(test: &str, errand: &str, path: &Path, room: Option<usize>) -> Output {
    let binary = std::env::current_exe().unwrap();
    let mut command = match room {
        Some(room) => {
            let mut shell = Command::new("sh");
            shell.args(["-c", &format!("ulimit -v {} && exec \"$0\" \"$@\"", room >> 10)]).arg(&binary);
            shell
        }
        None => Command::new(&binary),
    };
    command.args(["--exact", test, "--nocapture", "--test-threads=1"]);
    // Each arena of the allocator reserves 64 MiB that it does not use.
    command.env("CHILD_ERRAND", errand).env("CHILD_PATH", path).env("MALLOC_ARENA_MAX", "1").env("RUST_BACKTRACE", "0");
    command.output().unwrap()
}

/// What this process was started for, if it is a child.
pub fn errand() -> Option<(String, PathBuf)> {
    Some((std::env::var("CHILD_ERRAND").ok()?, std::env::var_os("CHILD_PATH")?.into()))
}

/// A metric of this process in bytes: the most it has held (`VmHWM`) or reserved (`VmPeak`) so far.
pub fn used(metric: &str) -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(metric)?.strip_prefix(':'))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<usize>().ok()? * 1024)
}
