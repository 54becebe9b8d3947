//! Elements that are too large for tiles.
//!
//! The elements of a tile are summed by the transforms, and separated again. Next to a large element, all outputs of the tile lose digits,
//! also those that do not depend on it, and a NaN cannot be separated at all. So outliers of an image are left out of the tiles, and their
//! products are computed by the definition ([`super::singly`]).
//!
//! The limit: the loss of digits grows with the ratio of the element to the others, and a sum over many channels has a rounding error
//! anyway. In F(4x4, 3x3), an element of 16 times the standard deviation with 16 channels, 32 times with 64, and 64 times with 256,
//! increases the error of outputs that do not depend on it to 1.1 times. The largest of that many normal numbers is about twice their
//! standard deviation.
//!
//! Products by the definition are slow, so they are for few. In an image of a digit, the background is small but not zero behind a normalization, and
//! every stroke stands out from it. Where many positions are beyond the limit, but not far beyond, they are what the image shows and are
//! computed in tiles: the rounding errors then follow from them.

use crate::kernels::simd::vectorized;

/// The limit is this times the square root of the number of channels, times the typical maximum of a position.
const FAR: f32 = 1.5;
/// The largest limit: above it, a sum in a tile may overflow although the definition does not.
const MOST: f32 = 1e30;
/// The number of times that the typical maximum is computed again without the elements beyond the limit.
const ROUNDS: usize = 8;
/// If fewer than one in this many positions are not zero, the others are the outliers.
const SPARSE: f32 = 16.0;
/// If several positions and more than one in this many are beyond the limit, but within [`SHOWN`] times it, they are not outliers. Images are computed in groups of
/// [`GROUP`], so a position of one image costs as much as that of all.
const MANY: f32 = 256.0;
/// How far beyond the limit many positions may be: an error that grows as much leaves five of seven digits of what is within the limit.
const SHOWN: f32 = 64.0;
/// The number of images whose limits are computed together.
pub(super) const GROUP: usize = 16;
/// The number of maxima that stay in a level-1 cache while the channels are read.
const BLOCK: usize = 4096;
/// The number of channels that are read at a time.
const CHANNELS: usize = 4;

/// For each image, the largest magnitude that is computed in tiles. `None` if no element is beyond a limit.
pub type Limits<'a> = Option<&'a [f32]>;

/// The number of elements in which [`find`] stores limits: whether there are any, and one for each image.
pub fn kept(images: usize) -> usize {
    images + 1
}

/// The limits that [`find`] stored.
pub fn read(kept: &[f32]) -> Limits<'_> {
    let (&any, limits) = kept.split_first()?;
    (any != 0.0).then_some(limits)
}

/// The limits of a layer's input and of the gradient of its output, stored one after the other; `None` if nothing is stored.
pub fn both(images: usize, all: &[f32]) -> [Limits<'_>; 2] {
    let (input, gradient) = all.split_at(kept(images).min(all.len()));
    [read(input), read(gradient)]
}

/// Finds the limits of maps `[channels, height, width, images]`. `maxima` has at least the size of one channel.
///
/// # Panics
/// Panics if a slice is too short.
pub fn find(channels: usize, images: usize, x: &[f32], maxima: &mut [f32], kept: &mut [f32]) {
    let maxima = &mut maxima[..x.len() / channels];
    let (any, limits) = kept.split_first_mut().expect("there is space for the limits");
    let far = FAR * (channels as f32).sqrt();
    vectorized(
        #[inline(always)]
        || {
            largest(x, maxima);
            *any = 0.0;
            for (group, limits) in limits[..images].chunks_mut(GROUP).enumerate() {
                if bound(maxima, images, group * GROUP, far, limits) {
                    *any = 1.0;
                }
            }
        },
    );
}

/// The number of elements of [`line`]'s result.
pub const LINE: usize = 3;

/// What [`stand_out`] needs to know of some positions `[positions, channels]`: the sum of the square roots of their maxima, the number of those that
/// are not zero, and the largest.
pub fn line(channels: usize, x: &[f32]) -> [f32; LINE] {
    vectorized(
        #[inline(always)]
        || {
            let [mut sum, mut count, mut most] = [0.0; LINE];
            for x in x.chunks_exact(channels) {
                let own = f32::from_bits(x.iter().fold(0, |most, x| x.abs().to_bits().max(most)));
                let within = own <= MOST;
                sum += if within { own.sqrt() } else { 0.0 };
                count += if own > 0.0 && within { 1.0 } else { 0.0 };
                most = greater(most, own);
            }
            [sum, count, most]
        },
    )
}

