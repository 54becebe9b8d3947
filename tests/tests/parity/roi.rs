//! RoI align and RoI pooling against torchvision: `pytorch/detection.py`.

use layercake::gradient::{GradCheck, gradcheck};
use layercake::prelude::*;
use layercake::roi::{RoiAlign, RoiError, RoiPool};
use layercake_tests::regions::{compare, regions};
use layercake_tests::training::Fixture;

type Images = (usize, usize, usize, usize);
type Taped = DynTensor<f64, Cpu, OwnedTape<f64, Cpu>>;

#[test]
fn as_torchvision_does() {
    compare::<f64, _>(&Cpu::default(), 1e-13);
    compare::<f32, _>(&Cpu::default(), 1e-6);
}

#[test]
fn finite_differences() {
    let regions = regions(&Fixture::open_in("detection", "roi"));
    let mut x: Tensor<Rank4<2, 2, 7, 9>, f64, _> = Cpu::seed_from_u64(4).sample_normal();
    let mut check = |what: &str, operation: &dyn Fn(Taped) -> Result<Taped, RoiError>| {
        let report = gradcheck(&mut x, GradCheck::default(), |x, gradients| {
            let y = operation(DynTensor::try_from_tensor(x.clone().traced(gradients)).unwrap()).unwrap();
            let y: Tensor<Images, f64, Cpu, _> = y.try_into_tensor().unwrap().unwrap();
            // The gradient of each element differs.
            y.square().sum::<Rank0, _>()
        });
        assert!(report.largest() < 1e-6, "{what}: {report}");
    };
    let aligned = RoiAlign { aligned: true, ..RoiAlign::new([3, 2], 0.25) };
    check("align", &|x| aligned.try_forward(x, &regions));
    let sampled = RoiAlign { sampling_ratio: Some(2), ..RoiAlign::new([2, 2], 0.25) };
    check("align with samples", &|x| sampled.try_forward(x, &regions));
    check("pool", &|x| RoiPool { size: [3, 2], spatial_scale: 0.25 }.try_forward(x, &regions));
}
