//! The command with `--device cuda`; without the feature, `models/command.rs` tests what it says.
#![cfg(feature = "cuda")]

#[path = "models/support.rs"]
mod support;

use support::Place;

/// The emulated device takes half a minute for these 46 steps, and minutes for the default recipe.
#[test]
fn lenet5_learns_the_digits() {
    let place = Place::new();
    let recipe = match std::env::var_os("LAYERCAKE_CUDA_ALL") {
        Some(_) => "",
        None => "--epochs 2 --batch-size 64 --lr 0.006",
    };
    place.works(&format!("train lenet5 --device cuda --seed 1 {recipe} --out r"));
    place.works(&format!("train lenet5 --device cpu --seed 1 {recipe} --out c"));
    let of = |run: &str, metric: &str| place.json(&format!("{run}/summary.json"))[metric].as_f64().unwrap();
    let [found, expected] = ["r", "c"].map(|run| of(run, "test_accuracy"));
    assert!((found - expected).abs() <= 0.006 && expected > 0.8, "an accuracy of {found} instead of {expected}");
    let [found, expected] = ["r", "c"].map(|run| of(run, "train_loss"));
    assert!((found - expected).abs() <= 1e-2 * expected, "a loss of {found} instead of {expected}");
    assert_eq!(place.json("r/config.json")["device"], "cuda");
}

/// The command in an environment of its own; returns its exit code, stdout and stderr.
fn run(place: &Place, variables: &[(&str, &std::ffi::OsStr)], command: &str) -> (Option<i32>, String, String) {
    let mut process = std::process::Command::new(env!("CARGO_BIN_EXE_layercake"));
    process.args(command.split_whitespace()).current_dir(place.path(".")).env("RUST_BACKTRACE", "0");
    let output = process.envs(variables.iter().copied()).output().unwrap();
    let [stdout, stderr] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    (output.status.code(), stdout, stderr)
}

/// Training fails with exactly this line.
#[track_caller]
fn fails(place: &Place, variables: &[(&str, &std::ffi::OsStr)], line: &str) {
    let (code, _, stderr) = run(place, variables, "train lenet5 --device cuda --epochs 1 --batch-size 64 --out r");
    assert_eq!((stderr.as_str(), code), (format!("error: {line}\n").as_str(), Some(1)));
}

fn is_emulated() -> bool {
    let emulated = std::env::var_os("LAYERCAKE_CUDA_EMULATED").is_some();
    if !emulated {
        eprintln!("SKIPPED: only the emulated device can refuse");
    }
    emulated
}

/// Without the CUDA libraries the command starts, and runs on the CPU.
#[test]
fn without_the_libraries() {
    if !is_emulated() {
        return;
    }
    let place = Place::new();
    std::fs::create_dir(place.path("lib")).unwrap();
    let folder = place.path("lib");
    let there = [("LD_LIBRARY_PATH", folder.as_os_str())];
    for command in ["list", "summary lenet5", "train softmax --epochs 1 --out c", "eval softmax --checkpoint c"] {
        let (code, stdout, stderr) = run(&place, &there, command);
        assert_eq!((code, stderr.as_str()), (Some(0), ""), "{command}");
        assert!(!stdout.is_empty(), "{command}");
    }
    let absent = |file: &str| format!("{file}: cannot open shared object file: No such file or directory");
    let driver = absent("libcuda.so.1");
    fails(&place, &there, &format!("the device cannot be used: no NVIDIA driver is installed ({driver}); install one, or use the CPU"));
    // One library after the other is there.
    let toolkit = std::path::PathBuf::from(std::env::var_os("CUDA_PATH").unwrap()).join("lib64");
    for (file, library, next) in [("libcuda.so.1", "cuBLAS", "libcublas.so.13"), ("libcublas.so", "NVRTC", "libnvrtc.so.13")] {
        std::fs::copy(toolkit.join(file), folder.join(file)).unwrap();
        let next = absent(next);
        let line = format!(
            "the device cannot be used: {library} is missing ({next}); install the CUDA toolkit, and name the folder of its libraries in LD_LIBRARY_PATH"
        );
        fails(&place, &there, &line);
    }
}

#[test]
fn what_the_device_refuses() {
    if !is_emulated() {
        return;
    }
    let place = Place::new();
    let refused = |what: &str, line: &str| fails(&place, &[("CUDA_ON_CPU_REFUSE", what.as_ref())], line);
    refused("gpu", "the device cannot be used: the NVIDIA driver finds no such GPU; `nvidia-smi` lists those that it has");
    refused(
        "ptx",
        "the device cannot be used: the NVIDIA driver is too old: it supports CUDA 13.0, and this program was built with a newer toolkit; update the \
         driver, or build with an older toolkit",
    );
    refused(
        "headers",
        "the device cannot be used: NVRTC does not find CUDA's headers (default_program(1): catastrophic error: cannot open source file \
         \"cuda_fp16.h\"); they must be where they were when the program was built",
    );
    refused(
        "conv_forward",
        "the device failed: a kernel failed in `conv1` (Conv2d) of `LeNet5` with a batch of 64 or before it: unspecified launch failure \
         (CUDA_ERROR_LAUNCH_FAILED)",
    );
    refused(
        "linear_weight_grad",
        "the device failed: a kernel failed in the backward pass of `fc3` (Linear) of `LeNet5` with a batch of 64 or before it: unspecified launch \
         failure (CUDA_ERROR_LAUNCH_FAILED)",
    );
    let asked = |what: &str, reason: &str| {
        let line = format!(
            "the device cannot be used: LAYERCAKE_CUDA_ENGINE asks for `{what}`, which {reason}; the engine computes in single precision, and the variable \
             may be `off`, for dfdx's operations in its place"
        );
        fails(&place, &[("LAYERCAKE_CUDA_ENGINE", what.as_ref())], &line);
    };
    ["tf32", "bf16", "graphs"].iter().for_each(|what| asked(what, "is refused until it has been tested on a GPU"));
    asked("fast", "it does not know");
    fails(
        &place,
        &[("CUDA_ON_CPU_MEMORY", "2".as_ref())],
        "the device failed: the device is out of memory in `conv1` (Conv2d) of `LeNet5` with a batch of 64, which needs 1.2 MB for its largest tensor; \
         a smaller batch needs less",
    );
}

/// A run that was trained on one device is evaluated on the other.
#[test]
fn evaluation_takes_a_device() {
    let place = Place::new();
    place.works("train softmax --seed 1 --epochs 1 --out r");
    let [cpu, cuda] = ["cpu", "cuda"].map(|device| place.works(&format!("eval softmax --checkpoint r --device {device}")));
    assert_eq!(cuda, cpu);
    if is_emulated() {
        let (code, _, stderr) = run(&place, &[("CUDA_ON_CPU_REFUSE", "gpu".as_ref())], "eval softmax --checkpoint r --device cuda");
        assert_eq!(code, Some(1), "it did not ask for the GPU: {stderr}");
    }
}

#[test]
fn a_benchmark_takes_a_device() {
    let place = Place::new();
    let text = place.works("bench softmax --batch-size 2 --device cuda");
    assert!(text.starts_with("softmax, 2 images per step, cuda\n"), "{text}");
}
