//! Points in a plane: by class, and as the pictures that they stand for.

use super::lettering::LETTER;
use super::shapes::Marker;
use super::style::LINES;
use super::{Canvas, Line};

/// The radius of a point.
const RADIUS: f64 = 5.0;
/// The space around the points.
const MARGIN: f64 = 12.0;
/// The space between two pictures of a map.
const GAP: usize = 2;

impl Canvas {
    /// Points in a square of `side` pixels, one list for each class, above a key of the classes. A class has a color and a shape, so that classes can be told apart in
    /// gray too. Both axes have the same scale, and the second one goes up; points that are not finite are left out.
    pub fn scatter(classes: &[Line], side: usize) -> Self {
        let plane = Plane::around(classes.iter().flat_map(|(_, points)| points).map(|&(x, y)| [x, y]), side as f64, MARGIN);
        let mut canvas = Self::blank([side; 2]);
        // One point of each class after the other, so that no class covers the others.
        let most = classes.iter().map(|(_, points)| points.len()).max().unwrap_or_default();
        for i in 0..most {
            for (class, (_, points)) in classes.iter().enumerate() {
                if let Some(place) = points.get(i).and_then(|&(x, y)| plane.place([x, y])) {
                    canvas.point(place, class);
                }
            }
        }
        let patch = |(class, (name, _)): (usize, &Line)| {
            let mut patch = Self::blank([LETTER; 2]);
            patch.point([LETTER as f64 / 2.0; 2], class);
            (name.clone(), patch)
        };
        canvas.with_patches(&classes.iter().enumerate().map(patch).collect::<Vec<_>>())
    }

    /// Pictures of one size at their places in a square of about `side` pixels, in a grid: each cell has the picture that is nearest to its center. The second axis
    /// goes up; places that are not finite are left out.
    ///
    /// # Panics
    /// Panics if there are no pictures, or not as many as places.
    pub fn picture_map(pictures: &[Self], places: &[[f64; 2]], side: usize) -> Self {
        assert_eq!(pictures.len(), places.len(), "a place for each picture");
        let [height, width] = pictures.first().expect("a map has at least one picture").size();
        let cell = height.max(width) + GAP;
        let across = (side / cell).max(1);
        let plane = Plane::around(places.iter().copied(), (across * cell) as f64, cell as f64 / 2.0);
        let mut nearest: Vec<Option<(f64, usize)>> = vec![None; across * across];
        for (i, place) in places.iter().enumerate() {
            let Some(at) = plane.place(*place) else { continue };
            let [row, column] = at.map(|x| ((x / cell as f64) as usize).min(across - 1));
            let off = |x: f64, i: usize| x - (i as f64 + 0.5) * cell as f64;
            let distance = off(at[0], row).hypot(off(at[1], column));
            let best = &mut nearest[row * across + column];
            if best.is_none_or(|(other, _)| distance < other) {
                *best = Some((distance, i));
            }
        }
        let mut canvas = Self::blank([across * cell - GAP; 2]);
        for (number, found) in nearest.into_iter().enumerate() {
            if let Some((_, picture)) = found {
                canvas.put(&pictures[picture], number / across * cell, number % across * cell);
            }
        }
        canvas
    }

    /// A point of a class, with a white border.
    fn point(&mut self, at: [f64; 2], class: usize) {
        // Beyond the twelfth class the shapes come again in other colors.
        let color = LINES[(class + class / Marker::COUNT) % LINES.len()];
        let marker = Marker::of(class);
        self.marker(at, RADIUS + 1.0, marker, [255; 3]);
        self.marker(at, RADIUS, marker, [color.0, color.1, color.2]);
    }
}

/// From coordinates to the rows and columns of a picture.
struct Plane {
    center: [f64; 2],
    scale: f64,
    side: f64,
}

impl Plane {
    /// All points in a square, with a margin.
    fn around(points: impl Iterator<Item = [f64; 2]>, side: f64, margin: f64) -> Self {
        let (mut low, mut high) = ([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]);
        for point in points.filter(|point| point.iter().all(|x| x.is_finite())) {
            for axis in 0..2 {
                low[axis] = low[axis].min(point[axis]);
                high[axis] = high[axis].max(point[axis]);
            }
        }
        let widest = [0, 1].map(|axis| high[axis] - low[axis]).into_iter().fold(0.0, f64::max);
        let scale = if widest > 0.0 { (side - 2.0 * margin).max(0.0) / widest } else { 0.0 };
        Self { center: [0, 1].map(|axis| f64::midpoint(low[axis], high[axis])), scale, side }
    }

    /// The row and column of a point.
    fn place(&self, [x, y]: [f64; 2]) -> Option<[f64; 2]> {
        let at = |x: f64, axis: usize| (x - self.center[axis]) * self.scale;
        let place = [self.side / 2.0 - at(y, 1), self.side / 2.0 + at(x, 0)];
        place.iter().all(|x| x.is_finite()).then_some(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn color(canvas: &Canvas, row: usize, column: usize) -> [u8; 3] {
        let place = 3 * (row * canvas.size()[1] + column);
        canvas.bytes()[place..place + 3].try_into().unwrap()
    }

    #[test]
    fn points_by_class() {
        let classes = [("a".to_owned(), vec![(0.0, 0.0), (f64::NAN, 1.0)]), ("b".to_owned(), vec![(10.0, 5.0)])];
        let canvas = Canvas::scatter(&classes, 100);
        // The key is below the square.
        assert!(canvas.size()[0] > 100 && canvas.size()[1] == 100);
        let first = [LINES[0].0, LINES[0].1, LINES[0].2];
        let second = [LINES[1].0, LINES[1].1, LINES[1].2];
        // Half as high as wide: from row 69 to row 31.
        assert_eq!([color(&canvas, 69, 12), color(&canvas, 31, 87)], [first, second]);
        assert_eq!(color(&canvas, 31, 12), [255; 3]);
        let count = |color: [u8; 3]| canvas.bytes().chunks_exact(3).filter(|pixel| **pixel == color).count();
        assert!(count(first) > 100 && count(second) > 100);
        assert_eq!(Canvas::scatter(&[], 20).size()[1], 20);
    }

    #[test]
    fn a_map_has_the_nearest_picture_in_each_cell() {
        let picture = |gray: u8| Canvas::from_rgb([8, 8], vec![gray; 192]);
        let pictures: Vec<Canvas> = [10, 20, 30, 40].map(picture).into();
        // Cells of 10 pixels in a square of 30: the first two share the lower left one, and the first is in its center.
        let map = Canvas::picture_map(&pictures, &[[0.0, 0.0], [0.2, 0.2], [2.0, 2.0], [1.0, 0.0]], 30);
        assert_eq!(map.size(), [28, 28]);
        assert_eq!(
            [color(&map, 24, 4), color(&map, 4, 24), color(&map, 24, 14), color(&map, 4, 4)].map(|color| color[0]),
            [10, 30, 40, 255]
        );
        // One place for all.
        assert_eq!(color(&Canvas::picture_map(&pictures, &[[3.0, 3.0]; 4], 10), 4, 4)[0], 10);
    }
}
