//! The embedded data set: 1,797 handwritten digits of 8x8 pixels. `data/digits/README.md` names the source.

use std::io::Read;

use flate2::read::GzDecoder;
use rand::{SeedableRng, rngs::StdRng, seq::SliceRandom};

use crate::data::{Images, Split, numerals, transforms::resize};

const FILE: &[u8] = include_bytes!("../../../data/digits/digits.csv.gz");
/// The size of an image in the file.
const SIDE: usize = 8;
/// The maximum pixel value in the file.
const INK: u32 = 16;
/// The seed of the split. It is part of the data set: metrics are only comparable on the same split.
const SPLIT_SEED: u64 = 1998;
/// One in this many images is a test image.
const TEST_SHARE: usize = 5;

/// The embedded digits, `[1, 8, 8]` with pixels in 0..=255: 1,437 training and 360 test images.
///
/// The split is fixed and stratified: the images of each class are shuffled with a fixed seed, the classes are concatenated, and every fifth
/// image is a test image.
pub fn digits() -> Split {
    let all = parse();
    let mut order: Vec<usize> = (0..all.len()).collect();
    order.shuffle(&mut StdRng::seed_from_u64(SPLIT_SEED));
    order.sort_by_key(|&index| all.labels()[index]);
    let part = |test: bool| {
        let mut chosen: Vec<usize> =
            order.iter().copied().enumerate().filter(|(i, _)| (i % TEST_SHARE == 0) == test).map(|(_, index)| index).collect();
        chosen.sort_unstable();
        all.subset(&chosen)
    };
    Split { train: part(false), test: part(true) }
}

/// Resizes 8x8 digits to a larger square with an empty margin, as in MNIST: the digit takes 20 of 28 pixels. With `side = 8` nothing changes.
pub fn frame(images: &Images, side: usize) -> Images {
    if side == SIDE {
        return images.clone();
    }
    let inner = (side * 20).div_ceil(28);
    images.map([1, side, side], |plane| {
        let plane: Vec<f32> = plane.iter().map(|&ink| ink.into()).collect();
        let larger: Vec<u8> = resize(&plane, [SIDE, SIDE], [inner, inner]).into_iter().map(|ink| ink.round() as u8).collect();
        center(&larger, [inner, inner], [side, side])
    })
}

/// Pads a plane of `size` = `[height, width]` on all sides to size `to`.
fn center(plane: &[u8], size: [usize; 2], to: [usize; 2]) -> Vec<u8> {
    let [height, width] = size;
    let (top, left) = ((to[0] - height) / 2, (to[1] - width) / 2);
    let mut out = vec![0; to[0] * to[1]];
    for (y, row) in plane.chunks_exact(width).enumerate() {
        out[(top + y) * to[1] + left..][..width].copy_from_slice(row);
    }
    out
}

fn parse() -> Images {
    let mut text = String::new();
    GzDecoder::new(FILE).read_to_string(&mut text).expect("the embedded file is gzipped text");
    let (mut pixels, mut labels) = (Vec::new(), Vec::new());
    for line in text.lines() {
        let mut row = line.split(',').map(|number| number.parse::<u32>().expect("the embedded file contains numbers"));
        pixels.extend(row.by_ref().take(SIDE * SIDE).map(|ink| ((ink * 255 + INK / 2) / INK) as u8));
        labels.extend(row.map(|label| label as usize));
    }
    Images::new("the embedded digits", [1, SIDE, SIDE], pixels, labels, numerals()).expect("the embedded file is a data set")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The counts of each class match the documentation of the data set.
    #[test]
    fn the_split_is_complete_and_stratified() {
        let counts =
            |images: &Images| (0..10).map(|class| images.labels().iter().filter(|&&label| label == class).count()).collect::<Vec<_>>();
        let all = parse();
        assert_eq!(all.shape(), [1, 8, 8]);
        assert_eq!(counts(&all), [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]);
        assert_eq!((all.pixels().iter().min(), all.pixels().iter().max()), (Some(&0), Some(&255)));

        let Split { train, test } = digits();
        assert_eq!((train.len(), test.len()), (1437, 360));
        for (all, test) in counts(&all).into_iter().zip(counts(&test)) {
            assert!(test == all / 5 || test == all / 5 + 1, "{test} of {all}");
        }
        // The parts are disjoint: together they are the whole set.
        let mut parts: Vec<&[u8]> = (0..1437).map(|i| train.image(i)).chain((0..360).map(|i| test.image(i))).collect();
        let mut whole: Vec<&[u8]> = (0..1797).map(|i| all.image(i)).collect();
        parts.sort_unstable();
        whole.sort_unstable();
        assert!(parts == whole);
    }

    /// The first row of the file is a zero that begins with `0,0,5,13,9,1,0,0`.
    #[test]
    fn the_first_is_a_zero() {
        let all = parse();
        assert_eq!((all.labels()[0], all.labels()[1], all.labels()[2]), (0, 1, 2));
        assert_eq!(&all.image(0)[..8], [0, 0, 80, 207, 143, 16, 0, 0]);
    }

    #[test]
    fn framed_as_mnist() {
        let framed = frame(&digits().test, 28);
        assert_eq!(framed.shape(), [1, 28, 28]);
        let inside = |i: usize| (4..24).contains(&(i / 28)) && (4..24).contains(&(i % 28));
        for index in 0..framed.len() {
            assert!(framed.image(index).iter().enumerate().all(|(i, &ink)| ink == 0 || inside(i)));
        }
        assert_eq!(frame(&digits().test, 8), digits().test);
    }

    #[test]
    fn centered() {
        assert_eq!(center(&[1, 2], [1, 2], [3, 4]), [0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0]);
        assert_eq!(center(&[1, 2, 3], [3, 1], [3, 2]), [1, 0, 2, 0, 3, 0]);
    }
}
