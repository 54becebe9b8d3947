//! The first regions: Felzenszwalb and Huttenlocher, 2004.

use crate::data::Image;

/// The pixels as levels from 0 to 255, smoothed by a Gaussian; numbers that are not finite are 0. Beyond the edges the image is continued by its edge.
pub fn smoothed(image: &Image, sigma: f32) -> Vec<Vec<f32>> {
    let [height, width] = image.size();
    let radius = (4.0 * sigma).ceil().clamp(0.0, 64.0) as usize;
    let kernel: Vec<f32> = (0..=2 * radius)
        .map(|i| {
            let distance = (i as f32 - radius as f32) / sigma.max(f32::MIN_POSITIVE);
            (-distance * distance / 2.0).exp()
        })
        .collect();
    let sum: f32 = kernel.iter().sum();
    let along = |plane: &[f32], count: usize, step: usize, start: &dyn Fn(usize) -> usize| {
        let mut result = vec![0.0; plane.len()];
        for line in 0..plane.len() / count {
            let at = |i: usize| start(line) + i * step;
            for i in 0..count {
                let tap = |(k, weight): (usize, &f32)| weight * plane[at((i + k).saturating_sub(radius).min(count - 1))];
                result[at(i)] = kernel.iter().enumerate().map(tap).sum::<f32>() / sum;
            }
        }
        result
    };
    let level = |&pixel: &f32| if pixel.is_finite() { (255.0 * pixel).clamp(0.0, 255.0) } else { 0.0 };
    image
        .planes()
        .map(|plane| {
            let levels: Vec<f32> = plane.iter().map(level).collect();
            let across = along(&levels, width, 1, &|row| row * width);
            along(&across, height, width, &|column| column)
        })
        .collect()
}

/// The number of each pixel's region, from 0 without gaps.
pub fn segment(planes: &[Vec<f32>], [height, width]: [usize; 2], scale: f32, min_size: usize) -> Vec<usize> {
    let difference = |a: usize, b: usize| planes.iter().map(|plane| (plane[a] - plane[b]).powi(2)).sum::<f32>().sqrt();
    let mut edges: Vec<(f32, usize, usize)> = Vec::with_capacity(4 * height * width);
    for row in 0..height {
        for column in 0..width {
            let here = row * width + column;
            let (right, below) = (column + 1 < width, row + 1 < height);
            let neighbors = [(right, 1), (below, width), (right && below, width + 1), (right && row > 0, 1)];
            for (i, (is, step)) in neighbors.into_iter().enumerate() {
                if is {
                    let there = if i == 3 { here - width + 1 } else { here + step };
                    edges.push((difference(here, there), here, there));
                }
            }
        }
    }
    edges.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut regions = Regions { parents: (0..height * width).collect(), sizes: vec![1; height * width], within: vec![0.0; height * width] };
    for &(weight, a, b) in &edges {
        let (a, b) = (regions.root(a), regions.root(b));
        let most = |root: usize, regions: &Regions| regions.within[root] + scale / regions.sizes[root] as f32;
        if a != b && weight <= most(a, &regions).min(most(b, &regions)) {
            regions.join(a, b, weight);
        }
    }
    for &(weight, a, b) in &edges {
        let (a, b) = (regions.root(a), regions.root(b));
        if a != b && regions.sizes[a].min(regions.sizes[b]) < min_size {
            regions.join(a, b, weight);
        }
    }
    let mut numbers = vec![usize::MAX; height * width];
    let mut count = 0;
    (0..height * width)
        .map(|pixel| {
            let number = &mut numbers[regions.root(pixel)];
            if *number == usize::MAX {
                *number = count;
                count += 1;
            }
            *number
        })
        .collect()
}

/// Disjoint sets of pixels.
struct Regions {
    parents: Vec<usize>,
    sizes: Vec<usize>,
    /// The largest difference between neighbors that were joined, for each root.
    within: Vec<f32>,
}

impl Regions {
    fn root(&mut self, mut pixel: usize) -> usize {
        while self.parents[pixel] != pixel {
            self.parents[pixel] = self.parents[self.parents[pixel]];
            pixel = self.parents[pixel];
        }
        pixel
    }

    fn join(&mut self, a: usize, b: usize, weight: f32) {
        let (large, small) = if self.sizes[a] >= self.sizes[b] { (a, b) } else { (b, a) };
        self.parents[small] = large;
        self.sizes[large] += self.sizes[small];
        self.within[large] = self.within[large].max(self.within[small]).max(weight);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// scipy.ndimage.gaussian_filter(x, 0.8, mode="nearest", truncate=4) of one bright pixel in a row: the kernel itself.
    #[test]
    fn smoothing() {
        let mut pixels = vec![0.0; 9];
        pixels[4] = 1.0;
        let found = smoothed(&Image { shape: [1, 1, 9], pixels }, 0.8);
        let kernel: Vec<f64> = (-4..=4).map(|i| (-f64::from(i * i) / 1.28).exp()).collect();
        let sum: f64 = kernel.iter().sum();
        assert!(found[0].iter().zip(&kernel).all(|(found, weight)| (f64::from(*found) - 255.0 * weight / sum).abs() < 1e-3), "{found:?}");
    }

    /// Levels 0 and 100: two regions, or one if the scale allows a difference of 100 between regions of 8 pixels, or if 8 pixels are too few.
    #[test]
    fn scale_and_size() {
        let plane: Vec<f32> = (0..16).map(|i| if i % 4 < 2 { 0.0 } else { 100.0 }).collect();
        let regions = |scale, min_size| segment(std::slice::from_ref(&plane), [4, 4], scale, min_size).into_iter().max().unwrap() + 1;
        assert_eq!(regions(700.0, 1), 2);
        assert_eq!(regions(801.0, 1), 1);
        assert_eq!(regions(1.0, 8), 2);
        assert_eq!(regions(1.0, 9), 1);
    }
}