/// Whether an element of an image is beyond its limit, from all its lines. How many positions are is not known here; of two lines or more that have some,
/// these are not outliers.
pub fn stand_out(channels: usize, positions: usize, lines: &[f32]) -> bool {
    let [mut sum, mut count, mut most] = [0.0; LINE];
    for line in lines.chunks_exact(LINE) {
        sum += line[0];
        count += line[1];
        most = greater(most, line[2]);
    }
    let typical = sum / f32::max(count, positions as f32 / SPARSE);
    let limit = f32::min(FAR * (channels as f32).sqrt() * typical * typical, MOST);
    let beyond = lines.chunks_exact(LINE).filter(|line| line[2] > limit && line[2] <= limit * SHOWN).count();
    is_beyond(most, if beyond > 1 { (limit * SHOWN).min(MOST) } else { limit })
}

/// Whether an element is too large for tiles, or NaN.
#[inline(always)]
pub(super) fn is_beyond(x: f32, limit: f32) -> bool {
    let within = x.abs() <= limit;
    !within
}

/// Sets elements beyond the limits to zero in `[places, images, channels]`.
pub fn clear(limits: &[f32], channels: usize, x: &mut [f32]) {
    for (x, &limit) in x.chunks_exact_mut(channels).zip(limits.iter().cycle()) {
        x.iter_mut().filter(|x| is_beyond(**x, limit)).for_each(|x| *x = 0.0);
    }
}

/// The largest magnitude at each position.
///
/// The time is that of reading the maps, so several channels are read at once, without intermediate results in memory. Magnitudes are
/// compared as integers, which orders NaN above infinity.
#[inline(always)]
fn largest(x: &[f32], maxima: &mut [f32]) {
    let plane = maxima.len();
    for (block, maxima) in maxima.chunks_mut(BLOCK).enumerate() {
        maxima.fill(0.0);
        let mut several = x.chunks_exact(CHANNELS * plane);
        for x in &mut several {
            let [a, b, c, d] = [0, 1, 2, 3].map(|channel| &x[channel * plane + block * BLOCK..][..maxima.len()]);
            for ((((most, a), b), c), d) in maxima.iter_mut().zip(a).zip(b).zip(c).zip(d) {
                *most = greater(*most, greater(greater(*a, *b), greater(*c, *d)));
            }
        }
        for x in several.remainder().chunks_exact(plane) {
            maxima.iter_mut().zip(&x[block * BLOCK..]).for_each(|(most, x)| *most = greater(*most, *x));
        }
    }
}

/// The larger magnitude.
#[inline(always)]
fn greater(a: f32, b: f32) -> f32 {
    f32::from_bits(a.abs().to_bits().max(b.abs().to_bits()))
}

/// Computes the limits of a group of images, and returns whether an element is beyond one of them.
///
/// The typical maximum is the square of the mean of the square roots of the positions' maxima, which a few large ones hardly change.
#[inline(always)]
fn bound(maxima: &[f32], images: usize, first: usize, far: f32, limits: &mut [f32]) -> bool {
    let wide = limits.len();
    let few = (maxima.len() / images) as f32 / SPARSE;
    let mut limit = [MOST; GROUP];
    let mut beyond = [false; GROUP];
    for _ in 0..ROUNDS {
        let (mut sum, mut count, mut most) = ([0f32; GROUP], [0f32; GROUP], [0f32; GROUP]);
        for row in maxima.chunks_exact(images) {
            let mut own = [0f32; GROUP];
            match row[first..].first_chunk() {
                Some(whole) if wide == GROUP => own = *whole,
                _ => own[..wide].copy_from_slice(&row[first..first + wide]),
            }
            for i in 0..GROUP {
                let within = own[i] <= limit[i];
                let x = if within { own[i] } else { 0.0 };
                beyond[i] |= !within;
                sum[i] += x.sqrt();
                count[i] += if x > 0.0 { 1.0 } else { 0.0 };
                most[i] = if x > most[i] { x } else { most[i] };
            }
        }
        let mut lowered = false;
        for i in 0..GROUP {
            let typical = sum[i] / count[i].max(few);
            let new = far * typical * typical;
            lowered |= most[i] > new;
            beyond[i] |= most[i] > new;
            limit[i] = if beyond[i] && new < limit[i] { new } else { limit[i] };
        }
        if !lowered {
            break;
        }
    }
    if beyond.contains(&true) {
        raise(maxima, images, first, &mut limit, &mut beyond[..wide]);
    }
    for i in 0..wide {
        limits[i] = if beyond[i] { limit[i] } else { f32::INFINITY };
    }
    beyond[..wide].contains(&true)
}

