//! What a failing device says where dfdx would print its own error as Rust's `Debug` does. The command's errors are in `models/tests/cuda.rs`.

use std::process::Command;

use layercake::dfdx::tensor::Cuda;
use layercake::prelude::*;
use layercake::{DeviceError, ForwardError};
use layercake_cuda_tests::{device, is_emulated};

network! { Net: [3] -> [2] { fc: Linear(2), Tanh } }

/// The layer, and the kernels of its forward and backward pass, on the engine and in dfdx's operations.
const PATHS: [(&str, &str, &str, &str); 2] =
    [("on", "`fc` (Linear)", "linear_forward", "linear_weight_grad"), ("off", "`tanh_1` (Tanh)", "tanh_fwd_f32", "tanh_bwd_f32")];
const REST: &str = "of `Net` with a batch of 4 or before it: unspecified launch failure (CUDA_ERROR_LAUNCH_FAILED)";

/// Runs `runs` in a process of its own, in which the device refuses a kernel, and returns what it printed to stderr.
fn refused(engine: &str, kernel: &str, which: &str) -> (bool, String) {
    let child = Command::new(std::env::current_exe().expect("this binary"))
        .args(["--exact", "errors::runs", "--ignored", "--nocapture"])
        .envs([("CUDA_ON_CPU_REFUSE", kernel), ("LAYERCAKE_CUDA_RUNS", which), ("LAYERCAKE_CUDA_ENGINE", engine)])
        .output()
        .expect("this binary can be started");
    (child.status.success(), String::from_utf8_lossy(&child.stderr).into_owned())
}

#[test]
fn a_failing_kernel_is_a_sentence() {
    if !is_emulated() {
        eprintln!("SKIPPED: only the emulated device can refuse a kernel");
        return;
    }
    for (engine, layer, forward, _) in PATHS {
        for which in ["network", "graph"] {
            let (works, text) = refused(engine, forward, which);
            let sentence = format!("the device failed: a kernel failed in {layer} {REST}");
            assert!(!works && text.contains(&sentence) && !text.contains("DriverError"), "{which}: {text}");
        }
    }
}

/// The error that is returned has the same sentence, as often as it is printed, and the layer as data.
#[test]
fn a_failing_kernel_is_a_typed_error() {
    if !is_emulated() {
        return;
    }
    for (engine, layer, forward, backward) in PATHS {
        let (works, text) = refused(engine, forward, "try");
        let sentence = format!("the device failed: a kernel failed in {layer} {REST}\n");
        assert!(works && text.matches(&sentence).count() == 2, "{text}");
        let (works, text) = refused(engine, backward, "backward");
        assert!(works && text.contains(&format!("a kernel failed in the backward pass of {layer} {REST}\n")), "{text}");
    }
}

#[test]
#[ignore = "run by the tests above in a process of its own"]
fn runs() {
    type Output<T = NoneTape> = Tensor<(usize, Const<2>), f32, Cuda, T>;
    let device = device(0);
    let x: Tensor<(usize, Const<3>), f32, Cuda> = device.zeros_like(&(4, Const));
    let mut net = device.build_module::<Net, f32>();
    match std::env::var("LAYERCAKE_CUDA_RUNS").as_deref() {
        Ok("graph") => {
            let _: Output = GraphModel::new(Net::<f32, Cpu>::GRAPH.clone(), &device).forward(x);
        }
        Ok("try") => {
            let error = net.try_forward(x).expect_err("the kernel is refused");
            eprintln!("{error}\n{error}");
            let ForwardError::Device { reason: DeviceError::Kernel { at: Some(_), .. }, .. } = &error else { panic!("{error:?}") };
            assert!(matches!(DeviceError::of(&error), DeviceError::Kernel { at: Some(_), .. }));
        }
        Ok("backward") => {
            let y: Output<OwnedTape<f32, Cuda>> = net.forward_train(x, Gradients::leaky());
            let error = y.mean().try_backward().map(drop).expect_err("the kernel is refused");
            eprintln!("{}", DeviceError::of(&error));
        }
        _ => {
            let _: Output = net.forward(x);
        }
    }
}
