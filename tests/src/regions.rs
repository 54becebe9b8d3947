//! RoI align and RoI pooling against torchvision on any device: `pytorch/detection.py`.

use std::collections::BTreeSet;

use layercake::Scalar;
use layercake::dfdx::tensor_ops::{Backward, TryMul};
use layercake::prelude::*;
use layercake::roi::{Region, RoiAlign, RoiError, RoiPool};

use crate::training::Fixture;
use crate::{Numbers, difference};

type Images<E, D, T = NoneTape> = Tensor<(usize, usize, usize, usize), E, D, T>;
type Taped<E, D> = DynTensor<E, D, OwnedTape<E, D>>;

/// The regions of the fixture.
pub fn regions(fixture: &Fixture) -> Vec<Region> {
    let rows = fixture.get("regions").values.chunks_exact(5);
    rows.map(|row| Region { image: row[0] as usize, corners: [row[1], row[2], row[3], row[4]] }).collect()
}

/// Compares values and gradients of all cases in one number type.
///
/// # Panics
/// If one is further off than `bar`, or a case of the fixture has no operation here.
pub fn compare<E: Scalar, D: Device<E>>(device: &D, bar: f64) {
    let fixture = Fixture::open_in("detection", "roi");
    let regions = regions(&fixture);
    let mut done = BTreeSet::new();
    let mut check = |name: &str, operation: &dyn Fn(Taped<E, D>) -> Result<Taped<E, D>, RoiError>| {
        let x: Images<E, D> = fixture.get("features").tensor(device);
        let taped = DynTensor::try_from_tensor(x.leaky_trace()).expect("there is memory");
        let y = operation(taped).unwrap_or_else(|error| panic!("{name}: {error}"));
        let y: Images<E, D, OwnedTape<E, D>> = y.try_into_tensor().expect("there is memory").expect("a batch of images");
        let compare = |what: &str, found: Numbers| {
            let off = difference(&found, fixture.get(&format!("{name}/{what}")));
            assert!(off <= bar, "{name}, {what}: off by {off:.1e}");
        };
        compare("value", Numbers::of(&y));
        let weight: Images<E, D> = fixture.get(&format!("{name}/weight")).tensor(device);
        let total = y.try_mul(weight).expect("there is memory").sum::<Rank0, _>();
        compare("slope", Numbers::of(&total.backward().get(&x)));
        done.insert(name.to_owned());
    };
    let align = |size, spatial_scale, sampling_ratio, aligned| RoiAlign { size, spatial_scale, sampling_ratio, aligned };
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
    let cases: BTreeSet<String> = fixture.names().filter_map(|name| Some(name.split_once('/')?.0.to_owned())).collect();
    assert_eq!(done, cases, "the cases that were compared, and those of the fixture");
}
