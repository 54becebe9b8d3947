//! RoI align (He et al., "Mask R-CNN", 2017).

use dfdx::shapes::Axis;
use dfdx::tensor::Tape;
use dfdx::tensor_ops::{Device, SumTo};

use super::map::{Sizes, Taps, flat, gathered, record};
use super::{Region, RoiError};
use crate::{DynTensor, Scalar, host};

/// The mean of samples in each cell of a grid over a box, interpolated bilinearly in the feature map; torchvision's `roi_align`.
///
/// # Shapes
/// Features `[batch, channels, height, width]` and `regions` boxes to `[regions, channels, size[0], size[1]]`.
///
/// A sample further than one cell outside the map is 0. A box without area has no samples if their number follows from its size, and is 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RoiAlign {
    /// Height and width of the result.
    pub size: [usize; 2],
    /// Cells of the map for each pixel of the image: `1.0 / 16.0` for a trunk that halves four times.
    pub spatial_scale: f64,
    /// Samples in each direction of a grid cell. `None`: as many as the box has cells of the map for each, rounded up.
    pub sampling_ratio: Option<usize>,
    /// Whether pixels are taken at their centers, half a cell from the corners, which is right. `false`, torchvision's default, is the first version's
    /// rule; boxes are then at least one cell large.
    pub aligned: bool,
}

impl RoiAlign {
    /// torchvision's defaults for a size and a scale.
    pub const fn new(size: [usize; 2], spatial_scale: f64) -> Self {
        Self { size, spatial_scale, sampling_ratio: None, aligned: false }
    }

    /// Crops the regions from the features of their images.
    ///
    /// # Errors
    /// Returns an error if the features are no images, a region names an image that the batch lacks or has corners that are not finite, an option is out
    /// of range, or the device fails.
    pub fn try_forward<E: Scalar, D: Device<E>, T: Tape<E, D>>(
        &self,
        features: DynTensor<E, D, T>,
        regions: &[Region],
    ) -> Result<DynTensor<E, D, T>, RoiError> {
        if !host::is_host::<D>() {
            return self.portable(features, regions);
        }
        let sizes = self.checked(features.dims(), regions)?;
        let crops = self.crops(regions, &sizes);
        let x = flat(features)?;
        let numbers = host::read(&x);
        let dims = sizes.result(regions.len());
        let mut values = Vec::with_capacity(dims.iter().product());
        for crop in &crops {
            for plane in numbers[crop.first..][..sizes.channels * sizes.plane()].chunks_exact(sizes.plane()) {
                crop.bins(|rows, columns| {
                    let line = |&(y, down): &(usize, f64)| {
                        let row = &plane[y * sizes.map[1]..][..sizes.map[1]];
                        let sum = columns.iter().fold(E::default(), |sum, &(x, across)| sum + host::number::<E>(across) * row[x]);
                        host::number::<E>(down) * sum
                    };
                    values.push(rows.iter().map(line).fold(E::default(), |sum, part| sum + part));
                });
            }
        }
        record(x, values, dims, move |lent, into| {
            let mut lent = lent.iter();
            for crop in &crops {
                for plane in into[crop.first..][..sizes.channels * sizes.plane()].chunks_exact_mut(sizes.plane()) {
                    crop.bins(|rows, columns| {
                        let outer = *lent.next().expect("a gradient for each element");
                        for &(y, down) in rows {
                            for &(x, across) in columns {
                                let place = &mut plane[y * sizes.map[1] + x];
                                *place += host::number::<E>(down * across) * outer;
                            }
                        }
                    });
                }
            }
        })
    }

    /// [`RoiAlign::try_forward`] in dfdx's operations.
    pub(super) fn portable<E: Scalar, D: Device<E>, T: Tape<E, D>>(
        &self,
        features: DynTensor<E, D, T>,
        regions: &[Region],
    ) -> Result<DynTensor<E, D, T>, RoiError> {
        let sizes = self.checked(features.dims(), regions)?;
        let taps = Taps::new(&sizes, &cells(regions, &self.crops(regions, &sizes), &sizes));
        gathered(flat(features)?, &sizes, taps, |rows| rows.try_sum::<(usize,), Axis<0>>())
    }

