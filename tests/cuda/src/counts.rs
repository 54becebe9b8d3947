//! What the emulated device counts. A process prints its counts when it ends, so each measurement is a process of its own.

use std::process::Command;

/// What a process asked of the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// Launches of kernels.
    pub launches: u64,
    /// Matrix products.
    pub products: u64,
    /// Copies to the device.
    pub uploads: u64,
    /// Copies to the host.
    pub reads: u64,
    /// Allocations.
    pub allocations: u64,
}

impl std::ops::Sub for Counts {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self {
            launches: self.launches - other.launches,
            products: self.products - other.products,
            uploads: self.uploads - other.uploads,
            reads: self.reads - other.reads,
            allocations: self.allocations - other.allocations,
        }
    }
}

/// Runs a test of this binary, which is ignored otherwise, in a process of its own with a variable set, and returns what it asked of the device.
///
/// # Panics
/// If the test fails, or the device is not the emulated one.
pub fn counts_of_child(test: &str, variable: &str, value: &str) -> Counts {
    let report = report_of_child(test, variable, value);
    let number = |word: &str| number(&report, word);
    Counts {
        launches: number(" launches, "),
        products: number(" matrix products"),
        uploads: number(" to the device"),
        reads: number(" to the host"),
        allocations: number(" allocations"),
    }
}

/// The bytes that the kernels of such a process wrote, each address once for each launch; they have to be compiled so that they tell what they write.
///
/// # Panics
/// The same as [`counts_of_child`].
pub fn bytes_written_by_child(test: &str, variable: &str, value: &str) -> u64 {
    let report = report_of_child(test, variable, value);
    let at = report.find("have written ").unwrap_or_else(|| panic!("the device reports no bytes: {report}"));
    number(&report[at + "have written ".len()..], " bytes")
}

/// The number before the first such word.
fn number(report: &str, word: &str) -> u64 {
    let before = report.find(word).map(|at| report[..at].rsplit(|c: char| !c.is_ascii_digit()).next().unwrap_or_default());
    before.and_then(|digits| digits.parse().ok()).unwrap_or_else(|| panic!("the device reports no `{word}`: {report}"))
}

fn report_of_child(test: &str, variable: &str, value: &str) -> String {
    let own = std::env::current_exe().expect("this binary");
    let done =
        Command::new(own).args(["--exact", test, "--ignored", "--nocapture"]).env(variable, value).env("CUDA_ON_CPU_REPORT", "1").output();
    let done = done.expect("this binary can be started");
    let report = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.success(), "{test}: {}\n{report}", String::from_utf8_lossy(&done.stdout));
    report
}
