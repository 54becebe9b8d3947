//! What is compared of regions: histograms of colors and of texture.

use crate::data::Image;

/// Levels of a color.
const COLORS: usize = 25;
/// Directions of a derivative, and the levels of each.
const DIRECTIONS: usize = 8;
const LEVELS: usize = 10;

/// Two histograms of each region, each of sum 1 in every channel.
pub struct Histograms {
    pub colors: Vec<Vec<f32>>,
    pub texture: Vec<Vec<f32>>,
}

impl Histograms {
    /// Of the regions of an image; `segments` has the number of each pixel's region, below `count`.
    pub fn of(image: &Image, segments: &[usize], count: usize) -> Self {
        let [channels, height, width] = image.shape;
        let mut found =
            Self { colors: vec![vec![0.0; COLORS * channels]; count], texture: vec![vec![0.0; DIRECTIONS * LEVELS * channels]; count] };
        let mut sizes = vec![0.0f32; count];
        segments.iter().for_each(|&segment| sizes[segment] += channels as f32);
        let angle = |direction: usize| (direction as f32 * std::f32::consts::TAU / DIRECTIONS as f32).sin_cos();
        let directions: [(f32, f32); DIRECTIONS] = std::array::from_fn(angle);
        let bin = |share: f32, bins: usize| ((share * bins as f32) as usize).min(bins - 1);
        for (channel, plane) in image.planes().enumerate() {
            for row in 0..height {
                for column in 0..width {
                    let at = |row: usize, column: usize| plane[row * width + column];
                    let segment = segments[row * width + column];
                    let share = 1.0 / sizes[segment];
                    found.colors[segment][channel * COLORS + bin(at(row, column), COLORS)] += share;
                    let down = at((row + 1).min(height - 1), column) - at(row.saturating_sub(1), column);
                    let across = at(row, (column + 1).min(width - 1)) - at(row, column.saturating_sub(1));
                    for (direction, (sine, cosine)) in directions.iter().enumerate() {
                        // A derivative of half the range is as much texture as there is. NaN is none.
                        let level = bin((down * sine + across * cosine).max(0.0), LEVELS);
                        found.texture[segment][(channel * DIRECTIONS + direction) * LEVELS + level] += share / DIRECTIONS as f32;
                    }
                }
            }
        }
        found
    }

    /// How similar two regions are: 1 for each kind if they are equal, 0 if they have nothing in common.
    pub fn similarity(&self, a: usize, b: usize) -> f32 {
        common(&self.colors[a], &self.colors[b]) + common(&self.texture[a], &self.texture[b])
    }

    /// Adds the histograms of two regions that were joined, of these sizes.
    pub fn join(&mut self, a: (usize, f32), b: (usize, f32)) {
        for kind in [&mut self.colors, &mut self.texture] {
            let mean = |(x, y): (&f32, &f32)| (a.1 * x + b.1 * y) / (a.1 + b.1);
            let joined = kind[a.0].iter().zip(&kind[b.0]).map(mean).collect();
            kind.push(joined);
        }
    }
}

/// The intersection of two histograms.
fn common(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a.min(*b)).sum()
}
