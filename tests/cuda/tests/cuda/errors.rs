//! What a failing device says where dfdx would print its own error as Rust's `Debug` does. The command's errors are in `models/tests/cuda.rs`.

use std::process::Command;

use layercake::dfdx::tensor::Cuda;
use layercake::prelude::*;
use layercake_cuda_tests::{device, is_emulated};

network! { Net: [3] -> [2] { fc: Linear(2), Tanh } }

#[test]
fn a_failing_kernel_is_a_sentence() {
    if !is_emulated() {
        eprintln!("SKIPPED: only the emulated device can refuse a kernel");
        return;
    }
    let place = "the device failed: a kernel failed in `tanh_1` (Tanh) of `Net` with a batch of 4 or before it";
    for which in ["network", "graph"] {
        let child = Command::new(std::env::current_exe().expect("this binary"))
            .args(["--exact", "errors::runs", "--ignored", "--nocapture"])
            .envs([("CUDA_ON_CPU_REFUSE", "tanh_fwd_f32"), ("LAYERCAKE_CUDA_RUNS", which)])
            .output()
            .expect("this binary can be started");
        let text = String::from_utf8_lossy(&child.stderr);
        let sentence = format!("{place}: unspecified launch failure (CUDA_ERROR_LAUNCH_FAILED)");
        assert!(!child.status.success() && text.contains(&sentence) && !text.contains("DriverError"), "{which}: {text}");
    }
}

#[test]
#[ignore = "run by `a_failing_kernel_is_a_sentence` in a process of its own"]
fn runs() {
    let device = device(0);
    let x: Tensor<(usize, Const<3>), f32, Cuda> = device.zeros_like(&(4, Const));
    let _: Tensor<(usize, Const<2>), f32, Cuda> = match std::env::var("LAYERCAKE_CUDA_RUNS").as_deref() {
        Ok("graph") => GraphModel::new(Net::<f32, Cpu>::GRAPH.clone(), &device).forward(x),
        _ => device.build_module::<Net, f32>().forward(x),
    };
}
