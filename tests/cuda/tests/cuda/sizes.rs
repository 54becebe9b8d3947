//! dfdx's kernels count elements in 32 bits. A run that needs more in a tensor is refused before anything is allocated for it.

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
