//! Both ways of computing agree; what is refused; regions without area and outside the map. Values are compared with torchvision in `tests/tests/parity/roi.rs`.

use dfdx::tensor::{AsArray, Cpu, OwnedTape, SampleTensor, Tensor, Trace};
use dfdx::tensor_ops::{Backward, SumTo, TryMul};

use super::*;
use crate::DynTensor;

type Map = Tensor<(usize, usize, usize, usize), f64, Cpu>;
type Taped = DynTensor<f64, Cpu, OwnedTape<f64, Cpu>>;

const ALIGN: RoiAlign = RoiAlign { aligned: true, ..RoiAlign::new([2, 3], 0.5) };
const POOL: RoiPool = RoiPool { size: [2, 3], spatial_scale: 0.5 };

fn map() -> Map {
    Cpu::seed_from_u64(3).sample_normal_like(&(2, 3, 5, 4))
}

fn region(image: usize, corners: [f64; 4]) -> Region {
    Region { image, corners }
}

/// The values, and the gradient by the map under weights that differ.
fn run(operation: impl FnOnce(Taped) -> Result<Taped, RoiError>) -> (Vec<f64>, Vec<f64>) {
    let x = map();
    let y = operation(DynTensor::try_from_tensor(x.leaky_trace()).unwrap()).unwrap();
    let y: Tensor<(usize, usize, usize, usize), f64, Cpu, _> = y.try_into_tensor().unwrap().unwrap();
    let values = y.as_vec();
    let weights: Map = Cpu::seed_from_u64(5).sample_normal_like(dfdx::shapes::HasShape::shape(&y));
    let total = y.try_mul(weights).unwrap().sum::<dfdx::shapes::Rank0, _>();
    assert!(total.array().is_finite());
    (values, total.backward().get(&x).as_vec())
}

#[test]
fn both_ways_agree() {
    let regions = [
        region(0, [1.0, 0.5, 7.0, 9.0]),
        region(1, [-3.0, 4.0, 30.0, 5.0]),
        region(1, [40.0, 40.0, 50.0, 50.0]),
        region(0, [4.0, 4.0, 4.0, 4.0]),
        region(0, [5.0, 7.0, 1.0, 2.0]),
    ];
    let close = |a: &[f64], b: &[f64]| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-12);
    for align in [ALIGN, RoiAlign { aligned: false, ..ALIGN }, RoiAlign { sampling_ratio: Some(2), ..ALIGN }] {
        let (ours, portable) = (run(|x| align.try_forward(x, &regions)), run(|x| align.portable(x, &regions)));
        assert!(close(&ours.0, &portable.0) && close(&ours.1, &portable.1), "{align:?}");
    }
    let (ours, portable) = (run(|x| POOL.try_forward(x, &regions)), run(|x| POOL.portable(x, &regions)));
    assert!(close(&ours.0, &portable.0) && close(&ours.1, &portable.1));
    // The third region is outside.
    assert!(ours.0[2 * 18..][..18].iter().all(|x| *x == 0.0));
}

#[test]
fn no_regions() {
    for y in [ALIGN.try_forward(plain(), &[]), POOL.try_forward(plain(), &[])] {
        assert_eq!(y.unwrap().dims(), [0, 3, 2, 3]);
    }
}

fn plain() -> DynTensor<f64, Cpu> {
    DynTensor::try_from_tensor(map()).unwrap()
}

/// A box as large as numbers allow takes no longer than another.
#[test]
fn enormous_regions() {
    let whole = region(0, [-1e300, -1e300, 1e300, 1e300]);
    let y = RoiAlign { aligned: false, ..RoiAlign::new([1, 1], 1.0) }.try_forward(plain(), &[whole]).unwrap();
    assert!(y.to_vec().iter().all(|x| x.abs() < 1e-100), "nearly all samples are outside");
    let y = RoiPool { size: [1, 1], spatial_scale: 1.0 }.try_forward(plain(), &[whole]).unwrap();
    let most = map().as_vec()[..20].iter().copied().fold(f64::NEG_INFINITY, f64::max);
    assert_eq!(y.to_vec()[0], most);
}

