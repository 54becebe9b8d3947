//! What both operations check and share: the features, the regions, the tape.

use dfdx::shapes::Axes3;
use dfdx::tensor::{PutTape, SplitTape, Tape};
use dfdx::tensor_ops::{Device, PermuteTo, ReshapeTo};

use super::error::device;
use super::{Region, RoiError};
use crate::loss::Flat;
use crate::run::tables::{Lookup, Rows, Table};
use crate::run::value::{Rank3, Value};
use crate::{DynTensor, Scalar, host};

/// The sizes of an operation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sizes {
    pub images: usize,
    pub channels: usize,
    /// Height and width of the map.
    pub map: [usize; 2],
    /// Height and width of the result.
    pub size: [usize; 2],
}

impl Sizes {
    /// The sizes, once features, regions and options are checked.
    pub fn checked(dims: &[usize], regions: &[Region], size: [usize; 2], scale: f64) -> Result<Self, RoiError> {
        let wrong = || RoiError::Features(dims.to_vec());
        let &[images, channels, height, width] = dims else { return Err(wrong()) };
        if dims.contains(&0) {
            return Err(wrong());
        }
        if size.contains(&0) {
            return Err(RoiError::Option { option: "size", value: 0.0, expected: "at least 1 in height and width" });
        }
        if !(scale.is_finite() && scale > 0.0) {
            return Err(RoiError::Option { option: "spatial_scale", value: scale, expected: "positive and finite" });
        }
        for (index, &Region { image, corners }) in regions.iter().enumerate() {
            if image >= images {
                return Err(RoiError::Image { index, image, images });
            }
            if !corners.iter().all(|corner| (corner * scale).is_finite()) {
                return Err(RoiError::Corners { index, corners });
            }
        }
        Ok(Self { images, channels, map: [height, width], size })
    }

    /// The elements of one plane of the map.
    pub fn plane(&self) -> usize {
        self.map[0] * self.map[1]
    }

    /// The elements of one plane of the result.
    pub fn bins(&self) -> usize {
        self.size[0] * self.size[1]
    }

    /// Where the planes of an image begin.
    pub fn image(&self, image: usize) -> usize {
        image * self.channels * self.plane()
    }

    /// `[regions, channels, height, width]`
    pub fn result(&self, regions: usize) -> Vec<usize> {
        vec![regions, self.channels, self.size[0], self.size[1]]
    }
}

/// All elements of the features, with the tape.
pub(super) fn flat<E: Scalar, D: Device<E>, T: Tape<E, D>>(features: DynTensor<E, D, T>) -> Result<Flat<E, D, T>, RoiError> {
    if features.is_ids() {
        return Err(RoiError::Features(features.dims().to_vec()));
    }
    let (value, tape) = features.into_parts();
    Ok(value.flat().put_tape(tape))
}

/// On `Cpu`: records a value that is already computed. `backward` gets the gradient of the result, and adds to that of `x`.
pub(super) fn record<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    x: Flat<E, D, T>,
    values: Vec<E>,
    dims: Vec<usize>,
    backward: impl FnOnce(&[E], &mut [E]) + 'static,
) -> Result<DynTensor<E, D, T>, RoiError> {
    const ON_HOST: &str = "only tensors on `Cpu` come here";
    let (x, mut tape) = x.split_tape();
    let len = (values.len(),);
    let y = device(x.device().try_tensor_from_vec(values, len))?;
    if T::OWNS_TAPE {
        let y = y.clone();
        tape.add_backward_op(move |gradients| {
            let lent = std::mem::take(host::numbers_mut::<E, D>(gradients.get_or_alloc_mut(&y)?).expect(ON_HOST));
            backward(&lent, host::numbers_mut::<E, D>(gradients.get_or_alloc_mut(&x)?).expect(ON_HOST));
            *host::numbers_mut::<E, D>(gradients.get_or_alloc_mut(&y)?).expect(ON_HOST) = lent;
            Ok(())
        });
    }
    let (value, _) = device(Value::erase(y))?;
    Ok(DynTensor::of(value.with_dims(dims), tape))
}

/// On other devices: the cells that each element of the result is made of, with their weights. A cell of the map is a row of its channels. The table has
/// the first cells of all elements, then their second ones, and so on; an element that has fewer cells than the others has rows of zeros.
pub(super) struct Taps {
    table: Table,
    /// The number of cells of an element.
    pub count: usize,
}

impl Taps {
    /// The cells of each element, in the order of `[regions, height, width]`; a cell is counted in `[images, height, width]`.
    pub fn new(sizes: &Sizes, cells: &[Vec<(usize, f64)>]) -> Self {
        let count = cells.iter().map(Vec::len).max().unwrap_or(0).max(1);
        let each = || (0..count).flat_map(|tap| cells.iter().map(move |cells| cells.get(tap)));
        let table = Table {
            of: sizes.images * sizes.plane(),
            index: each().map(|tap| tap.map_or(0, |&(cell, _)| cell)).collect(),
            inside: Some(each().map(|tap| tap.is_some()).collect()),
            factors: Some(each().map(|tap| tap.map_or(0.0, |&(_, weight)| weight)).collect()),
        };
        Self { table, count }
    }
}

/// `[taps, regions * height * width * channels]`; `reduce` takes the first axis away.
pub(super) fn gathered<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    x: Flat<E, D, T>,
    sizes: &Sizes,
    taps: Taps,
    reduce: impl FnOnce(Rows<E, D, T>) -> Result<Flat<E, D, T>, D::Err>,
) -> Result<DynTensor<E, D, T>, RoiError> {
    let (elements, channels) = (taps.table.index.len() / taps.count, sizes.channels);
    let regions = elements / sizes.bins();
    let run = || {
        let on_device = x.device().clone();
        let images = x.try_reshape_like(&(sizes.images, channels, sizes.plane()))?;
        let cells = images.try_permute::<Rank3, Axes3<0, 2, 1>>()?.try_reshape_like(&(sizes.images * sizes.plane(), channels))?;
        let rows = Lookup::new(&on_device, taps.table)?.rows(cells)?;
        let y = reduce(rows.try_reshape_like(&(taps.count, elements * channels))?)?;
        let y = y.try_reshape_like(&(regions, sizes.bins(), channels))?;
        Value::erase(y.try_permute::<Rank3, Axes3<0, 2, 1>>()?)
    };
    let (value, tape) = device(run())?;
    Ok(DynTensor::of(value.with_dims(sizes.result(regions)), tape))
}
