//! Clips of handwritten digits that enter, bounce and leave.

use std::sync::Arc;

use layercake_train::data::{Array, Collate, DataError, Dataset, Images, Loader};
use rand::Rng;
use rand::rngs::StdRng;

/// Height and width of a frame.
pub const SIDE: usize = 32;
/// The frames of a clip.
pub const FRAMES: usize = 20;
/// Height and width of a digit: half of what it is in its data set.
const DIGIT: usize = 14;
/// The label of a frame in which no digit shows.
pub const NOBODY: usize = 10;
pub const LABELS: usize = 11;
/// A digit shows if at least this part of its ink is in the frame.
const SHOWS: f32 = 0.25;

/// Small pixels of a digit, and its class.
#[derive(Clone, Debug, PartialEq)]
struct Figure {
    pixels: Vec<f32>,
    class: usize,
}

/// Frames, the label of each, and whether its digit is cut off by an edge.
#[derive(Clone, Debug, PartialEq)]
pub struct Clip {
    first: Figure,
    pub pixels: Vec<f32>,
    pub labels: Vec<usize>,
    pub is_cut: Vec<bool>,
}

/// Frames `[clips * 20, 1, 32, 32]` with their labels.
#[derive(Clone, Debug, PartialEq)]
pub struct ClipBatch {
    pub frames: Array<f32>,
    pub labels: Vec<usize>,
    pub is_cut: Vec<bool>,
}

impl Collate for Clip {
    type Batch = ClipBatch;
    const UNIT: &'static str = "clips";

    fn collate(items: Vec<Self>) -> Result<ClipBatch, DataError> {
        let shape = vec![items.len() * FRAMES, 1, SIDE, SIDE];
        let (mut pixels, mut labels, mut is_cut) = (Vec::new(), Vec::new(), Vec::new());
        for clip in items {
            pixels.extend(clip.pixels);
            labels.extend(clip.labels);
            is_cut.extend(clip.is_cut);
        }
        Ok(ClipBatch { frames: Array::new(shape, pixels), labels, is_cut })
    }
}

/// Clips whose first digit is each of a set; without frames before [`moving`] draws them.
#[derive(Clone, Debug)]
pub struct Digits(pub Arc<Images>);

impl Digits {
    /// A digit in half of its size: the mean of four pixels.
    fn figure(&self, index: usize) -> Figure {
        let (image, wide) = (self.0.image(index), 2 * DIGIT);
        let mean = |i: usize| {
            let at = i / DIGIT * 2 * wide + i % DIGIT * 2;
            [at, at + 1, at + wide, at + wide + 1].into_iter().map(|at| f32::from(image[at])).sum::<f32>() / (4.0 * 255.0)
        };
        Figure { pixels: (0..DIGIT * DIGIT).map(mean).collect(), class: self.0.labels()[index] }
    }
}

impl Dataset for Digits {
    type Item = Clip;

    fn len(&self) -> usize {
        self.0.len()
    }

    fn get(&self, index: usize) -> Result<Clip, DataError> {
        Ok(Clip { first: self.figure(index), pixels: Vec::new(), labels: Vec::new(), is_cut: Vec::new() })
    }
}

/// A loader that draws the frames of each clip. How digits move is a function of the loader's seed, the epoch, and the position in it, so a test set that is always read as the
/// first epoch has the same clips each time.
pub fn moving(loader: Loader<Digits>) -> Loader<Digits> {
    let others = loader.data().clone();
    loader.map(move |clip, random| {
        draw(clip, &others, random);
        Ok(())
    })
}

/// A digit on its way. It enters across an edge, bounces off the edges a few times, and leaves across the next.
struct Walk {
    figure: Figure,
    /// Of the upper left corner.
    place: [i32; 2],
    step: [i32; 2],
    /// Whether it has been whole in the frame, so that edges hold it.
    is_in: bool,
    bounces: usize,
}

/// The largest place of a digit that is whole in the frame.
const LAST: i32 = (SIDE - DIGIT) as i32;

impl Walk {
    fn begin(figure: Figure, random: &mut StdRng) -> Self {
        let (axis, side) = (random.gen_range(0..2), random.gen_bool(0.5));
        let (mut place, mut step) = ([0; 2], [0; 2]);
        (place[axis], step[axis]) = if side { (-(DIGIT as i32), random.gen_range(2..=4)) } else { (SIDE as i32, -random.gen_range(2..=4)) };
        (place[1 - axis], step[1 - axis]) = (random.gen_range(0..=LAST), random.gen_range(-2..=2));
        Self { figure, place, step, is_in: false, bounces: random.gen_range(0..=3) }
    }

    /// Takes a step. Returns whether the digit can still be seen.
    fn advance(&mut self) -> bool {
        for axis in 0..2 {
            self.place[axis] += self.step[axis];
            let is_out = self.place[axis] < 0 || self.place[axis] > LAST;
            let outwards = (self.place[axis] < 0) == (self.step[axis] < 0);
            if self.is_in && is_out && outwards && self.bounces > 0 {
                self.bounces -= 1;
                self.place[axis] = self.place[axis].clamp(0, LAST);
                self.step[axis] = -self.step[axis];
            }
        }
        self.is_in |= self.place.iter().all(|place| (0..=LAST).contains(place));
        let gone = |axis: usize| match self.step[axis] {
            0 => false,
            step if step < 0 => self.place[axis] <= -(DIGIT as i32),
            _ => self.place[axis] >= SIDE as i32,
        };
        !(gone(0) || gone(1))
    }

