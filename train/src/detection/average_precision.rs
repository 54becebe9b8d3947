//! Average precision, as COCO counts it.

use super::nms::by_score;
use super::{BBox, Detection, Object};

/// The recalls at which COCO reads the precision: 0, 0.01, .. 1.
const RECALLS: usize = 101;

/// The overlaps that COCO averages over: 0.5, 0.55, .. 0.95, rounded as numpy's `linspace` does.
fn overlaps() -> [f64; 10] {
    std::array::from_fn(|i| if i == 9 { 0.95 } else { 0.5 + i as f64 * ((0.95 - 0.5) / 9.0) })
}

/// Gathers the objects and detections of a test set; `pycocotools`' `COCOeval` for boxes.
///
/// A detection is right if it overlaps an object of its class by the threshold that no better detection has found; each object counts once. Objects that are to be
/// ignored, and detections of them, do not count. A class without objects counts in no mean.
///
/// ```
/// use layercake_train::detection::{AveragePrecision, BBox, Detection, Object};
///
/// let bbox = BBox::new(10.0, 10.0, 30.0, 30.0);
/// let mut metric = AveragePrecision::new(1);
/// metric.add(&[Object { bbox, class: 0, ignore: false }], &[Detection { bbox: bbox.shifted(2.0, 0.0), class: 0, score: 0.9 }]);
/// let found = metric.evaluate();
/// assert_eq!(found.at_50(), Some(1.0));
/// // An overlap of 18 / 22 is enough for 7 of the 10 thresholds.
/// assert!((found.mean().unwrap() - 0.7).abs() < 1e-12);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct AveragePrecision {
    /// How many detections of a class count in a picture: those with the highest scores. COCO's 100.
    pub max_detections: usize,
    /// The areas in pixels, from and to, of the objects that count. COCO's small ones are `[0, 32^2]`, medium ones `[32^2, 96^2]`.
    pub areas: [f64; 2],
    classes: usize,
    pictures: Vec<(Vec<Object>, Vec<Detection>)>,
}

impl AveragePrecision {
    /// For so many classes; 100 detections, all areas.
    pub fn new(classes: usize) -> Self {
        Self { max_detections: 100, areas: [0.0, f64::INFINITY], classes, pictures: Vec::new() }
    }

    /// Adds a picture.
    ///
    /// # Panics
    /// Panics if a class is out of range.
    pub fn add(&mut self, objects: &[Object], detections: &[Detection]) {
        let mut classes = objects.iter().map(|object| object.class).chain(detections.iter().map(|found| found.class));
        assert!(classes.all(|class| class < self.classes), "classes are below {}", self.classes);
        self.pictures.push((objects.to_vec(), detections.to_vec()));
    }

    /// The average precisions of all classes and overlaps.
    pub fn evaluate(&self) -> AveragePrecisions {
        AveragePrecisions { classes: (0..self.classes).map(|class| self.curves(class)).collect() }
    }

    /// A curve for each overlap; none for a class without objects.
    fn curves(&self, class: usize) -> Option<Vec<Curve>> {
        let pictures: Vec<Picture> = self.pictures.iter().map(|(objects, found)| self.picture(class, objects, found)).collect();
        let objects = pictures.iter().flat_map(|picture| &picture.ignored).filter(|ignored| !**ignored).count();
        if objects == 0 {
            return None;
        }
        Some(
            overlaps()
                .into_iter()
                .map(|overlap| {
                    let judged: Vec<(f32, bool)> = pictures.iter().flat_map(|picture| picture.judge(overlap, self.areas)).collect();
                    Curve::of(overlap, &judged, objects)
                })
                .collect(),
        )
    }

