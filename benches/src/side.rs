//! Starting and controlling the sides.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// A side, and how to start it.
#[derive(Clone, Debug)]
pub struct Side {
    /// Its name in the results.
    pub name: String,
    program: PathBuf,
    /// The arguments before and after the workload's name.
    before: Vec<String>,
    after: Vec<String>,
    env: Vec<(&'static str, String)>,
    /// Where its errors go; nowhere by default.
    log: Option<PathBuf>,
}

/// Keeps freed memory in the process. Where page faults are expensive, this matters for PyTorch.
const KEEP_MEMORY: &str = "glibc.malloc.mmap_max=0:glibc.malloc.trim_threshold=17179869184:glibc.malloc.top_pad=67108864";
/// The minimum time of a turn in milliseconds.
const TURN: f64 = 50.0;
/// The variants of PyTorch.
const VARIANTS: [&str; 7] = ["eager", "fused", "cl", "compile", "compile_cl", "freeze", "freeze_cl"];

/// Layercake and all available peers: PyTorch by the variable `TORCH_PY`, the others as built by `benches/peers/build.sh`.
pub fn all(threads: usize, clock: &str) -> std::io::Result<Vec<Side>> {
    let mut sides = vec![Side::new("layercake", std::env::current_exe()?, &["side"], &[], threads)];
    let peers = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers");
    if let Some(python) = std::env::var_os("TORCH_PY") {
        let script = peers.join("torch/bench.py").to_string_lossy().into_owned();
        for keep in [false, true] {
            for variant in VARIANTS {
                let name = format!("torch-{variant}{}", if keep { "+malloc" } else { "" });
                let mut side = Side::new(&name, PathBuf::from(&python), &[&script], &[variant], threads);
                side.env.extend(keep.then(|| ("GLIBC_TUNABLES", KEEP_MEMORY.to_owned())));
                sides.push(side);
            }
        }
    }
    let built = std::env::var_os("PEERS_TARGET").map_or_else(|| peers.join("target"), PathBuf::from);
    let others = [("candle", "candle/release/bench-candle", None), ("burn-flex", "burn/release/bench-burn", Some("flex"))];
    for (name, path, backend) in others {
        let program = built.join(path);
        if program.exists() {
            sides.push(Side::new(name, program, &[], backend.as_slice(), threads));
        }
    }
    sides.iter_mut().for_each(|side| side.env.push(("BENCH_CLOCK", clock.to_owned())));
    Ok(sides)
}

impl Side {
    /// The sides of an inference of images: Layercake, and what is in the Python of `TORCH_PY`, where ONNX Runtime runs `file`.
    ///
    /// # Errors
    /// Returns an error if this program has no path.
    pub fn images(batch: usize, file: &Path, threads: usize, clock: &str) -> std::io::Result<Vec<Side>> {
        let (batch, file) = (batch.to_string(), file.to_string_lossy());
        let mut sides = vec![Side::new("layercake", std::env::current_exe()?, &["image-side"], &[&batch], threads)];
        if let Some(python) = std::env::var_os("TORCH_PY") {
            let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/torch/images.py").to_string_lossy().into_owned();
            for (name, side) in [("onnxruntime", "onnxruntime"), ("torch-eager", "eager"), ("torch-cl", "cl")] {
                sides.push(Side::new(name, PathBuf::from(&python), &[&script], &[side, &batch, &file], threads));
            }
        }
        sides.iter_mut().for_each(|side| side.env.push(("BENCH_CLOCK", clock.to_owned())));
        Ok(sides)
    }

    /// The sides on a GPU: Layercake, and the variants of PyTorch that are asked for. `device` is what PyTorch calls it.
    ///
    /// # Errors
    /// Returns an error if this program has no path.
    #[cfg(feature = "cuda")]
    pub fn gpu(batch: usize, small: bool, variants: &[&str], script: &Path, device: &str, logs: &Path) -> std::io::Result<Vec<Side>> {
        let after = [batch.to_string(), small.to_string()];
        let after: Vec<&str> = after.iter().map(String::as_str).collect();
        // Layercake keeps the processor busy with launches alone; PyTorch's threads are those that it takes by itself.
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let mut sides = vec![Side::new("layercake", std::env::current_exe()?, &["gpu-side"], &after, threads)];
        if let Some(python) = std::env::var_os("TORCH_PY") {
            for variant in variants {
                let mut side =
                    Side::new(&format!("torch-{variant}"), PathBuf::from(&python), &[&script.to_string_lossy()], &[variant], threads);
                side.env.extend([
                    ("BENCH_DEVICE", device.to_owned()),
                    ("BENCH_BATCH", batch.to_string()),
                    ("BENCH_SMALL", u8::from(small).to_string()),
                ]);
                sides.push(side);
            }
        }
        for side in &mut sides {
            side.log = Some(logs.join(format!("{}-{batch}.log", side.name)));
        }
        Ok(sides)
    }

