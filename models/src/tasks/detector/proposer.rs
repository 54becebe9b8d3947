//! Region proposals (Ren et al., 2015): which anchors are objects.

use layercake_train::detection::{AnchorGenerator, BBox, BalancedSampler, BoxCoder, DetectionError, Match, Matcher, Object, nms};
use rand::rngs::StdRng;

use super::photos::SIZE;
use super::targets::Targets;

/// Height and width of the feature map.
const MAP: [usize; 2] = [30, 40];
/// Platelets, red cells and white cells: half of them are within a tenth of these sizes.
const SIZES: [f32; 3] = [20.0, 50.0, 95.0];
const RATIOS: [f32; 3] = [0.7, 1.0, 1.4];
/// Proposals that overlap a better one by more are dropped.
const OVERLAP: f32 = 0.7;

/// How many proposals are looked at, and how many remain of them.
#[derive(Clone, Copy, Debug)]
pub struct Kept {
    pub before: usize,
    pub after: usize,
}

/// What a region proposal network learns, and what it proposes.
#[derive(Clone, Debug)]
pub struct Proposer {
    anchors: Vec<BBox>,
    matcher: Matcher,
    sampler: BalancedSampler,
    coder: BoxCoder,
}

impl Proposer {
    pub fn new() -> Result<Self, DetectionError> {
        Ok(Self {
            anchors: AnchorGenerator::single(&SIZES, &RATIOS).anchors(SIZE, &[MAP])?,
            matcher: Matcher { high: 0.7, low: 0.3, allow_low_quality: true },
            sampler: BalancedSampler { count: 128, positive_fraction: 0.5 },
            coder: BoxCoder::default(),
        })
    }

    const CELLS: usize = MAP[0] * MAP[1];
    const PER_CELL: usize = SIZES.len() * RATIOS.len();

    /// Where the number `part` of `parts` for an anchor is in a tensor `[images, parts * anchors, height, width]`.
    fn place(image: usize, anchor: usize, part: usize, parts: usize) -> usize {
        let (cell, kind) = (anchor / Self::PER_CELL, anchor % Self::PER_CELL);
        ((image * Self::PER_CELL + kind) * parts + part) * Self::CELLS + cell
    }

    /// What the maps are to be: whether an anchor is an object, and its offsets. The losses are divided by the number of drawn anchors, both of them.
    pub fn targets(&self, objects: &[Vec<BBox>], random: &mut StdRng) -> Result<[Targets; 2], DetectionError> {
        let all = objects.len() * self.anchors.len();
        let [mut objectness, mut offsets] = [Targets::none(all), Targets::none(4 * all)];
        let mut drawn = Vec::new();
        for (image, objects) in objects.iter().enumerate() {
            let matches = self.matcher.matches(objects, &self.anchors)?;
            let chosen = self.sampler.sample(&matches, random).concat();
            drawn.extend(chosen.into_iter().map(|anchor| (image, anchor, matches[anchor])));
        }
        let weight = 1.0 / drawn.len() as f32;
        for (image, anchor, found) in drawn {
            let is_object = if let Match::Object(object) = found {
                let code = self.coder.encode(&self.anchors[anchor], &objects[image][object])?;
                code.into_iter().enumerate().for_each(|(part, offset)| offsets.set(Self::place(image, anchor, part, 4), offset, weight));
                1.0
            } else {
                0.0
            };
            objectness.set(Self::place(image, anchor, 0, 1), is_object, weight);
        }
        Ok([objectness, offsets])
    }

    /// The best boxes of an image by the network's maps.
    pub fn propose(&self, image: usize, objectness: &[f32], offsets: &[f32], kept: Kept) -> Vec<BBox> {
        let score = |anchor: &usize| objectness[Self::place(image, *anchor, 0, 1)];
        let mut best: Vec<usize> = (0..self.anchors.len()).collect();
        best.sort_by(|a, b| score(b).total_cmp(&score(a)));
        best.truncate(kept.before);
        let decoded = |&anchor: &usize| {
            let code = std::array::from_fn(|part| offsets[Self::place(image, anchor, part, 4)]);
            self.coder.decode(code, &self.anchors[anchor]).clipped(SIZE)
        };
        let (boxes, scores): (Vec<BBox>, Vec<f32>) = best
            .iter()
            .map(|anchor| (decoded(anchor), score(anchor)))
            .filter(|(bbox, _)| bbox.width() >= 1.0 && bbox.height() >= 1.0)
            .unzip();
        nms(&boxes, &scores, OVERLAP).into_iter().take(kept.after).map(|i| boxes[i]).collect()
    }
}

/// The boxes of the objects that count.
pub fn boxes(objects: &[Object]) -> Vec<BBox> {
    objects.iter().filter(|object| !object.ignore).map(|object| object.bbox).collect()
}
