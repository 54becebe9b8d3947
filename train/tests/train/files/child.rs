//! Runs a test of this binary in a child process.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Runs one test of this binary with a task that it reads with [`errand`]. `room` limits its memory in bytes.
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
    // Each arena of the allocator reserves 64 MiB.
    command.env("CHILD_ERRAND", errand).env("CHILD_PATH", path).env("MALLOC_ARENA_MAX", "1").env("RUST_BACKTRACE", "0");
    command.output().unwrap()
}

/// The task of this process, if it is a child.
pub fn errand() -> Option<(String, PathBuf)> {
    Some((std::env::var("CHILD_ERRAND").ok()?, std::env::var_os("CHILD_PATH")?.into()))
}

/// A memory statistic of this process in bytes: the peak resident (`VmHWM`) or reserved (`VmPeak`) memory.
pub fn used(metric: &str) -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(metric)?.strip_prefix(':'))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<usize>().ok()? * 1024)
}
