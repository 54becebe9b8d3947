//! Boxes and their overlap.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A box in pixels: the left, upper, right and lower edge. A pixel is a square of size 1 whose left upper corner is its index, so a box that covers the whole of a
/// picture is `[0, 0, width, height]`. In JSON it is a list of four numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "[f32; 4]", into = "[f32; 4]")]
pub struct BBox {
    /// The left edge.
    pub x1: f32,
    /// The upper edge.
    pub y1: f32,
    /// The right edge.
    pub x2: f32,
    /// The lower edge.
    pub y2: f32,
}

impl BBox {
    /// A box of four edges.
    pub const fn new(x1: f32, y1: f32, x2: f32, y2: f32) -> Self {
        Self { x1, y1, x2, y2 }
    }

    /// The distance of the right edge from the left one; negative if they are in the wrong order.
    pub fn width(&self) -> f32 {
        self.x2 - self.x1
    }

    /// The distance of the lower edge from the upper one; negative if they are in the wrong order.
    pub fn height(&self) -> f32 {
        self.y2 - self.y1
    }

    /// The center, `[x, y]`.
    pub fn center(&self) -> [f32; 2] {
        [self.x1 + 0.5 * self.width(), self.y1 + 0.5 * self.height()]
    }

    /// The area; 0 if the edges are in the wrong order, or NaN.
    pub fn area(&self) -> f32 {
        self.width().max(0.0) * self.height().max(0.0)
    }

    /// Whether the edges are finite and the area is above 0.
    pub fn has_area(&self) -> bool {
        <[f32; 4]>::from(*self).iter().all(|edge| edge.is_finite()) && self.area() > 0.0
    }

    /// The part within a picture of `[height, width]` pixels; of a box outside it nothing is left, and its area is 0.
    #[must_use]
    pub fn clipped(&self, size: [usize; 2]) -> Self {
        let [height, width] = size.map(|pixels| pixels as f32);
        Self {
            x1: self.x1.clamp(0.0, width),
            y1: self.y1.clamp(0.0, height),
            x2: self.x2.clamp(0.0, width),
            y2: self.y2.clamp(0.0, height),
        }
    }

    /// The box moved to the right and down.
    #[must_use]
    pub fn shifted(&self, x: f32, y: f32) -> Self {
        Self::new(self.x1 + x, self.y1 + y, self.x2 + x, self.y2 + y)
    }

    /// The box in a picture that was resized by these factors.
    #[must_use]
    pub fn scaled(&self, x: f32, y: f32) -> Self {
        Self::new(self.x1 * x, self.y1 * y, self.x2 * x, self.y2 * y)
    }

    /// The area that both cover.
    fn intersection(&self, other: &Self) -> f32 {
        let part = Self { x1: self.x1.max(other.x1), y1: self.y1.max(other.y1), x2: self.x2.min(other.x2), y2: self.y2.min(other.y2) };
        // Of a box whose edges are in the wrong order, nothing overlaps.
        if self.area() > 0.0 && other.area() > 0.0 { part.area() } else { 0.0 }
    }
}

/// `[10, 20, 30.5, 40]`
impl fmt::Display for BBox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { x1, y1, x2, y2 } = self;
        write!(f, "[{x1}, {y1}, {x2}, {y2}]")
    }
}

impl From<[f32; 4]> for BBox {
    fn from([x1, y1, x2, y2]: [f32; 4]) -> Self {
        Self { x1, y1, x2, y2 }
    }
}

impl From<BBox> for [f32; 4] {
    fn from(BBox { x1, y1, x2, y2 }: BBox) -> Self {
        [x1, y1, x2, y2]
    }
}

/// The intersection of two boxes over their union, from 0 to 1; 0 for boxes without area.
pub fn iou(a: &BBox, b: &BBox) -> f32 {
    let both = a.intersection(b);
    let union = a.area() + b.area() - both;
    if union > 0.0 { both / union } else { 0.0 }
}

/// [`iou`] less the share of the smallest box around both that neither covers, from -1 to 1 (Rezatofighi et al., 2019): it still tells how far apart boxes are that
/// do not overlap. If the box around both has no area, it is the [`iou`].
pub fn giou(a: &BBox, b: &BBox) -> f32 {
    let both = a.intersection(b);
    let union = a.area() + b.area() - both;
    let around = BBox { x1: a.x1.min(b.x1), y1: a.y1.min(b.y1), x2: a.x2.max(b.x2), y2: a.y2.max(b.y2) }.area();
    let shared = if union > 0.0 { both / union } else { 0.0 };
    if around > 0.0 { shared - (around - union) / around } else { shared }
}

/// [`iou`] of each of `a` with each of `b`.
///
/// # Shapes
/// `[a, b]`, row-major.
pub fn iou_matrix(a: &[BBox], b: &[BBox]) -> Vec<f32> {
    a.iter().flat_map(|a| b.iter().map(move |b| iou(a, b))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_area() {
        let whole = BBox::new(0.0, 0.0, 10.0, 10.0);
        let line = BBox::new(5.0, 2.0, 5.0, 8.0);
        let inverted = BBox::new(8.0, 8.0, 2.0, 2.0);
        let nothing = BBox::new(f32::NAN, 0.0, 10.0, 10.0);
        for bad in [line, inverted, nothing] {
            assert_eq!((bad.area(), bad.has_area()), (0.0, false), "{bad}");
            for other in [whole, bad] {
                assert_eq!((iou(&bad, &other), iou(&other, &bad)), (0.0, 0.0), "{bad} and {other}");
            }
        }
        assert_eq!(giou(&line, &line), 0.0);
        // The line is within the box, of which all is covered.
        assert_eq!(giou(&line, &whole), 0.0);
        assert!(!BBox::new(0.0, 0.0, f32::INFINITY, 1.0).has_area());
        assert!(iou_matrix(&[], &[whole]).is_empty());
    }

    #[test]
    fn outside_the_picture() {
        let outside = BBox::new(-20.0, 3.0, -5.0, 9.0).clipped([10, 16]);
        assert_eq!(outside, BBox::new(0.0, 3.0, 0.0, 9.0));
        assert!(!outside.has_area());
        assert_eq!(BBox::new(-4.0, 8.0, 20.0, 12.0).clipped([10, 16]), BBox::new(0.0, 8.0, 16.0, 10.0));
    }
}
