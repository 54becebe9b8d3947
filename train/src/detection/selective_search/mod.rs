//! Proposals without a network: selective search.

mod grouping;
mod histograms;
mod segments;

use std::collections::HashSet;

use super::BBox;
use crate::data::Image;

/// Proposes boxes by grouping similar neighboring regions, from small to large, until one is left (Uijlings et al., "Selective Search for Object Recognition", 2013).
/// The first regions are those of Felzenszwalb and Huttenlocher ("Efficient Graph-Based Image Segmentation", 2004); neighbors are similar if their
/// colors and their texture are, if they are small, and if they fill the box around both.
///
/// ```
/// use layercake_train::data::Image;
/// use layercake_train::detection::{BBox, SelectiveSearch, iou};
///
/// // A dark square on a light ground.
/// let dark = |i: usize| (20..50).contains(&(i / 80)) && (30..60).contains(&(i % 80));
/// let plane = (0..60 * 80).map(|i| if dark(i) { 0.2 } else { 0.8 });
/// let image = Image { shape: [1, 60, 80], pixels: plane.collect() };
/// let proposals = SelectiveSearch::default().propose(&image);
/// assert!(proposals.iter().any(|bbox| iou(bbox, &BBox::new(30.0, 20.0, 60.0, 50.0)) > 0.9));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct SelectiveSearch {
    /// How different neighbors may be, for levels from 0 to 255, until they are regions of their own: the larger, the larger the first regions. The search is made once
    /// for each scale.
    pub scales: Vec<f32>,
    /// The standard deviation of the Gaussian that smooths the image first, in pixels.
    pub sigma: f32,
    /// Regions of fewer pixels are joined with a neighbor.
    pub min_size: usize,
    /// The most proposals.
    pub most: usize,
}

/// Four scales, for images of some hundred pixels, and 1,000 proposals.
impl Default for SelectiveSearch {
    fn default() -> Self {
        Self { scales: vec![25.0, 50.0, 100.0, 200.0], sigma: 0.8, min_size: 20, most: 1000 }
    }
}

impl SelectiveSearch {
    /// The boxes around all regions and groups, each once: those that were found last, which are the largest, first; the scales take turns. The time grows with the
    /// number of pixels, and with the square of the number of first regions.
    pub fn propose(&self, image: &Image) -> Vec<BBox> {
        if image.pixels.is_empty() {
            return Vec::new();
        }
        let smooth = segments::smoothed(image, self.sigma);
        let mut found: Vec<_> = self
            .scales
            .iter()
            .map(|&scale| {
                let segments = segments::segment(&smooth, image.size(), scale, self.min_size);
                grouping::boxes(image, &segments).into_iter().rev()
            })
            .collect();
        let (mut seen, mut proposals) = (HashSet::new(), Vec::new());
        loop {
            let turn: Vec<[usize; 4]> = found.iter_mut().filter_map(Iterator::next).collect();
            if turn.is_empty() || proposals.len() >= self.most {
                proposals.truncate(self.most);
                return proposals;
            }
            for corners in turn {
                if seen.insert(corners) {
                    let [x1, y1, x2, y2] = corners.map(|edge| edge as f32);
                    proposals.push(BBox::new(x1, y1, x2, y2));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_of_one_color_and_of_nothing() {
        let search = SelectiveSearch::default();
        assert_eq!(search.propose(&Image { shape: [3, 0, 8], pixels: Vec::new() }), []);
        let plain = Image { shape: [3, 6, 8], pixels: vec![0.5; 3 * 6 * 8] };
        assert_eq!(search.propose(&plain), [BBox::new(0.0, 0.0, 8.0, 6.0)]);
        let bad = Image { shape: [1, 2, 2], pixels: vec![f32::NAN, 0.0, f32::INFINITY, -1e30] };
        assert!(search.propose(&bad).iter().all(BBox::has_area));
        let one = Image { shape: [1, 1, 1], pixels: vec![0.3] };
        assert_eq!(search.propose(&one), [BBox::new(0.0, 0.0, 1.0, 1.0)]);
    }

    /// Two squares that touch, of different colors: each alone, and both together.
    #[test]
    fn parts_and_wholes() {
        let color = |row: usize, column: usize| match (row, column) {
            (10..30, 10..30) => [0.9, 0.1, 0.1],
            (10..30, 30..50) => [0.7, 0.2, 0.2],
            _ => [0.1, 0.2, 0.9],
        };
        let pixels = (0..3).flat_map(|channel| (0..40 * 64).map(move |i| color(i / 64, i % 64)[channel])).collect();
        let found = SelectiveSearch { sigma: 0.0, ..SelectiveSearch::default() }.propose(&Image { shape: [3, 40, 64], pixels });
        for bbox in [BBox::new(10.0, 10.0, 30.0, 30.0), BBox::new(30.0, 10.0, 50.0, 30.0), BBox::new(10.0, 10.0, 50.0, 30.0)] {
            assert!(found.contains(&bbox), "{bbox:?} in {found:?}");
        }
        assert_eq!(found[0], BBox::new(0.0, 0.0, 64.0, 40.0), "the whole comes first");
        let few = SelectiveSearch { most: 2, sigma: 0.0, ..SelectiveSearch::default() };
        assert_eq!(few.propose(&Image { shape: [1, 1, 1], pixels: vec![0.0] }).len(), 1);
    }
}
