//! Anchors: the boxes from which a detector's offsets are measured.

use super::error::option;
use super::{BBox, DetectionError};

/// Boxes of several sizes and shapes around each cell of one or several feature maps; torchvision's `AnchorGenerator`.
#[derive(Clone, Debug, PartialEq)]
pub struct AnchorGenerator {
    /// For each map, the square roots of the areas in pixels.
    pub sizes: Vec<Vec<f32>>,
    /// For each map, the ratios of height to width.
    pub aspect_ratios: Vec<Vec<f32>>,
}

impl AnchorGenerator {
    /// One map with these sizes and ratios.
    pub fn single(sizes: &[f32], aspect_ratios: &[f32]) -> Self {
        Self { sizes: vec![sizes.to_vec()], aspect_ratios: vec![aspect_ratios.to_vec()] }
    }

    /// The number of anchors in each cell of map `level`.
    ///
    /// # Panics
    /// Panics if there is no such map.
    pub fn per_cell(&self, level: usize) -> usize {
        self.sizes[level].len() * self.aspect_ratios[level].len()
    }

    /// The anchors of a picture of `image` = `[height, width]` pixels for maps of these sizes. They are ordered by map, row, column, ratio and size, and may
    /// reach beyond the picture. The distance of cells is the size of the picture divided by that of the map, rounded down, and edges are rounded to pixels
    /// around each cell's left upper corner, as in torchvision.
    ///
    /// # Errors
    /// Returns an error if a size or ratio is not positive, a map has no cells or more than the picture has pixels, or the numbers of maps differ.
    pub fn anchors(&self, image: [usize; 2], maps: &[[usize; 2]]) -> Result<Vec<BBox>, DetectionError> {
        if self.sizes.len() != maps.len() || self.aspect_ratios.len() != maps.len() {
            let found = format!("sizes of {} and ratios of {}", self.sizes.len(), self.aspect_ratios.len());
            return Err(option("anchors", format!("sizes and ratios of {} maps", maps.len()), found));
        }
        let mut anchors = Vec::new();
        for ((sizes, ratios), map) in self.sizes.iter().zip(&self.aspect_ratios).zip(maps) {
            if (0..2).any(|axis| map[axis] == 0 || map[axis] > image[axis]) {
                return Err(option("map", format!("from 1 to {image:?} cells"), format!("{map:?}")));
            }
            let cell = around_origin(sizes, ratios)?;
            let [down, across] = [0, 1].map(|axis| image[axis] / map[axis]);
            for y in 0..map[0] {
                for x in 0..map[1] {
                    anchors.extend(cell.iter().map(|anchor| anchor.shifted((x * across) as f32, (y * down) as f32)));
                }
            }
        }
        Ok(anchors)
    }
}

/// The anchors of the cell at the origin.
fn around_origin(sizes: &[f32], ratios: &[f32]) -> Result<Vec<BBox>, DetectionError> {
    for (name, numbers) in [("anchor size", sizes), ("aspect ratio", ratios)] {
        if let Some(bad) = numbers.iter().find(|number| !(number.is_finite() && **number > 0.0)) {
            return Err(option(name, "a positive number", bad));
        }
    }
    let anchor = |ratio: f32, size: f32| {
        let tall = ratio.sqrt();
        let (width, height) = (size / tall, size * tall);
        let edge = |length: f32| (0.5 * length).round_ties_even();
        BBox::new(-edge(width), -edge(height), edge(width), edge(height))
    };
    Ok(ratios.iter().flat_map(|&ratio| sizes.iter().map(move |&size| anchor(ratio, size))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refused() {
        let text = |sizes: &[f32], ratios: &[f32], maps: &[[usize; 2]]| {
            AnchorGenerator::single(sizes, ratios).anchors([20, 30], maps).unwrap_err().to_string()
        };
        assert_eq!(text(&[0.0], &[1.0], &[[2, 3]]), "anchor size: expected a positive number, found 0");
        assert_eq!(text(&[8.0], &[f32::NAN], &[[2, 3]]), "aspect ratio: expected a positive number, found NaN");
        assert_eq!(text(&[8.0], &[1.0], &[[2, 31]]), "map: expected from 1 to [20, 30] cells, found [2, 31]");
        assert_eq!(text(&[8.0], &[1.0], &[]), "anchors: expected sizes and ratios of 0 maps, found sizes of 1 and ratios of 1");
        assert_eq!(AnchorGenerator::single(&[], &[1.0]).anchors([20, 30], &[[2, 3]]).unwrap(), []);
    }
}
