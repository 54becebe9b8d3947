//! Tensors that are too large for dfdx's kernels, which count elements in 32 bits: a run that needs one is refused before anything is allocated for it. And tensors without
//! elements, of which the driver is asked nothing.

use layercake::dfdx::tensor::Cuda;
use layercake::prelude::*;
use layercake::{ForwardError, GraphError};
use layercake_cuda_tests::device;

// 65 * 65 * 1024 * 1024 columns.
network! { Net: [1, 1024, 1024] -> [1, 1024, 1024] { conv: Conv2d(1, kernel = 65, padding = 32) } }

const TEXT: &str = "`conv` needs a tensor of 4430233600 elements for a batch of 1; the device counts up to 4294967295";

type Images = Tensor<(usize, Const<1>, Const<1024>, Const<1024>), f32, Cuda>;

#[test]
fn too_many_elements_are_refused() {
    let device = device(0);
    let x: Images = device.zeros_like(&(1, Const, Const, Const));
    let net = device.build_module::<Net, f32>();
    let error = layercake::generic::checked::try_forward::<_, f32, Cuda, _, Images>(&net, x.clone()).unwrap_err();
    assert!(matches!(error, ForwardError::Run(_)), "{error}");
    assert_eq!(error.to_string(), TEXT);
    let model = GraphModel::new(Net::<f32, Cpu>::GRAPH.clone(), &device);
    let error = model.try_forward::<Images, Images>(x).unwrap_err();
    assert!(matches!(error, GraphError::Run { .. }), "{error}");
    assert_eq!(error.to_string(), format!("`Net` cannot run on a batch of 1: {TEXT}"));
}

/// The emulated driver refuses copies and fills of 0 bytes, as any driver may: they do not get there.
#[test]
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn tensors_without_elements_are_not_uploaded() {
    let device = device(0);
    let none: Tensor<(usize,), f32, Cuda> = device.try_tensor_from_vec(Vec::new(), (0,)).expect("nothing to upload");
    let zeros: Tensor<(usize,), f32, Cuda> = device.try_zeros_like(&(0,)).expect("nothing to fill");
    assert_eq!([none, zeros].map(|tensor| tensor.shape().0), [0, 0]);
    // A number has no axes, so that dfdx uploads a table of none; the backward pass begins with a gradient without elements.
    let number: Tensor<Rank0, f32, Cuda> = device.try_tensor(3.0).expect("an upload");
    let two: Tensor<Rank0, f32, Cuda> = device.try_tensor(2.0).expect("an upload");
    let gradients = layercake::gradient::backward(number.leaky_trace() * two).expect("a gradient");
    assert_eq!(gradients.get(&number).array(), 2.0);
}
