//! RoI align and RoI pooling against torchvision: `pytorch/detection.py`.

use std::collections::BTreeSet;

use layercake::Scalar;
use layercake::dfdx::tensor_ops::TryMul;
use layercake::gradient::{GradCheck, gradcheck};
use layercake::prelude::*;
use layercake::roi::{Region, RoiAlign, RoiError, RoiPool};
use layercake_tests::training::Fixture;
use layercake_tests::{Numbers, difference};

type Images = (usize, usize, usize, usize);
type Taped<E> = DynTensor<E, Cpu, OwnedTape<E, Cpu>>;

fn regions(fixture: &Fixture) -> Vec<Region> {
    let rows = fixture.get("regions").values.chunks_exact(5);
    rows.map(|row| Region { image: row[0] as usize, corners: [row[1], row[2], row[3], row[4]] }).collect()
}

fn align(size: [usize; 2], spatial_scale: f64, sampling_ratio: Option<usize>, aligned: bool) -> RoiAlign {
    RoiAlign { size, spatial_scale, sampling_ratio, aligned }
}

/// Value and gradient in one number type; the cases that were compared.
fn compare<E: Scalar>(bar: f64) -> BTreeSet<String>
where
    Cpu: Device<E>,
{
    let fixture = Fixture::open_in("detection", "roi");
    let regions = regions(&fixture);
    let device = Cpu::default();
    let mut done = BTreeSet::new();
    let mut check = |name: &str, operation: &dyn Fn(Taped<E>) -> Result<Taped<E>, RoiError>| {
        let x: Tensor<Images, E, Cpu> = fixture.get("features").tensor(&device);
        let y = operation(DynTensor::try_from_tensor(x.leaky_trace()).unwrap()).unwrap();
        let y: Tensor<Images, E, Cpu, OwnedTape<E, Cpu>> = y.try_into_tensor().unwrap().unwrap();
        let compare = |what: &str, found: Numbers| {
            let off = difference(&found, fixture.get(&format!("{name}/{what}")));
            assert!(off <= bar, "{name}, {what}: off by {off:.1e}");
        };
        compare("value", Numbers::of(&y));
        let weight: Tensor<Images, E, Cpu> = fixture.get(&format!("{name}/weight")).tensor(&device);
        let total = y.try_mul(weight).unwrap().sum::<Rank0, _>();
        compare("slope", Numbers::of(&total.backward().get(&x)));
        done.insert(name.to_owned());
    };
    for aligned in [false, true] {
        for ratio in [None, Some(1), Some(2)] {
            let name =
                format!("align{}{}", if aligned { "_aligned" } else { "" }, ratio.map_or(String::new(), |ratio| format!("_{ratio}")));
            check(&name, &|x| align([3, 2], 0.25, ratio, aligned).try_forward(x, &regions));
        }
    }
    check("align_large", &|x| align([1, 5], 0.5, None, true).try_forward(x, &regions));
    check("pool", &|x| RoiPool { size: [3, 2], spatial_scale: 0.25 }.try_forward(x, &regions));
    check("pool_large", &|x| RoiPool { size: [1, 5], spatial_scale: 0.5 }.try_forward(x, &regions));
    done
}

#[test]
fn as_torchvision_does() {
    let done = compare::<f64>(1e-13);
    assert_eq!(compare::<f32>(1e-6), done);
    let fixture = Fixture::open_in("detection", "roi");
    let cases: BTreeSet<String> = fixture.names().filter_map(|name| Some(name.split_once('/')?.0.to_owned())).collect();
    assert_eq!(done, cases);
}

#[test]
fn finite_differences() {
    let regions = regions(&Fixture::open_in("detection", "roi"));
    let mut x: Tensor<Rank4<2, 2, 7, 9>, f64, _> = Cpu::seed_from_u64(4).sample_normal();
    let mut check = |what: &str, operation: &dyn Fn(Taped<f64>) -> Result<Taped<f64>, RoiError>| {
        let report = gradcheck(&mut x, GradCheck::default(), |x, gradients| {
            let y = operation(DynTensor::try_from_tensor(x.clone().traced(gradients)).unwrap()).unwrap();
            let y: Tensor<Images, f64, Cpu, _> = y.try_into_tensor().unwrap().unwrap();
            // The gradient of each element differs.
            y.square().sum::<Rank0, _>()
        });
        assert!(report.largest() < 1e-6, "{what}: {report}");
    };
    check("align", &|x| align([3, 2], 0.25, None, true).try_forward(x, &regions));
    check("align with samples", &|x| align([2, 2], 0.25, Some(2), false).try_forward(x, &regions));
    check("pool", &|x| RoiPool { size: [3, 2], spatial_scale: 0.25 }.try_forward(x, &regions));
}
