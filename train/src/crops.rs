//! Test-time augmentation: five views of each image (Krizhevsky, Sutskever and Hinton, 2012).

use layercake::average;
use layercake::prelude::*;

use crate::{Classifier, ImageBatch};

/// The four corners and the center of each image, as torchvision's `FiveCrop`: top left, top right, bottom left, bottom right, center.
///
/// # Errors
/// Returns an error if the device is out of memory.
///
/// # Panics
/// Panics if a crop is larger than the images.
pub fn five_crops<const CHANNELS: usize, const H: usize, const W: usize, const CROP_H: usize, const CROP_W: usize, D: Backend<f32>>(
    images: &ImageBatch<CHANNELS, H, W, D>,
) -> Result<[ImageBatch<CHANNELS, CROP_H, CROP_W, D>; 5], D::Err> {
    assert!(CROP_H <= H && CROP_W <= W, "no crop of {CROP_H}x{CROP_W} fits into images of {H}x{W}");
    let (bottom, right) = (H - CROP_H, W - CROP_W);
    let crop = |top: usize, left: usize| {
        let batch = images.shape().0;
        let cut = images.clone().try_slice((0..batch, 0..CHANNELS, top..top + CROP_H, left..left + CROP_W))?;
        cut.try_reshape_like(&(batch, Const, Const, Const))
    };
    let center = [half(bottom), half(right)];
    Ok([crop(0, 0)?, crop(0, right)?, crop(bottom, 0)?, crop(bottom, right)?, crop(center[0], center[1])?])
}

/// Half, rounded half to even, as in Python and torchvision.
fn half(margin: usize) -> usize {
    let down = margin / 2;
    if margin % 2 == 1 && down % 2 == 1 { down + 1 } else { down }
}

/// Class probabilities averaged over the [`five_crops`] of each image.
///
/// # Shapes
/// `images [B, CHANNELS, H, W]`, at least as large as the network's input; the output is `[B, CLASSES]`.
///
/// # Errors
/// Returns an error if the device is out of memory.
///
/// # Panics
/// Panics if the network's input is larger than the images.
pub fn predict_five_crops<
    N,
    const CHANNELS: usize,
    const H: usize,
    const W: usize,
    const CROP_H: usize,
    const CROP_W: usize,
    const CLASSES: usize,
    D,
>(
    net: &N,
    images: &ImageBatch<CHANNELS, H, W, D>,
) -> Result<Tensor<(usize, Const<CLASSES>), f32, D>, D::Err>
where
    N: Classifier<CHANNELS, CROP_H, CROP_W, CLASSES, D>,
    D: Backend<f32>,
{
    let crops = five_crops::<CHANNELS, H, W, CROP_H, CROP_W, D>(images)?;
    let views = crops.into_iter().map(|crop| net.try_forward(crop)?.try_softmax::<Axis<1>>());
    average::mean(views.collect::<Result<Vec<_>, _>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    network! { Linear: [1, 3, 2] -> [2] { Flatten, fc: Linear(2) } }

    /// An image with the pixels 0, 1, 2, ..: 7 rows of 5.
    fn image(device: &Cpu) -> ImageBatch<1, 7, 5, Cpu> {
        device.tensor_from_vec((0..35).map(|i| i as f32).collect(), (1, Const, Const, Const))
    }

    #[test]
    fn by_hand() {
        let crops = five_crops::<1, 7, 5, 3, 2, _>(&image(&Cpu::default())).unwrap().map(|crop| crop.as_vec());
        let from = |first: f32| [0.0, 1.0, 5.0, 6.0, 10.0, 11.0].map(|offset| first + offset).to_vec();
        // The center: rows from 2, columns from 1.5, rounded to 2.
        assert_eq!(crops, [from(0.0), from(3.0), from(20.0), from(23.0), from(12.0)]);
        assert_eq!([0, 1, 2, 3, 4, 5, 7].map(half), [0, 0, 1, 2, 2, 2, 4]);
        let whole = five_crops::<1, 7, 5, 7, 5, _>(&image(&Cpu::default())).unwrap();
        assert!(whole.iter().all(|crop| crop.as_vec().len() == 35));
    }

    #[test]
    fn the_mean_of_five_predictions() {
        let device = Cpu::seed_from_u64(1);
        let net = Linear::new(&device);
        let found = predict_five_crops(&net, &image(&device)).unwrap().as_vec();
        let crops = five_crops::<1, 7, 5, 3, 2, _>(&image(&device)).unwrap();
        let mut expected = vec![0.0; 2];
        for crop in crops {
            let p = net.forward(crop).softmax::<Axis<1>>().as_vec();
            expected.iter_mut().zip(p).for_each(|(sum, p)| *sum += p / 5.0);
        }
        assert!(found.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-6), "{found:?} instead of {expected:?}");
        assert!((found.iter().sum::<f32>() - 1.0).abs() < 1e-6);
    }

    #[test]
    #[should_panic(expected = "no crop of 8x2 fits into images of 7x5")]
    fn too_large() {
        let _ = five_crops::<1, 7, 5, 8, 2, _>(&image(&Cpu::default()));
    }
}
