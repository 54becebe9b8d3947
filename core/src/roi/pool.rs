//! RoI pooling (Girshick, "Fast R-CNN", 2015).

use dfdx::tensor::Tape;
use dfdx::tensor_ops::Device;

use super::map::{Sizes, flat, gathered, record};
use super::{Region, RoiError};
use crate::run::tables::Table;
use crate::{DynTensor, Scalar, host};

/// The largest element in each cell of a grid over a box, whose corners are rounded to cells of the feature map; torchvision's `roi_pool`.
///
/// # Shapes
/// Features `[batch, channels, height, width]` and `regions` boxes to `[regions, channels, size[0], size[1]]`.
///
/// A box is at least one cell large, and both its corners belong to it. A grid cell that meets nothing of the map is 0 and passes no gradient. The gradient goes
/// to the first of equal elements. NaN counts as larger than any number, as in the library's pools; torchvision skips it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RoiPool {
    /// Height and width of the result.
    pub size: [usize; 2],
    /// Cells of the map for each pixel of the image: `1.0 / 16.0` for a trunk that halves four times.
    pub spatial_scale: f64,
}

impl RoiPool {
    /// Crops the regions from the features of their images.
    ///
    /// # Errors
    /// As [`RoiAlign::try_forward`](super::RoiAlign::try_forward).
    pub fn try_forward<E: Scalar, D: Device<E>, T: Tape<E, D>>(
        &self,
        features: DynTensor<E, D, T>,
        regions: &[Region],
    ) -> Result<DynTensor<E, D, T>, RoiError> {
        if !host::is_host::<D>() {
            return self.portable(features, regions);
        }
        let sizes = Sizes::checked(features.dims(), regions, self.size, self.spatial_scale)?;
        let x = flat(features)?;
        let numbers = host::read(&x);
        let largest = self.largest(&numbers, regions, &sizes);
        let values = largest.iter().map(|at| at.map_or(E::default(), |at| numbers[at])).collect();
        record(x, values, sizes.result(regions.len()), move |lent, into| {
            for (&outer, at) in lent.iter().zip(largest) {
                if let Some(at) = at {
                    into[at] += outer;
                }
            }
        })
    }

    /// [`RoiPool::try_forward`] in dfdx's operations, but for the search of the largest elements.
    pub(super) fn portable<E: Scalar, D: Device<E>, T: Tape<E, D>>(
        &self,
        features: DynTensor<E, D, T>,
        regions: &[Region],
    ) -> Result<DynTensor<E, D, T>, RoiError> {
        let sizes = Sizes::checked(features.dims(), regions, self.size, self.spatial_scale)?;
        let x = flat(features)?;
        let numbers = host::read(&x);
        let largest = self.largest(&numbers, regions, &sizes);
        let inside = largest.iter().map(Option::is_some).collect();
        let index = largest.into_iter().map(Option::unwrap_or_default).collect();
        gathered(x, Table { of: numbers.len(), index, inside: Some(inside), factors: None }, 1, sizes.result(regions.len()))
    }

    /// The place of the largest element for each of the result; none where a grid cell is outside the map.
    fn largest<E: Scalar>(&self, numbers: &[E], regions: &[Region], sizes: &Sizes) -> Vec<Option<usize>> {
        let mut found = Vec::with_capacity(regions.len() * sizes.channels * sizes.bins());
        for region in regions {
            let [x1, y1, x2, y2] = region.corners.map(|corner| (corner * self.spatial_scale).round());
            let (rows, columns) = (self.cells(0, y1, y2, sizes), self.cells(1, x1, x2, sizes));
            for channel in 0..sizes.channels {
                let first = sizes.image(region.image) + channel * sizes.plane();
                for &(top, bottom) in &rows {
                    for &(left, right) in &columns {
                        let places = (top..bottom).flat_map(|y| (left..right).map(move |x| first + y * sizes.map[1] + x));
                        found.push(places.reduce(|best, at| if above(numbers[at], numbers[best]) { at } else { best }));
                    }
                }
            }
        }
        found
    }

    /// The rows or columns of each grid cell.
    fn cells(&self, axis: usize, from: f64, to: f64, sizes: &Sizes) -> Vec<(usize, usize)> {
        let bin = (to - from + 1.0).max(1.0) / self.size[axis] as f64;
        let place = |offset: f64| (from + offset).clamp(0.0, sizes.map[axis] as f64) as usize;
        (0..self.size[axis]).map(|i| (place((i as f64 * bin).floor()), place(((i + 1) as f64 * bin).ceil()))).collect()
    }
}

fn above<E: Scalar>(a: E, b: E) -> bool {
    a > b || (a.is_nan() && !b.is_nan())
}
