//! Profiling: if the variable `LAYERCAKE_PROFILE` is set to a number of passes, the minimum time of each step and pass is collected over all lanes
//! and runs, and printed to standard error after each such number of passes.

use std::{
    collections::BTreeMap,
    sync::{LazyLock, Mutex, PoisonError},
    time::Instant,
};

use crate::plan::{Part, Plan, Task};

/// The number of forward passes of a plan's first step after which times are printed; 0 for never.
static EVERY: LazyLock<usize> = LazyLock::new(|| std::env::var("LAYERCAKE_PROFILE").ok().and_then(|every| every.parse().ok()).unwrap_or(0));

/// The minimum time in seconds and the number of measurements, by step, pass and part.
type Times = BTreeMap<(usize, &'static str, u8), (f64, usize)>;

static TIMES: Mutex<Times> = Mutex::new(BTreeMap::new());

/// Runs a function, and measures its time if profiling is on.
pub fn timed(plan: &Plan, pass: &'static str, task: Task, work: impl FnOnce()) {
    if *EVERY == 0 {
        return work();
    }
    let start = Instant::now();
    work();
    let seconds = start.elapsed().as_secs_f64();
    let mut times = TIMES.lock().unwrap_or_else(PoisonError::into_inner);
    let entry = times.entry((task.step, pass, task.part as u8)).or_insert((f64::INFINITY, 0));
    *entry = (entry.0.min(seconds), entry.1 + 1);
    if task.step == 0 && pass == "forward" && task.part != Part::Rest && entry.1 == *EVERY {
        print(plan, &times);
        times.clear();
    }
}

fn print(plan: &Plan, times: &Times) {
    eprintln!("step, pass, least ms of a lane ({} lanes)", plan.lanes.len());
    for (&(step, pass, part), &(seconds, _)) in times {
        let kind = format!("{:?}", plan.steps[step].layer);
        let part = ["", " sums", " rest"][usize::from(part).min(2)];
        eprintln!("{step:3} {pass}{part:14} {:9.3} {}", seconds * 1e3, &kind[..kind.len().min(110)]);
    }
}
