//! Boxes as offsets from other boxes.

use super::{BBox, DetectionError};

/// Codes a box by its offsets from a proposal `[x, y, w, h]` (center and size): `[wx (x' - x) / w, wy (y' - y) / h, ww ln(w' / w), wh ln(h' / h)]`, the targets of a
/// regression (Girshick et al., 2014); torchvision's `BoxCoder`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BoxCoder {
    /// Factors of the four offsets, above 0: the inverse of their typical sizes.
    pub weights: [f32; 4],
    /// The largest logarithm of a ratio of sizes that is decoded, so that no wild prediction overflows.
    pub max_log_ratio: f32,
}

/// Weights of 1, as for region proposals. Sizes grow at most from 16 to 1000 pixels.
impl Default for BoxCoder {
    fn default() -> Self {
        Self { weights: [1.0; 4], max_log_ratio: (1000.0f32 / 16.0).ln() }
    }
}

impl BoxCoder {
    /// With the weights of Fast R-CNN's head: offsets there are about a tenth, and logarithms a fifth.
    pub fn of_head() -> Self {
        Self { weights: [10.0, 10.0, 5.0, 5.0], ..Self::default() }
    }

    /// The offsets of `target` from `proposal`.
    ///
    /// # Errors
    /// Returns an error if one of them has no area.
    pub fn encode(&self, proposal: &BBox, target: &BBox) -> Result<[f32; 4], DetectionError> {
        if let Some(bad) = [proposal, target].into_iter().find(|bbox| !bbox.has_area()) {
            return Err(DetectionError::NoArea(*bad));
        }
        let [wx, wy, ww, wh] = self.weights;
        let ([px, py], [tx, ty]) = (proposal.center(), target.center());
        let (width, height) = (proposal.width(), proposal.height());
        Ok([wx * (tx - px) / width, wy * (ty - py) / height, ww * (target.width() / width).ln(), wh * (target.height() / height).ln()])
    }

    /// The box with these offsets from `proposal`; the inverse of [`BoxCoder::encode`]. From a box without area it has none.
    pub fn decode(&self, offsets: [f32; 4], proposal: &BBox) -> BBox {
        let [wx, wy, ww, wh] = self.weights;
        let [dx, dy, dw, dh] = offsets;
        let (width, height, [x, y]) = (proposal.width(), proposal.height(), proposal.center());
        let (x, y) = (dx / wx * width + x, dy / wy * height + y);
        let half = |log: f32, size: f32| 0.5 * log.min(self.max_log_ratio).exp() * size;
        let (w, h) = (half(dw / ww, width), half(dh / wh, height));
        BBox::new(x - w, y - h, x + w, y + h)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_area() {
        let (whole, line) = (BBox::new(0.0, 0.0, 8.0, 8.0), BBox::new(0.0, 1.0, 8.0, 1.0));
        let coder = BoxCoder::default();
        let error = coder.encode(&line, &whole).unwrap_err();
        assert_eq!(error.to_string(), "the box [0, 1, 8, 1] has no area: offsets from it or to it are not defined");
        assert_eq!(coder.encode(&whole, &line), Err(DetectionError::NoArea(line)));
        assert!(!coder.decode([0.5, 0.5, 1.0, 1.0], &line).has_area());
    }
}
