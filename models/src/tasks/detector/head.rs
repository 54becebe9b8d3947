//! The head of a detector (Girshick, 2015): which proposals it learns from, and what it finds.

use layercake_train::detection::{BBox, BalancedSampler, BoxCoder, Detection, DetectionError, Match, Matcher, Object, batched_nms};
use rand::rngs::StdRng;

use super::photos::SIZE;
use super::targets::Targets;

/// Detections that are less sure are dropped.
const LEAST_SCORE: f32 = 0.05;
/// Detections of a class that overlap a better one by more are dropped.
const OVERLAP: f32 = 0.5;
/// How many detections of a photo are kept.
const MOST: usize = 100;

/// The proposals of a batch that the head learns from, with their classes; 0 is the background.
#[derive(Clone, Debug, Default)]
pub struct Lesson {
    /// The photo of each proposal.
    pub images: Vec<usize>,
    pub boxes: Vec<BBox>,
    pub classes: Vec<usize>,
    /// The offsets of the object's box, of those that are objects.
    offsets: Vec<Option<[f32; 4]>>,
}

impl Lesson {
    /// Draws so many proposals of a photo. The objects themselves are among them, so that there are some to learn from.
    pub fn add(
        &mut self,
        image: usize,
        objects: &[Object],
        proposals: &[BBox],
        count: usize,
        random: &mut StdRng,
    ) -> Result<(), DetectionError> {
        let objects: Vec<Object> = objects.iter().filter(|object| !object.ignore).copied().collect();
        let truths: Vec<BBox> = objects.iter().map(|object| object.bbox).collect();
        let proposals = [proposals, &truths].concat();
        let matches = Matcher { high: 0.5, low: 0.5, allow_low_quality: false }.matches(&truths, &proposals)?;
        for chosen in (BalancedSampler { count, positive_fraction: 0.25 }).sample(&matches, random).concat() {
            let (class, offsets) = match matches[chosen] {
                Match::Object(object) => {
                    (1 + objects[object].class, Some(BoxCoder::of_head().encode(&proposals[chosen], &truths[object])?))
                }
                _ => (0, None),
            };
            self.images.push(image);
            self.boxes.push(proposals[chosen]);
            self.classes.push(class);
            self.offsets.push(offsets);
        }
        Ok(())
    }

    /// What the offsets are to be, `[proposals, 4 * classes]`: those of the object's class count.
    pub fn offsets(&self, classes: usize) -> Targets {
        let mut targets = Targets::none(4 * classes * self.boxes.len());
        let weight = 1.0 / self.boxes.len() as f32;
        for (row, (class, offsets)) in self.classes.iter().zip(&self.offsets).enumerate() {
            for (part, &offset) in offsets.iter().flatten().enumerate() {
                targets.set((row * classes + class - 1) * 4 + part, offset, weight);
            }
        }
        targets
    }
}

/// What a head finds in a photo, by the logits and offsets of each proposal, the surest first. `corrected`: whether the offsets are applied.
pub fn found(scores: &[f32], offsets: &[f32], proposals: &[BBox], classes: usize, corrected: bool) -> Vec<Detection> {
    let mut all = Vec::new();
    let rows = scores.chunks_exact(1 + classes).zip(offsets.as_chunks().0.chunks_exact(classes));
    for ((logits, offsets), proposal) in rows.zip(proposals) {
        let highest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let powers: Vec<f32> = logits.iter().map(|logit| (logit - highest).exp()).collect();
        let sum: f32 = powers.iter().sum();
        for class in 0..classes {
            let score = powers[1 + class] / sum;
            let bbox = if corrected { BoxCoder::of_head().decode(offsets[class], proposal).clipped(SIZE) } else { *proposal };
            if score >= LEAST_SCORE && bbox.has_area() {
                all.push(Detection { bbox, class, score });
            }
        }
    }
    let boxes: Vec<BBox> = all.iter().map(|found| found.bbox).collect();
    let scores: Vec<f32> = all.iter().map(|found| found.score).collect();
    let groups: Vec<usize> = all.iter().map(|found| found.class).collect();
    batched_nms(&boxes, &scores, &groups, OVERLAP).into_iter().take(MOST).map(|i| all[i]).collect()
}
