//! Changes of the training pictures at random.

use rand::rngs::StdRng;
use serde::{Deserialize, Serialize};

use super::data::OwnSet;
use crate::TrainError;
use crate::data::transforms::{ColorJitter, Compose, HorizontalFlip, RandomCrop, Transform, VerticalFlip};
use crate::data::{Image, Loader, Normalize, Sample};

/// A change of a training picture that does not change its class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[serde(rename_all = "kebab-case")]
pub enum Augmentation {
    /// Mirrored, left and right, in one of two cases.
    Flip,
    /// Mirrored, top and bottom, in one of two cases: for pictures without an upper side, such as cells.
    VerticalFlip,
    /// Shifted by up to an eighth of the sides; black comes in.
    Crop,
    /// Brightness, contrast and saturation times a factor from 0.8 to 1.2.
    Color,
}

/// The share of a side by which a crop shifts.
const SHIFTED: usize = 8;
/// How much colors change.
const JITTER: f32 = 0.2;

/// A loader of the training data. Pictures are changed anew in each epoch, and then normalized.
pub(super) fn loader(train: OwnSet, batch_size: usize, augmentations: &[Augmentation]) -> Result<Loader<OwnSet>, TrainError> {
    if augmentations.is_empty() {
        return Ok(Loader::new(train, batch_size));
    }
    let OwnSet::Images(images, normalize) = train else {
        return Err(TrainError::Setting("`--augment` has no effect on these data: it is for a folder of pictures".to_owned()));
    };
    let shape = images.shape();
    let change = augmentations.iter().fold(Compose::new(), |all, augmentation| with(all, *augmentation, shape)).then(normalize);
    let plain = Normalize { mean: vec![0.0; shape[0]], std: vec![1.0; shape[0]] };
    Ok(Loader::new(OwnSet::Images(images, plain), batch_size).map(move |sample: &mut Sample, random: &mut StdRng| {
        let mut image = Image { shape, pixels: std::mem::take(&mut sample.input) };
        change.apply(&mut crate::data::HasImage::image_mut(&mut image), random)?;
        sample.input = image.pixels;
        Ok(())
    }))
}

fn with(all: Compose, augmentation: Augmentation, [_, height, width]: [usize; 3]) -> Compose {
    match augmentation {
        Augmentation::Flip => all.then(HorizontalFlip::default()),
        Augmentation::VerticalFlip => all.then(VerticalFlip::default()),
        Augmentation::Crop => all.then(RandomCrop::new([height, width]).padding(height.min(width).div_ceil(SHIFTED))),
        Augmentation::Color => all.then(ColorJitter { brightness: JITTER, contrast: JITTER, saturation: JITTER, hue: 0.0 }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Dataset, Images};

    /// Each epoch has other pictures, of the same colors where only places change; the test pictures stay.
    #[test]
    fn pictures_change_and_data_that_are_none_do_not() {
        let pixels: Vec<u8> = (0..2 * 3 * 16).map(|i| (i * 2) as u8).collect();
        let images = Images::new("pictures", [3, 4, 4], pixels, vec![0, 1], vec!["a".to_owned(), "b".to_owned()]).unwrap();
        let normalize = Normalize { mean: vec![0.5; 3], std: vec![0.25; 3] };
        let set = OwnSet::Images(images, normalize);
        let plain = set.get(0).unwrap().input;
        let seen = |augmentations: &[Augmentation]| -> Vec<Vec<f32>> {
            let loader = loader(set.clone(), 1, augmentations).unwrap();
            (1..=20).map(|epoch| loader.epoch(epoch).next().unwrap().unwrap().inputs.into_vec()).collect()
        };
        let flipped = seen(&[Augmentation::Flip]);
        let mirrored: Vec<f32> = plain.chunks(4).flat_map(|row| row.iter().rev().copied()).collect();
        assert!(flipped.iter().all(|picture| *picture == plain || *picture == mirrored));
        assert!(flipped.contains(&plain) && flipped.contains(&mirrored));
        assert_eq!(seen(&[Augmentation::Flip]), flipped, "the same in another run");
        let all = seen(&[Augmentation::Flip, Augmentation::VerticalFlip, Augmentation::Crop, Augmentation::Color]);
        assert!(all.iter().filter(|picture| **picture != plain).count() > 15 && all[0] != all[1]);
        // Black, normalized, is the least number there is.
        assert!(all.iter().flatten().all(|number| (-2.0..=2.0).contains(number)));
        let rows = OwnSet::Samples(crate::data::Samples::default());
        assert!(loader(rows, 1, &[Augmentation::Flip]).unwrap_err().to_string().contains("--augment"));
    }
}
