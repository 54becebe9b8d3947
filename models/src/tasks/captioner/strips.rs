//! Strips of handwritten digits, and their names.

use std::sync::Arc;

use layercake_train::data::{Array, Collate, DataError, Dataset, Images, Loader};
use layercake_train::sequence::{Limits, Ragged};
use rand::Rng;
use rand::rngs::StdRng;

use crate::tasks::writing::Vocabulary;

/// The most digits of a strip.
const MOST: usize = 4;
/// Height and width of a digit, and of a strip.
const SIDE: usize = 28;
pub const SIZE: [usize; 3] = [1, SIDE, MOST * SIDE];

const WORDS: [&str; 10] = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
/// The tokens before the words: padding, start and end.
const FIRST: usize = 3;
pub const CAPTION: Vocabulary = Vocabulary { tokens: FIRST + WORDS.len(), pad: 0, limits: Limits { start: 1, end: 2, longest: MOST } };

/// The text of a caption; what is not a word is `?`.
pub fn text(tokens: &[usize]) -> String {
    let word = |token: &usize| token.checked_sub(FIRST).and_then(|word| WORDS.get(word)).copied().unwrap_or("?");
    tokens.iter().map(word).collect::<Vec<_>>().join(" ")
}

/// A picture and the words of its caption.
#[derive(Clone, Debug, PartialEq)]
pub struct Strip {
    pub pixels: Vec<f32>,
    pub words: Vec<usize>,
}

/// Pictures `[strips, 1, 28, 112]` and captions.
#[derive(Clone, Debug, PartialEq)]
pub struct StripBatch {
    pub pictures: Array<f32>,
    pub captions: Ragged,
}

impl Collate for Strip {
    type Batch = StripBatch;
    const UNIT: &'static str = "strips";

    fn collate(items: Vec<Self>) -> Result<StripBatch, DataError> {
        let shape = [&[items.len()], &SIZE[..]].concat();
        let (pixels, captions): (Vec<_>, Vec<_>) = items.into_iter().map(|strip| (strip.pixels, strip.words)).unzip();
        Ok(StripBatch { pictures: Array::new(shape, pixels.concat()), captions: Ragged(captions) })
    }
}

/// Strips that begin with each digit of a set, before others follow ([`with_others`]).
#[derive(Clone, Debug)]
pub struct Digits(pub Arc<Images>);

impl Digits {
    fn strip(&self, index: usize) -> Strip {
        let pixels = self.0.image(index).iter().map(|&pixel| f32::from(pixel) / 255.0).collect();
        Strip { pixels, words: vec![FIRST + self.0.labels()[index]] }
    }
}

impl Dataset for Digits {
    type Item = Strip;

    fn len(&self) -> usize {
        self.0.len()
    }

    fn get(&self, index: usize) -> Result<Strip, DataError> {
        Ok(self.strip(index))
    }
}

/// A loader that puts up to three other digits behind each, with gaps of random widths in strips of fewer than four. All of this is a function of the loader's seed, the epoch, and the position
/// in it, so a test set that is always read as the first epoch has the same strips each time.
pub fn with_others(loader: Loader<Digits>) -> Loader<Digits> {
    let others = loader.data().clone();
    loader.map(move |strip, random| {
        *strip = composed(strip, &others, random);
        Ok(())
    })
}

fn composed(first: &Strip, others: &Digits, random: &mut StdRng) -> Strip {
    let more = (1..random.gen_range(1..=MOST)).map(|_| others.strip(random.gen_range(0..others.len())));
    let digits: Vec<Strip> = std::iter::once(first.clone()).chain(more.collect::<Vec<_>>()).collect();
    let width = SIZE[2];
    let (mut pixels, mut left, mut room) = (vec![0.0; SIDE * width], 0, width - digits.len() * SIDE);
    for digit in &digits {
        let gap = random.gen_range(0..=room);
        (left, room) = (left + gap, room - gap);
        for (y, row) in digit.pixels.chunks_exact(SIDE).enumerate() {
            pixels[y * width + left..][..SIDE].copy_from_slice(row);
        }
        left += SIDE;
    }
    Strip { pixels, words: digits.into_iter().flat_map(|digit| digit.words).collect() }
}

#[cfg(test)]
mod tests {
    use layercake_train::data::{digits, frame};

    use super::*;

    fn batch(seed: u64, epoch: usize) -> StripBatch {
        let images = Arc::new(frame(&digits().test, SIDE));
        with_others(Loader::new(Digits(images), 40).seed(seed)).epoch(epoch).next().unwrap().unwrap()
    }

    #[test]
    fn digits_stand_side_by_side() {
        let StripBatch { pictures, captions } = batch(1, 1);
        let data = Digits(Arc::new(frame(&digits().test, SIDE)));
        assert_eq!(pictures.shape(), [40, 1, 28, 112]);
        let mut lengths = [0; MOST + 1];
        for (i, words) in captions.0.iter().enumerate() {
            let pixels = &pictures.as_slice()[i * 28 * 112..][..28 * 112];
            let (first, ink) = (data.get(i).unwrap(), |pixels: &[f32]| pixels.iter().sum::<f32>());
            assert_eq!(words[0], first.words[0]);
            lengths[words.len()] += 1;
            // The digit itself is somewhere in the strip.
            let shows = |left: usize| first.pixels.chunks_exact(28).enumerate().all(|(y, row)| pixels[y * 112 + left..][..28] == *row);
            let found = (0..=112 - 28 * words.len()).any(shows);
            assert!(found && ink(pixels) >= ink(&first.pixels), "strip {i}");
        }
        assert!(lengths[0] == 0 && lengths[1..].iter().all(|&count| count > 3), "{lengths:?}");
        assert_eq!(text(&[4, 3, 99]), "one zero ?");
    }

    #[test]
    fn strips_follow_from_seed_and_epoch() {
        assert_eq!(batch(1, 1), batch(1, 1));
        assert_ne!(batch(1, 1), batch(1, 2));
        assert_ne!(batch(1, 1), batch(2, 1));
    }
}