/// Raises the limits of images in which many positions are beyond.
#[inline(always)]
fn raise(maxima: &[f32], images: usize, first: usize, limits: &mut [f32; GROUP], beyond: &mut [bool]) {
    let most = limits.map(|limit| (limit * SHOWN).min(MOST));
    let (mut count, mut largest) = ([0f32; GROUP], [0f32; GROUP]);
    for row in maxima.chunks_exact(images) {
        for (i, &own) in row[first..first + beyond.len()].iter().enumerate() {
            count[i] += if own > limits[i] && own <= most[i] { 1.0 } else { 0.0 };
            largest[i] = greater(largest[i], own);
        }
    }
    let positions = (maxima.len() / images) as f32;
    for (i, beyond) in beyond.iter_mut().enumerate().filter(|(i, _)| count[*i] > 1.0 && count[*i] * MANY > positions) {
        limits[i] = most[i];
        *beyond = is_beyond(largest[i], most[i]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::testing::numbers;

    fn limits(channels: usize, images: usize, x: &[f32]) -> Option<Vec<f32>> {
        let mut kept = vec![f32::NAN; kept(images)];
        find(channels, images, x, &mut vec![f32::NAN; x.len() / channels], &mut kept);
        read(&kept).map(<[f32]>::to_vec)
    }

    #[test]
    fn ordinary_numbers_are_taken() {
        let sizes = [(16, 4, 8), (16, 256, 16), (64, 64, 19), (300, 9, 33)];
        for (channels, positions, images) in sizes.into_iter().take(if cfg!(miri) { 1 } else { sizes.len() }) {
            let x = numbers(channels * positions * images, 1);
            assert_eq!(limits(channels, images, &x), None);
            // Most elements are zero, as after activations and pools; images and channels have different magnitudes.
            let rarely: Vec<f32> = x.iter().enumerate().map(|(i, x)| if i % 7 == 0 { *x } else { 0.0 }).collect();
            assert_eq!(limits(channels, images, &rarely), None);
            let uneven: Vec<f32> = x.iter().enumerate().map(|(i, x)| x * 10f32.powi((i % images % 9) as i32 - 4)).collect();
            assert_eq!(limits(channels, images, &uneven), None);
            let uneven: Vec<f32> = x.iter().enumerate().map(|(i, x)| x * if i < positions * images { 1e3 } else { 1.0 }).collect();
            assert_eq!(limits(channels, images, &uneven), None);
        }
        assert_eq!(limits(16, 8, &[0.0; 16 * 9 * 8]), None);
    }

    #[test]
    fn what_stands_out_is_found_in_its_image() {
        let (channels, positions, images) = (64, 256, 19);
        if cfg!(miri) {
            // Large values, all of which can be computed in tiles.
            return;
        }
        for large in [1e2, 1e4, -1e6, 1e20, 1e38, f32::INFINITY, f32::NEG_INFINITY, f32::NAN] {
            for places in [&[70][..], &[0, 255], &[17, 18, 19, 33, 34, 35, 49, 50, 51]] {
                let mut x = numbers(channels * positions * images, 1);
                for (channel, place) in places.iter().flat_map(|place| [3, 40].map(|channel| (channel, place))) {
                    x[(channel * positions + place) * images + 17] = large;
                }
                let Some(limits) = limits(channels, images, &x) else {
                    assert!(large == 1e2 && places.len() > 1, "{large} at {places:?}");
                    continue;
                };
                assert!(large != 1e2 || places.len() == 1, "{large} at {places:?}");
                for (image, limit) in limits.iter().enumerate() {
                    assert!(if image == 17 { (2.0..50.0).contains(limit) } else { *limit == f32::INFINITY }, "{large}: {image}, {limit}");
                }
            }
        }
        // A smaller element next to a large one, and one among zeros.
        let mut x = numbers(channels * positions * images, 1);
        (x[0], x[images]) = (1e10, 1e3);
        assert!(limits(channels, images, &x).unwrap()[0] < 50.0);
        let mut x = vec![0.0; channels * positions * images];
        x[5] = 1.0;
        assert!(limits(channels, images, &x).unwrap()[5] < 1.0);
    }

    /// The strokes of a digit on a small background, and one number that is far larger.
    #[test]
    fn what_an_image_shows_is_not_an_outlier() {
        let (channels, positions, images) = (32, 256, 19);
        let shown = |place: usize| (100..140).contains(&place);
        let mut x = numbers(channels * positions * images, 1);
        for (i, x) in x.iter_mut().enumerate() {
            *x *= if shown(i / images % positions) { 1.0 } else { 0.01 };
        }
        assert_eq!(limits(channels, images, &x), None);
        x[101 * images + 4] = 1e4;
        let limits = limits(channels, images, &x).unwrap();
        assert!((3.0..100.0).contains(&limits[4]), "{}", limits[4]);
        assert!(limits.iter().enumerate().all(|(image, limit)| image == 4 || limit.is_infinite()), "{limits:?}");
    }
}