    fn new(name: &str, program: PathBuf, before: &[&str], after: &[&str], threads: usize) -> Self {
        let names = ["BENCH_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS", "OPENBLAS_NUM_THREADS"];
        let mut env: Vec<_> = names.map(|name| (name, threads.to_string())).into();
        env.push(("BENCH_SERVE", "1".to_owned()));
        let owned = |list: &[&str]| list.iter().map(|&text| text.to_owned()).collect();
        Self { name: name.to_owned(), program, before: owned(before), after: owned(after), env, log: None }
    }

    /// Whether the side only infers.
    pub fn only_infers(&self) -> bool {
        self.name.contains("freeze")
    }

    /// Starts it on a workload.
    ///
    /// # Errors
    /// Returns an error if the program cannot be started.
    pub fn start(&self, workload: &str) -> std::io::Result<Running> {
        let mut command = Command::new(&self.program);
        command.args(&self.before).arg(workload).args(&self.after).envs(self.env.iter().cloned());
        let errors = self.log.as_ref().map_or_else(|| Ok(Stdio::null()), |path| std::fs::File::create(path).map(Stdio::from))?;
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(errors).spawn()?;
        let orders = child.stdin.take().expect("piped");
        let answers = BufReader::new(child.stdout.take().expect("piped"));
        Ok(Running { name: self.name.clone(), child, orders, answers, params: None, times: BTreeMap::new(), resident: None, over: false })
    }
}

/// A running side.
#[derive(Debug)]
pub struct Running {
    /// Its name.
    pub name: String,
    child: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
    /// The number of trainable parameters that it reported.
    pub params: Option<usize>,
    /// Milliseconds of each step so far, by kind.
    pub times: BTreeMap<&'static str, Vec<f64>>,
    /// Peak memory in MiB at the end of training.
    pub resident: Option<f64>,
    over: bool,
}

impl Running {
    /// Whether the program has exited.
    pub fn is_over(&self) -> bool {
        self.over
    }

    /// Waits until the side is ready for a kind of work; false if it exits instead.
    pub fn ready(&mut self, kind: &str) -> bool {
        while let Some(line) = self.line() {
            let words: Vec<&str> = line.split_whitespace().collect();
            if let Some(at) = words.iter().position(|&word| word == "params") {
                self.params = words.get(at + 1).and_then(|count| count.parse().ok());
            }
            if let ["#", "ready", found] = words[..] {
                return found == kind;
            }
        }
        self.over = true;
        false
    }

    /// Times steps of a kind; more of them if they are short, since the first ones after a pause have cold caches.
    pub fn steps(&mut self, kind: &'static str, steps: usize) {
        let Some(total) = self.timed(kind, steps) else { return };
        // In one request, since a real training loop is not interrupted every few steps.
        let more = (TURN / (total / steps as f64).max(1e-3)) as usize;
        if more > steps {
            self.timed(kind, more);
        }
    }

    /// Times exactly so many steps.
    #[cfg(feature = "cuda")]
    pub fn few_steps(&mut self, kind: &'static str, steps: usize) {
        self.timed(kind, steps);
    }

    /// Times steps; returns the total in milliseconds.
    fn timed(&mut self, kind: &'static str, steps: usize) -> Option<f64> {
        if !self.order(&steps.to_string()) {
            return None;
        }
        let line = self.line()?;
        let times: Vec<f64> = line.split_whitespace().skip(1).filter_map(|time| time.parse().ok()).collect();
        let total = times.iter().sum();
        self.times.entry(kind).or_default().extend(times);
        Some(total)
    }

    /// Continues with the next kind of work.
    pub fn next(&mut self) {
        self.resident = self.resident.or_else(|| resident(self.child.id()));
        self.order("next");
    }

    fn order(&mut self, order: &str) -> bool {
        writeln!(self.orders, "{order}").and_then(|()| self.orders.flush()).is_ok()
    }

    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        let read = self.answers.read_line(&mut line).ok()?;
        (read > 0).then_some(line)
    }

    /// Reads the remaining output and waits for the exit.
    pub fn finish(mut self) -> Finished {
        while let Some(line) = self.line() {
            let mut words = line.split_whitespace().skip_while(|&word| word != "params").skip(1);
            self.params = words.next().and_then(|count| count.parse().ok()).or(self.params);
        }
        let succeeded = self.child.wait().is_ok_and(|status| status.success());
        Finished { name: self.name, params: self.params, times: self.times, resident: self.resident, succeeded }
    }
}

/// The results of a side.
#[derive(Debug)]
pub struct Finished {
    /// Its name.
    pub name: String,
    /// The number of trainable parameters that it reported.
    pub params: Option<usize>,
    /// Milliseconds of each step, by kind.
    pub times: BTreeMap<&'static str, Vec<f64>>,
    /// Peak memory while training, in MiB.
    pub resident: Option<f64>,
    /// Whether it succeeded. A side whose loss does not fall fails.
    pub succeeded: bool,
}

/// The peak resident memory of a process in MiB; Linux only.
fn resident(process: u32) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse::<f64>().ok().map(|kib| kib / 1024.0)
}