    fn checked(&self, dims: &[usize], regions: &[Region]) -> Result<Sizes, RoiError> {
        match self.sampling_ratio {
            Some(ratio) if !(1..=MOST_SAMPLES).contains(&ratio) => {
                Err(RoiError::Option { option: "sampling_ratio", value: ratio as f64, expected: "from 1 to 1024" })
            }
            _ => Sizes::checked(dims, regions, self.size, self.spatial_scale),
        }
    }

    fn crops(&self, regions: &[Region], sizes: &Sizes) -> Vec<Crop> {
        regions.iter().map(|region| self.crop(region, sizes)).collect()
    }

    fn crop(&self, region: &Region, sizes: &Sizes) -> Crop {
        let [x1, y1, x2, y2] = region.corners.map(|corner| corner * self.spatial_scale - if self.aligned { 0.5 } else { 0.0 });
        let taps = |axis: usize, from: f64, to: f64| {
            let length = if self.aligned { to - from } else { (to - from).max(1.0) };
            let bin = length / self.size[axis] as f64;
            // Of a box that extends far beyond the map, most samples are outside and not visited.
            let samples = self.sampling_ratio.map_or(bin.ceil().max(0.0), |ratio| ratio as f64);
            (0..self.size[axis]).map(|i| Line::of(from + i as f64 * bin, bin, samples, sizes.map[axis])).collect()
        };
        Crop { first: sizes.image(region.image), rows: taps(0, y1, y2), columns: taps(1, x1, x2) }
    }
}

/// Limits the time that an option can cost.
const MOST_SAMPLES: usize = 1024;

/// The samples of a region. The weight of a cell of the map is the product of the weights of its row and its column, since bilinear interpolation is a product, and so
/// is the mean over a grid.
struct Crop {
    /// Where the planes of its image begin.
    first: usize,
    rows: Vec<Line>,
    columns: Vec<Line>,
}

impl Crop {
    /// Calls `each` with the rows and columns of each bin, and their weights.
    fn bins(&self, mut each: impl FnMut(&[(usize, f64)], &[(usize, f64)])) {
        for rows in &self.rows {
            for columns in &self.columns {
                each(&rows.0, &columns.0);
            }
        }
    }
}

/// Places along one axis with their weights.
struct Line(Vec<(usize, f64)>);

impl Line {
    /// The mean of the samples at `from + (i + 1/2) bin / samples` on an axis of `len` places.
    fn of(from: f64, bin: f64, samples: f64, len: usize) -> Self {
        let mut taps: Vec<(usize, f64)> = Vec::new();
        let step = bin / samples;
        // The samples from -1 to `len`; one more on each side, since the division rounds.
        let at = |place: f64| if step == 0.0 { 0.0 } else { (place - from) / step - 0.5 };
        let (a, b) = (at(-1.0), at(len as f64));
        let (first, last) = if step == 0.0 { (0.0, samples) } else { (a.min(b).floor() - 1.0, a.max(b).ceil() + 1.0) };
        let (first, last) = (first.clamp(0.0, samples), last.clamp(0.0, samples));
        let mut add = |place: usize, weight: f64| match taps.iter_mut().rev().find(|(known, _)| *known == place) {
            Some((_, sum)) => *sum += weight,
            None => taps.push((place, weight)),
        };
        let mut i = first;
        while i < last {
            let place = from + (i + 0.5) * step;
            if (-1.0..=len as f64).contains(&place) {
                let place = place.max(0.0);
                let low = (place as usize).min(len - 1);
                let part = if low == len - 1 { 0.0 } else { place - low as f64 };
                add(low, (1.0 - part) / samples);
                if part > 0.0 {
                    add(low + 1, part / samples);
                }
            }
            i += 1.0;
        }
        Self(taps)
    }
}

/// The cells of each bin, with their weights.
fn cells(regions: &[Region], crops: &[Crop], sizes: &Sizes) -> Vec<Vec<(usize, f64)>> {
    let mut all = Vec::with_capacity(crops.len() * sizes.bins());
    for (region, crop) in regions.iter().zip(crops) {
        let first = region.image * sizes.plane();
        crop.bins(|rows, columns| {
            let pairs = rows.iter().flat_map(|&(y, down)| columns.iter().map(move |&(x, across)| (y, x, down * across)));
            all.push(pairs.map(|(y, x, weight)| (first + y * sizes.map[1] + x, weight)).collect());
        });
    }
    all
}