#[test]
fn refused() {
    let text = |result: Result<DynTensor<f64, Cpu>, RoiError>| result.unwrap_err().to_string();
    let some = region(0, [0.0, 0.0, 4.0, 4.0]);
    let away = [some, region(2, [0.0; 4])];
    for result in [ALIGN.try_forward(plain(), &away), POOL.try_forward(plain(), &away)] {
        assert_eq!(text(result), "region 1 (counted from 0) is in image 2, but the batch has 2");
    }
    let nan = [region(1, [0.0, f64::NAN, 1.0, 1.0])];
    assert_eq!(
        text(POOL.try_forward(plain(), &nan)),
        "region 0 (counted from 0) has the corners [0.0, NaN, 1.0, 1.0]; they must be finite"
    );
    let row = DynTensor::try_from_vec(&Cpu::default(), vec![1.0; 6], &[2, 3]).unwrap().unwrap();
    assert_eq!(
        text(ALIGN.try_forward(row, &[some])),
        "expected features [batch, channels, height, width] of at least one element, found [2, 3]"
    );
    let ids: DynTensor<f64, Cpu> = DynTensor::from_ids(&Cpu::default(), vec![1; 4], &[1, 1, 2, 2]).unwrap();
    assert!(matches!(ALIGN.try_forward(ids, &[some]), Err(RoiError::Features(_))));
    let none = RoiAlign { sampling_ratio: Some(0), ..ALIGN };
    assert_eq!(text(none.try_forward(plain(), &[some])), "`sampling_ratio` is 0; it must be from 1 to 1024");
    let flat = RoiPool { size: [0, 2], ..POOL };
    assert_eq!(text(flat.try_forward(plain(), &[some])), "`size` is 0; it must be at least 1 in height and width");
    let scale = RoiPool { spatial_scale: -0.5, ..POOL };
    assert_eq!(text(scale.try_forward(plain(), &[some])), "`spatial_scale` is -0.5; it must be positive and finite");
}

/// The first of equal elements gets the gradient, and NaN is kept, both ways.
#[test]
fn ties_and_nan() {
    let device = Cpu::default();
    let pool = RoiPool { size: [1, 1], spatial_scale: 1.0 };
    let whole = [region(0, [0.0, 0.0, 2.0, 0.0])];
    for forward in [RoiPool::try_forward, RoiPool::portable] {
        let pooled = |numbers: [f64; 3]| {
            let x: Map = dfdx::tensor::TensorFromVec::tensor_from_vec(&device, numbers.to_vec(), (1, 1, 1, 3));
            let y = forward(&pool, DynTensor::try_from_tensor(x.leaky_trace()).unwrap(), &whole).unwrap();
            let y: Tensor<(usize, usize, usize, usize), f64, Cpu, _> = y.try_into_tensor().unwrap().unwrap();
            let value = y.as_vec()[0];
            (value, y.sum::<dfdx::shapes::Rank0, _>().backward().get(&x).as_vec())
        };
        assert_eq!(pooled([1.0, 2.0, 2.0]), (2.0, vec![0.0, 1.0, 0.0]));
        assert_eq!(pooled([f64::NEG_INFINITY; 3]), (f64::NEG_INFINITY, vec![1.0, 0.0, 0.0]));
        for (numbers, slopes) in [([3.0, f64::NAN, 4.0], [0.0, 1.0, 0.0]), ([f64::INFINITY, f64::NAN, f64::NAN], [0.0, 1.0, 0.0])] {
            let (value, found) = pooled(numbers);
            assert!(value.is_nan() && found == slopes, "{numbers:?}: {value}, {found:?}");
        }
    }
}
