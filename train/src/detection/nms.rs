//! Non-maximum suppression.

use super::{BBox, iou};

/// The indices of the boxes that remain if, in the order of their scores, each removes those that overlap it by more than `iou_threshold`; torchvision's `nms`.
/// Of equal scores the first comes first, and scores of NaN come last.
///
/// The time is quadratic in the number of boxes that remain, so detectors first take the best few thousand.
///
/// # Panics
/// Panics if the numbers of boxes and scores differ.
pub fn nms(boxes: &[BBox], scores: &[f32], iou_threshold: f32) -> Vec<usize> {
    suppress(boxes, scores, iou_threshold, |_, _| true)
}

/// [`nms`] among the boxes of each group (class, level) alone; torchvision's `batched_nms`. The result of all groups is in the order of the scores.
///
/// # Panics
/// Panics if the numbers of boxes, scores and groups differ.
pub fn batched_nms(boxes: &[BBox], scores: &[f32], groups: &[usize], iou_threshold: f32) -> Vec<usize> {
    assert_eq!(boxes.len(), groups.len(), "a group for each box");
    suppress(boxes, scores, iou_threshold, |a, b| groups[a] == groups[b])
}

/// Keeps a box unless one that is kept, and `competes` with it, overlaps it.
fn suppress(boxes: &[BBox], scores: &[f32], iou_threshold: f32, competes: impl Fn(usize, usize) -> bool) -> Vec<usize> {
    assert_eq!(boxes.len(), scores.len(), "a score for each box");
    let mut kept: Vec<usize> = Vec::new();
    for i in by_score(scores) {
        if !kept.iter().any(|&better| competes(better, i) && iou(&boxes[better], &boxes[i]) > iou_threshold) {
            kept.push(i);
        }
    }
    kept
}

/// The indices of scores from the highest to the lowest; the first of equal ones first, and NaN last.
pub(super) fn by_score(scores: &[f32]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| {
        scores[a].is_nan().cmp(&scores[b].is_nan()).then_with(|| scores[b].partial_cmp(&scores[a]).unwrap_or(std::cmp::Ordering::Equal))
    });
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_and_odd_boxes() {
        assert!(nms(&[], &[], 0.5).is_empty());
        let same = BBox::new(0.0, 0.0, 4.0, 4.0);
        let line = BBox::new(0.0, 0.0, 4.0, 0.0);
        // Boxes without area overlap nothing, so all of them remain; of equal scores the first wins.
        assert_eq!(nms(&[line, same, line, same], &[0.5; 4], 0.0), [0, 1, 2]);
        assert_eq!(by_score(&[f32::NAN, 0.0, -0.0, f32::INFINITY, 1.0, f32::NAN]), [3, 4, 1, 2, 0, 5]);
        assert_eq!(batched_nms(&[same, same, same], &[0.1, 0.3, 0.2], &[1, 0, 1], 0.5), [1, 2]);
    }
}
