//! RoI pooling (Girshick, "Fast R-CNN", 2015).

use std::ops::Range;

use dfdx::shapes::{Axis, HasShape};
use dfdx::tensor::{NoneTape, Tape, TensorFromVec};
use dfdx::tensor_ops::{BroadcastTo, ChooseFrom, Device, MaxTo, SumTo, TryEq, TryNe};

use super::map::{Sizes, Taps, flat, gathered, record};
use super::{Region, RoiError};
use crate::loss::Flat;
use crate::run::tables::Rows;
use crate::{DynTensor, Scalar, bounds, host};

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

    /// [`RoiPool::try_forward`] in dfdx's operations.
    pub(super) fn portable<E: Scalar, D: Device<E>, T: Tape<E, D>>(
        &self,
        features: DynTensor<E, D, T>,
        regions: &[Region],
    ) -> Result<DynTensor<E, D, T>, RoiError> {
        let sizes = Sizes::checked(features.dims(), regions, self.size, self.spatial_scale)?;
        let mut cells: Vec<Vec<_>> = Vec::with_capacity(regions.len() * sizes.bins());
        for region in regions {
            let first = region.image * sizes.plane();
            cells.extend(self.bins(region, &sizes).iter().map(|bin| bin.places(&sizes).map(|at| (first + at, 1.0)).collect()));
        }
        // A row of zeros could be the largest: the last cell again cannot.
        let most = cells.iter().map(Vec::len).max().unwrap_or(0);
        for cells in &mut cells {
            if let Some(&last) = cells.last() {
                cells.resize(most, last);
            }
        }
        gathered(flat(features)?, &sizes, Taps::new(&sizes, &cells), first_largest)
    }

    /// The place of the largest element for each of the result; none where a grid cell is outside the map.
    fn largest<E: Scalar>(&self, numbers: &[E], regions: &[Region], sizes: &Sizes) -> Vec<Option<usize>> {
        let mut found = Vec::with_capacity(regions.len() * sizes.channels * sizes.bins());
        for region in regions {
            let bins = self.bins(region, sizes);
            for channel in 0..sizes.channels {
                let first = sizes.image(region.image) + channel * sizes.plane();
                let plane = &numbers[first..][..sizes.plane()];
                found.extend(bins.iter().map(|bin| bin.largest(plane, sizes.map[1]).map(|at| first + at)));
            }
        }
        found
    }

    /// The grid cells of a region.
    fn bins(&self, region: &Region, sizes: &Sizes) -> Vec<Bin> {
        let [x1, y1, x2, y2] = region.corners.map(|corner| (corner * self.spatial_scale).round());
        let (rows, columns) = (self.cells(0, y1, y2, sizes), self.cells(1, x1, x2, sizes));
        rows.iter().flat_map(|rows| columns.iter().map(|columns| Bin { rows: rows.clone(), columns: columns.clone() })).collect()
    }

    /// The rows or columns of each grid cell.
    fn cells(&self, axis: usize, from: f64, to: f64, sizes: &Sizes) -> Vec<Range<usize>> {
        let bin = (to - from + 1.0).max(1.0) / self.size[axis] as f64;
        let place = |offset: f64| (from + offset).clamp(0.0, sizes.map[axis] as f64) as usize;
        (0..self.size[axis]).map(|i| place((i as f64 * bin).floor())..place(((i + 1) as f64 * bin).ceil())).collect()
    }
}

/// A grid cell: its rows and columns of the map.
struct Bin {
    rows: Range<usize>,
    columns: Range<usize>,
}

impl Bin {
    /// The place of the largest element in a plane. Loops over slices of rows: an iterator over places takes three times as long.
    fn largest<E: Scalar>(&self, plane: &[E], width: usize) -> Option<usize> {
        let mut best: Option<(usize, E)> = None;
        for row in self.rows.clone() {
            let first = row * width + self.columns.start;
            for (i, &value) in plane[first..][..self.columns.len()].iter().enumerate() {
                if best.is_none_or(|(_, most)| above(value, most)) {
                    best = Some((first + i, value));
                }
            }
        }
        best.map(|(at, _)| at)
    }

    /// Its places in a plane of the map.
    fn places(&self, sizes: &Sizes) -> impl Iterator<Item = usize> {
        let (columns, width) = (self.columns.clone(), sizes.map[1]);
        self.rows.clone().flat_map(move |y| columns.clone().map(move |x| y * width + x))
    }
}

fn above<E: Scalar>(a: E, b: E) -> bool {
    a > b || (a.is_nan() && !b.is_nan())
}

/// The largest of each column: the first of equal ones, and NaN before all numbers.
fn first_largest<E: Scalar, D: Device<E>, T: Tape<E, D>>(x: Rows<E, D, T>) -> Result<Flat<E, D, T>, D::Err> {
    let (shape, device) = (*x.shape(), x.device().clone());
    let plain = x.retaped::<NoneTape>();
    let most = plain.clone().try_max::<(usize,), Axis<0>>()?.try_broadcast_like::<_, Axis<0>>(&shape)?;
    // dfdx's maximum ignores NaN.
    let ranks = |lowest: usize| {
        let ranks = (lowest..lowest + shape.0).rev().map(|rank| host::number(rank as f64)).collect();
        <D as TensorFromVec<E>>::try_tensor_from_vec(&device, ranks, (shape.0,))?.try_broadcast_like::<_, Axis<1>>(&shape)
    };
    let rank = plain.try_eq(&most)?.try_choose(ranks(1)?, device.try_zeros_like(&shape)?)?;
    let rank = plain.try_ne(&plain)?.try_choose(ranks(1 + shape.0)?, rank)?;
    let highest = rank.clone().try_max::<(usize,), Axis<0>>()?.try_broadcast_like::<_, Axis<0>>(&shape)?;
    bounds::where_inside(x, rank.try_eq(&highest)?)?.try_sum::<(usize,), Axis<0>>()
}
