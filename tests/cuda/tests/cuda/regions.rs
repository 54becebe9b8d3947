//! RoI align and RoI pooling against torchvision, in double and single precision: values and slopes.

use layercake_cuda_tests::device;
use layercake_tests::regions::compare;

#[test]
fn as_torchvision_does() {
    compare::<f64, _>(&device(0), 1e-13);
    compare::<f32, _>(&device(0), 1e-6);
}
