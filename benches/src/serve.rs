//! The protocol of a side: a program controlled through its stdin, so that the sides can take turns.
//!
//! After the warm-up it prints `# ready KIND`. For a number on stdin it runs this number of steps and prints their times in milliseconds,
//! `ms 1.2 1.3 ..`; `next` ends the kind of work. The peers do the same if `BENCH_SERVE` is set.

use std::io::{BufRead, Write};
use std::sync::LazyLock;
use std::time::Instant;

/// Serves one kind of work; returns false at the end of the input.
pub fn serve(kind: &str, warm_up: usize, mut work: impl FnMut()) -> bool {
    (0..warm_up).for_each(|_| work());
    say(format_args!("# ready {kind}"));
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        let Ok(steps) = line.trim().parse::<usize>() else { return true };
        let mut times = String::from("ms");
        let before = processor_time();
        for _ in 0..steps {
            let start = Instant::now();
            work();
            if !*PROCESSOR {
                times.push_str(&format!(" {:.4}", start.elapsed().as_secs_f64() * 1e3));
            }
        }
        if let (true, Some(before), Some(after)) = (*PROCESSOR, before, processor_time()) {
            // The resolution is a few milliseconds, so the mean is reported for all steps.
            times.push_str(&format!(" {:.4}", (after - before) / steps as f64).repeat(steps));
        }
        say(format_args!("{times}"));
    }
    false
}

/// Serves one kind of work of a device that does it later: `wait` returns when all is done. The steps of an order are timed together, as in a training loop, which
/// does not wait after each; for each of them the mean is reported.
///
/// # Errors
/// Returns the first error of the work.
#[cfg(feature = "cuda")]
pub fn serve_together<Error>(
    kind: &str,
    warm_up: usize,
    mut work: impl FnMut() -> Result<(), Error>,
    wait: impl Fn() -> Result<(), Error>,
) -> Result<(), Error> {
    (0..warm_up).try_for_each(|_| work())?;
    wait()?;
    say(format_args!("# ready {kind}"));
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        let Ok(steps) = line.trim().parse::<usize>() else { break };
        let start = Instant::now();
        (0..steps).try_for_each(|_| work())?;
        wait()?;
        let mean = start.elapsed().as_secs_f64() * 1e3 / steps.max(1) as f64;
        say(format_args!("ms{}", format!(" {mean:.4}").repeat(steps)));
    }
    Ok(())
}

/// Whether to measure processor time, which other work on the machine hardly changes, instead of wall-clock time.
static PROCESSOR: LazyLock<bool> = LazyLock::new(|| std::env::var("BENCH_CLOCK").is_ok_and(|clock| clock == "processor"));

/// The processor time of all threads in milliseconds; Linux only.
pub fn processor_time() -> Option<f64> {
    let mut total = 0.0;
    for thread in std::fs::read_dir("/proc/self/task").ok()? {
        let nanoseconds = std::fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
        total += nanoseconds.split_whitespace().next()?.parse::<f64>().ok()? / 1e6;
    }
    Some(total)
}

/// Prints a line and flushes.
pub fn say(line: std::fmt::Arguments<'_>) {
    let mut out = std::io::stdout().lock();
    // If the reader has exited, the next read ends this program.
    _ = writeln!(out, "{line}").and_then(|()| out.flush());
}
