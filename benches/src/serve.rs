//! One side as a program: it waits for orders on its input, so that the sides can take turns.
//!
//! After the warm-up it prints `# ready KIND`. A number on its input is answered by as many times in milliseconds, `ms 1.2 1.3 ..`; `next`
//! ends a kind of work. The peers do the same where `BENCH_SERVE` is set.

use std::io::{BufRead, Write};
use std::sync::LazyLock;
use std::time::Instant;

/// Serves one kind of work; false when the input has ended.
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
            // It is known to a few milliseconds only: all steps get the mean.
            times.push_str(&format!(" {:.4}", (after - before) / steps as f64).repeat(steps));
        }
        say(format_args!("{times}"));
    }
    false
}

/// Is it the processor time that counts, which other work on the machine hardly changes, and not the clock?
static PROCESSOR: LazyLock<bool> = LazyLock::new(|| std::env::var("BENCH_CLOCK").is_ok_and(|clock| clock == "processor"));

/// The milliseconds that all threads were given so far. Linux alone tells it.
fn processor_time() -> Option<f64> {
    let mut total = 0.0;
    for thread in std::fs::read_dir("/proc/self/task").ok()? {
        let nanoseconds = std::fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
        total += nanoseconds.split_whitespace().next()?.parse::<f64>().ok()? / 1e6;
    }
    Some(total)
}

/// Prints a line at once.
pub fn say(line: std::fmt::Arguments<'_>) {
    let mut out = std::io::stdout().lock();
    // Nobody listens any more: the next read ends it.
    _ = writeln!(out, "{line}").and_then(|()| out.flush());
}
