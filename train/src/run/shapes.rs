//! Lines and areas in PNG pictures.

use super::Canvas;
use crate::detection::BBox;

/// The shape of a point: one of seven, the first five also as an outline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Marker {
    form: Form,
    hollow: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Disk,
    Square,
    Up,
    Diamond,
    Down,
    Cross,
    Plus,
}

/// How thick an outline is, as a share of the radius.
const OUTLINE: f64 = 0.4;

impl Marker {
    /// How many shapes there are.
    pub const COUNT: usize = 12;

    /// The shape of a class.
    pub fn of(class: usize) -> Self {
        use Form::{Cross, Diamond, Disk, Down, Plus, Square, Up};
        let number = class % Self::COUNT;
        Self { form: [Disk, Square, Up, Cross, Diamond, Down, Plus, Disk, Square, Diamond, Up, Down][number], hollow: number >= 7 }
    }

    /// Whether the shape of radius 1 has a point.
    fn contains(self, at: [f64; 2]) -> bool {
        self.form.contains(at) && !(self.hollow && self.form.contains(at.map(|x| x / (1.0 - OUTLINE))))
    }
}

impl Form {
    fn contains(self, [row, column]: [f64; 2]) -> bool {
        let [high, wide] = [row.abs(), column.abs()];
        let most = high.max(wide);
        match self {
            Self::Disk => row.hypot(column) <= 0.9,
            Self::Square => most <= 0.8,
            Self::Up => row <= 0.75 && wide <= (row + 1.0) * 0.57,
            Self::Down => row >= -0.75 && wide <= (1.0 - row) * 0.57,
            Self::Diamond => high + wide <= 1.1,
            Self::Cross => most <= 0.9 && (high - wide).abs() <= 0.4,
            Self::Plus => most <= 1.0 && high.min(wide) <= 0.28,
        }
    }
}

/// Points per pixel and axis that decide how much of it a shape covers.
const POINTS: usize = 4;

/// Rows and columns are measured in pixels from the upper left corner; what is outside the picture is not drawn.
impl Canvas {
    /// Fills the rectangle between two corners, `[row, column]`.
    pub fn rectangle(&mut self, from: [f64; 2], to: [f64; 2], color: [u8; 3]) {
        self.fill(from, to, color, |[row, column]| row >= from[0] && row < to[0] && column >= from[1] && column < to[1]);
    }

    /// Fills a disk.
    pub fn disk(&mut self, center: [f64; 2], radius: f64, color: [u8; 3]) {
        let within = |[row, column]: [f64; 2]| (row - center[0]).hypot(column - center[1]) <= radius;
        self.fill(center.map(|c| c - radius), center.map(|c| c + radius), color, within);
    }

    /// Draws a point.
    pub(super) fn marker(&mut self, center: [f64; 2], radius: f64, marker: Marker, color: [u8; 3]) {
        // A diamond is a little larger than its radius.
        let reach = 1.1 * radius;
        let within = |[row, column]: [f64; 2]| marker.contains([(row - center[0]) / radius, (column - center[1]) / radius]);
        self.fill(center.map(|c| c - reach), center.map(|c| c + reach), color, within);
    }

    /// Draws a line with round ends.
    pub fn stroke(&mut self, from: [f64; 2], to: [f64; 2], width: f64, color: [u8; 3]) {
        let along = [to[0] - from[0], to[1] - from[1]];
        let length = along[0].mul_add(along[0], along[1] * along[1]).max(f64::MIN_POSITIVE);
        let radius = width / 2.0;
        let within = |[row, column]: [f64; 2]| {
            let offset = [row - from[0], column - from[1]];
            let share = ((offset[0] * along[0] + offset[1] * along[1]) / length).clamp(0.0, 1.0);
            (offset[0] - share * along[0]).hypot(offset[1] - share * along[1]) <= radius
        };
        self.fill([0, 1].map(|i| from[i].min(to[i]) - radius), [0, 1].map(|i| from[i].max(to[i]) + radius), color, within);
    }

    /// Draws the edges of a box whose picture was enlarged by `scale`.
    pub fn outline(&mut self, bbox: &BBox, scale: usize, color: [u8; 3]) {
        let [x1, y1, x2, y2] = <[f32; 4]>::from(*bbox).map(|edge| f64::from(edge) * scale as f64);
        let corners = [[y1, x1], [y1, x2], [y2, x2], [y2, x1]];
        for (i, corner) in corners.into_iter().enumerate() {
            self.stroke(corner, corners[(i + 1) % 4], 2.0, color);
        }
    }

    /// Blends the color into each pixel by the share of it that is within the shape.
    fn fill(&mut self, from: [f64; 2], to: [f64; 2], color: [u8; 3], within: impl Fn([f64; 2]) -> bool) {
        let size = self.size();
        let range = |axis: usize| from[axis].floor().max(0.0) as usize..(to[axis].ceil().max(0.0) as usize).min(size[axis]);
        let part = |i: usize| (i as f64 + 0.5) / POINTS as f64;
        for row in range(0) {
            for column in range(1) {
                let points = (0..POINTS * POINTS).map(|i| [row as f64 + part(i / POINTS), column as f64 + part(i % POINTS)]);
                let share = points.filter(|point| within(*point)).count() as f64 / (POINTS * POINTS) as f64;
                if share > 0.0 {
                    self.blend([row, column], color, share);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grays(canvas: &Canvas) -> Vec<u8> {
        canvas.bytes().chunks(3).map(|pixel| pixel[0]).collect()
    }

    #[test]
    fn by_hand() {
        let mut canvas = Canvas::blank([2, 3]);
        canvas.rectangle([0.0, 0.5], [1.0, 9.0], [55; 3]);
        assert_eq!(grays(&canvas), [155, 55, 55, 255, 255, 255], "half of the first pixel, and nothing outside");
        let mut canvas = Canvas::blank([3, 3]);
        canvas.stroke([1.5, -5.0], [1.5, 5.0], 1.0, [0; 3]);
        assert_eq!(grays(&canvas), [255, 255, 255, 0, 0, 0, 255, 255, 255]);
        let mut canvas = Canvas::blank([3, 3]);
        canvas.disk([1.5, 1.5], 1.5, [0; 3]);
        let disk = grays(&canvas);
        assert!(disk[4] == 0 && disk[0] == disk[8] && disk[0] > 100 && disk[1] < 60, "{disk:?}");
    }

    #[test]
    fn shapes_differ_and_have_about_one_size() {
        let drawn: Vec<Vec<u8>> = (0..Marker::COUNT)
            .map(|class| {
                let mut canvas = Canvas::blank([24; 2]);
                canvas.marker([12.0; 2], 10.0, Marker::of(class), [0; 3]);
                grays(&canvas)
            })
            .collect();
        for (i, one) in drawn.iter().enumerate() {
            let ink = one.iter().filter(|gray| **gray < 128).count();
            assert!((90..=300).contains(&ink), "{i}: {ink}");
            let differ = |other: &Vec<u8>| one.iter().zip(other).filter(|(a, b)| a.abs_diff(**b) > 100).count() > 20;
            assert!(drawn[i + 1..].iter().all(differ), "{i}");
        }
    }
}