    /// What a picture has of a class: the objects that count first, detections by their scores.
    fn picture(&self, class: usize, objects: &[Object], detections: &[Detection]) -> Picture {
        let ignored = |object: &Object| object.ignore || !within(area(&object.bbox), self.areas);
        let mut objects: Vec<Object> = objects.iter().filter(|object| object.class == class).copied().collect();
        objects.sort_by_key(ignored);
        let found: Vec<Detection> = detections.iter().filter(|found| found.class == class).copied().collect();
        let scores: Vec<f32> = found.iter().map(|found| found.score).collect();
        let found: Vec<Detection> = by_score(&scores).into_iter().take(self.max_detections).map(|i| found[i]).collect();
        let overlaps = found.iter().map(|found| objects.iter().map(|object| overlap(&found.bbox, object)).collect()).collect();
        Picture {
            ignored: objects.iter().map(ignored).collect(),
            crowd: objects.iter().map(|object| object.ignore).collect(),
            found,
            overlaps,
        }
    }
}

/// The objects and detections of one class in one picture.
struct Picture {
    /// Whether each object does not count.
    ignored: Vec<bool>,
    /// Whether each object may be found several times.
    crowd: Vec<bool>,
    found: Vec<Detection>,
    /// For each detection, its overlap with each object.
    overlaps: Vec<Vec<f64>>,
}

impl Picture {
    /// The score of each detection that counts, and whether it is right.
    fn judge(&self, threshold: f64, areas: [f64; 2]) -> Vec<(f32, bool)> {
        let mut taken = vec![false; self.ignored.len()];
        let mut judged = Vec::new();
        for (found, overlaps) in self.found.iter().zip(&self.overlaps) {
            let (mut most, mut object) = (threshold.min(1.0 - 1e-10), None);
            for (i, &overlap) in overlaps.iter().enumerate() {
                if taken[i] && !self.crowd[i] {
                    continue;
                }
                // Those that count come first, and are preferred.
                if object.is_some_and(|object: usize| !self.ignored[object]) && self.ignored[i] {
                    break;
                }
                if overlap >= most {
                    (most, object) = (overlap, Some(i));
                }
            }
            let counts = match object {
                Some(object) => {
                    taken[object] = true;
                    !self.ignored[object]
                }
                None => within(area(&found.bbox), areas),
            };
            if counts {
                judged.push((found.score, object.is_some()));
            }
        }
        judged
    }
}

/// Precision against recall, for one class and one overlap.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// From this overlap on a detection is right.
    pub overlap: f64,
    /// The highest precision at recalls of at least 0, 0.01, .. 1; 0 where the recall is not reached.
    pub precisions: Vec<f64>,
    /// The share of the objects that all detections together find.
    pub recall: f64,
}

impl Curve {
    /// Of detections, each with its score and whether it is right, and the number of objects.
    fn of(overlap: f64, judged: &[(f32, bool)], objects: usize) -> Self {
        let scores: Vec<f32> = judged.iter().map(|(score, _)| *score).collect();
        let (mut right, mut recalls, mut precisions) = (0usize, Vec::new(), Vec::new());
        for (i, at) in by_score(&scores).into_iter().enumerate() {
            right += usize::from(judged[at].1);
            recalls.push(right as f64 / objects as f64);
            precisions.push(right as f64 / (i + 1) as f64);
        }
        // A precision that a lower score reaches counts for the recalls before it.
        for i in (1..precisions.len()).rev() {
            precisions[i - 1] = precisions[i - 1].max(precisions[i]);
        }
        let at = |i: usize| {
            // As numpy rounds it.
            let wanted = if i + 1 == RECALLS { 1.0 } else { i as f64 * 0.01 };
            precisions.get(recalls.partition_point(|&recall| recall < wanted)).copied().unwrap_or(0.0)
        };
        Self { overlap, precisions: (0..RECALLS).map(at).collect(), recall: recalls.last().copied().unwrap_or(0.0) }
    }

    /// The mean of the precisions: the area under the curve.
    pub fn average_precision(&self) -> f64 {
        mean(self.precisions.iter().copied()).expect("a curve has 101 precisions")
    }
}