    /// Draws the digit. Returns the part of its ink that is in the frame.
    fn show(&self, frame: &mut [f32]) -> f32 {
        let (mut shown, mut all) = (0.0, 0.0);
        for (i, &pixel) in self.figure.pixels.iter().enumerate() {
            all += pixel;
            let at = [self.place[0] + (i / DIGIT) as i32, self.place[1] + (i % DIGIT) as i32];
            if at.iter().all(|at| (0..SIDE as i32).contains(at)) {
                shown += pixel;
                frame[at[0] as usize * SIDE + at[1] as usize] = pixel;
            }
        }
        if all > 0.0 { shown / all } else { 0.0 }
    }
}

fn draw(clip: &mut Clip, others: &Digits, random: &mut StdRng) {
    let mut next = Some(clip.first.clone());
    let (mut walk, mut pause): (Option<Walk>, usize) = (None, random.gen_range(0..=3));
    for _ in 0..FRAMES {
        if walk.is_none() && pause == 0 {
            let figure = next.take().unwrap_or_else(|| others.figure(random.gen_range(0..others.len())));
            walk = Some(Walk::begin(figure, random));
        }
        pause = pause.saturating_sub(1);
        let mut frame = vec![0.0; SIDE * SIDE];
        let (mut label, mut is_cut) = (NOBODY, false);
        if let Some(moving) = &mut walk {
            if moving.advance() {
                let shown = moving.show(&mut frame);
                is_cut = shown < 1.0;
                if shown >= SHOWS {
                    label = moving.figure.class;
                }
            } else {
                (walk, pause) = (None, random.gen_range(0..=2));
            }
        }
        clip.pixels.extend(frame);
        clip.labels.push(label);
        clip.is_cut.push(is_cut && label != NOBODY);
    }
}

#[cfg(test)]
mod tests {
    use layercake_train::data::{digits, frame};

    use super::*;

    fn batch(seed: u64, epoch: usize) -> ClipBatch {
        let images = Arc::new(frame(&digits().test, 2 * DIGIT));
        moving(Loader::new(Digits(images), 200).seed(seed)).epoch(epoch).next().unwrap().unwrap()
    }

    #[test]
    fn digits_enter_bounce_and_leave() {
        let ClipBatch { frames, labels, is_cut } = batch(1, 1);
        assert_eq!((frames.shape(), labels.len(), is_cut.len()), (&[200 * FRAMES, 1, SIDE, SIDE][..], 200 * FRAMES, 200 * FRAMES));
        let ink = |at: usize| frames.as_slice()[at * SIDE * SIDE..][..SIDE * SIDE].iter().sum::<f32>();
        // A digit that is whole has more ink than nobody; the first frames of a clip may be empty.
        assert!(labels.iter().enumerate().all(|(at, &label)| label == NOBODY || ink(at) > 0.0));
        let share = |of: &dyn Fn(usize) -> bool| (0..labels.len()).filter(|&at| of(at)).count() as f64 / labels.len() as f64;
        let (nobody, cut) = (share(&|at| labels[at] == NOBODY), share(&|at| is_cut[at]));
        assert!((0.1..0.5).contains(&nobody) && (0.08..0.4).contains(&cut), "{nobody} {cut}");
        // Some clips have two digits, one after the other.
        let second = labels.chunks_exact(FRAMES).filter(|labels| {
            let mut seen: Vec<usize> = labels.iter().copied().filter(|&label| label != NOBODY).collect();
            seen.dedup();
            seen.len() > 1
        });
        assert!(second.count() > 20);
    }

    #[test]
    fn a_digit_that_leaves_is_gone() {
        let figure = Figure { pixels: vec![1.0; DIGIT * DIGIT], class: 3 };
        let mut walk = Walk { figure, place: [9, 9], step: [0, 3], is_in: true, bounces: 1 };
        let mut seen = Vec::new();
        while walk.advance() {
            let mut frame = vec![0.0; SIDE * SIDE];
            let shown = walk.show(&mut frame);
            assert_eq!(shown, frame.iter().sum::<f32>() / (DIGIT * DIGIT) as f32);
            seen.push((walk.place[1], (shown * 14.0).round() as i32));
        }
        // To the right edge, back to the left one, and out.
        assert_eq!(seen[..5], [(12, 14), (15, 14), (18, 14), (18, 14), (15, 14)]);
        assert_eq!(seen[seen.len() - 3..], [(-6, 8), (-9, 5), (-12, 2)]);
    }

    #[test]
    fn clips_follow_from_seed_and_epoch() {
        assert_eq!(batch(1, 1), batch(1, 1));
        assert_ne!(batch(1, 1), batch(1, 2));
        assert_ne!(batch(1, 1), batch(2, 1));
    }
}