/// The average precisions of a test set.
#[derive(Clone, Debug, PartialEq)]
pub struct AveragePrecisions {
    /// For each class, its curves at overlaps of 0.5, 0.55, .. 0.95; none for a class without objects.
    pub classes: Vec<Option<Vec<Curve>>>,
}

impl AveragePrecisions {
    /// The mean over classes and overlaps from 0.5 to 0.95: COCO's AP, often called mAP. None without objects.
    pub fn mean(&self) -> Option<f64> {
        self.over(|_| true, Curve::average_precision)
    }

    /// The mean over classes at an overlap of 0.5.
    pub fn at_50(&self) -> Option<f64> {
        self.over(|i| i == 0, Curve::average_precision)
    }

    /// The mean over classes at an overlap of 0.75.
    pub fn at_75(&self) -> Option<f64> {
        self.over(|i| i == 5, Curve::average_precision)
    }

    /// The mean recall over classes and overlaps from 0.5 to 0.95: COCO's AR.
    pub fn mean_recall(&self) -> Option<f64> {
        self.over(|_| true, |curve| curve.recall)
    }

    /// The average precision of each class at an overlap of 0.5.
    pub fn classes_at_50(&self) -> Vec<Option<f64>> {
        self.classes.iter().map(|curves| curves.as_ref().map(|curves| curves[0].average_precision())).collect()
    }

    fn over(&self, wanted: impl Fn(usize) -> bool, of: impl Fn(&Curve) -> f64) -> Option<f64> {
        let curves = self.classes.iter().flatten().flat_map(|curves| curves.iter().enumerate());
        mean(curves.filter(|(i, _)| wanted(*i)).map(|(_, curve)| of(curve)))
    }
}

fn mean(numbers: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = numbers.fold((0.0, 0), |(sum, count), number| (sum + number, count + 1));
    (count > 0).then(|| sum / f64::from(count))
}

fn within(area: f64, [from, to]: [f64; 2]) -> bool {
    (from..=to).contains(&area)
}

fn area(bbox: &BBox) -> f64 {
    let [x1, y1, x2, y2] = <[f32; 4]>::from(*bbox).map(f64::from);
    (x2 - x1).max(0.0) * (y2 - y1).max(0.0)
}

/// The intersection over the union; of a crowd, over the detection, which cannot cover all of it.
fn overlap(found: &BBox, object: &Object) -> f64 {
    let [a, b] = [found, &object.bbox].map(|bbox| <[f32; 4]>::from(*bbox).map(f64::from));
    let both = (a[2].min(b[2]) - a[0].max(b[0])).max(0.0) * (a[3].min(b[3]) - a[1].max(b[1])).max(0.0);
    let (found, object, is_crowd) = (area(found), area(&object.bbox), object.ignore);
    let whole = if is_crowd { found } else { found + object - both };
    // An edge of NaN would not count in the minimum.
    if found > 0.0 && object > 0.0 { both / whole } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing() {
        let mut metric = AveragePrecision::new(2);
        assert_eq!(metric.evaluate().mean(), None);
        let bbox = BBox::new(0.0, 0.0, 4.0, 4.0);
        metric.add(&[], &[Detection { bbox, class: 0, score: 0.5 }]);
        assert_eq!(metric.evaluate().at_50(), None);
        metric.add(&[Object { bbox, class: 1, ignore: false }], &[]);
        let found = metric.evaluate();
        assert_eq!((found.mean(), found.mean_recall(), found.classes_at_50()), (Some(0.0), Some(0.0), vec![None, Some(0.0)]));
        // A detection without area finds nothing, and one of NaN comes last.
        let line = BBox::new(0.0, 0.0, 4.0, 0.0);
        let mut metric = AveragePrecision::new(1);
        let of = |bbox, score| Detection { bbox, class: 0, score };
        metric.add(&[Object { bbox, class: 0, ignore: false }], &[of(line, f32::NAN), of(bbox, 0.1)]);
        assert_eq!(metric.evaluate().at_50(), Some(1.0));
    }
}
