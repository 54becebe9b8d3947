//! t-SNE with the Barnes-Hut approximation.

mod affinities;
mod tree;

use rand::SeedableRng;
use rand::rngs::StdRng;
use rand_distr::{Distribution, StandardNormal};
use rayon::prelude::*;

use self::affinities::Affinities;
use self::tree::Tree;
use super::{EmbeddingError, Pca, Points};

/// The standard deviation of the first coordinate at the beginning: small, so that the points can pass each other.
const START: f64 = 1e-4;
/// The noise that is added to it, as a share: equal points would stay at one place.
const NOISE: f64 = 0.01;
/// For so many iterations the attraction is exaggerated and the momentum is low.
const EXPLORATION: usize = 250;
const MOMENTUM: [f64; 2] = [0.5, 0.8];
/// The least factor of a coordinate's learning rate.
const LEAST_GAIN: f64 = 0.01;

/// Options of [`tsne`]: scikit-learn's, with its defaults.
#[derive(Clone, Debug, PartialEq)]
pub struct TsneOptions {
    /// How many neighbors count, roughly: usually 5 to 50, and less than the number of points.
    pub perplexity: f64,
    /// The factor of the attraction in the first 250 iterations: the larger, the farther clusters are from each other.
    pub early_exaggeration: f64,
    /// The learning rate; by default the number of points by `early_exaggeration` by 4, at least 50.
    pub learning_rate: Option<f64>,
    /// The number of iterations.
    pub max_iter: usize,
    /// A group of points counts as one if its width is less than this share of its distance: 0 is exact, 0.2 to 0.8 is usual.
    pub angle: f64,
    /// The seed of the noise that is added to the start, which is the first two principal components.
    pub seed: u64,
}

impl Default for TsneOptions {
    fn default() -> Self {
        Self { perplexity: 30.0, early_exaggeration: 12.0, learning_rate: None, max_iter: 1000, angle: 0.5, seed: 0 }
    }
}

/// What [`tsne`] gives.
#[derive(Clone, Debug, PartialEq)]
pub struct Tsne {
    /// The place of each point.
    pub embedding: Vec<[f64; 2]>,
    /// The Kullback-Leibler divergence that was minimized.
    pub kl_divergence: f64,
}

/// Embeds points in a plane so that neighbors stay neighbors, by t-SNE with the Barnes-Hut approximation. Distances between clusters mean little.
///
/// The time is about `max_iter * n * log(n)`, and `n * n` for the neighbors; the memory `100 * n` numbers besides the points.
///
/// L. van der Maaten: *Accelerating t-SNE using Tree-Based Algorithms*, JMLR 15, 2014.
///
/// # Errors
/// Returns an error if `perplexity` is less than 1 or not less than the number of points, if another option is out of range, or if the points have one dimension.
pub fn tsne(points: &Points, options: &TsneOptions) -> Result<Tsne, EmbeddingError> {
    options.check(points.len())?;
    let affinities = Affinities::of(points, options.perplexity);
    let mut at = start(points, options.seed)?;
    let learning_rate = options.learning_rate.unwrap_or((points.len() as f64 / options.early_exaggeration / 4.0).max(50.0));
    let mut step = vec![[0.0; 2]; at.len()];
    let mut gains = vec![[1.0_f64; 2]; at.len()];
    for iteration in 0..options.max_iter {
        let early = iteration < EXPLORATION;
        let exaggeration = if early { options.early_exaggeration } else { 1.0 };
        let momentum = MOMENTUM[usize::from(!early)];
        let slopes = gradient(&affinities, &at, options.angle, exaggeration);
        for ((at, slope), (step, gain)) in at.iter_mut().zip(&slopes).zip(step.iter_mut().zip(&mut gains)) {
            for axis in 0..2 {
                // Faster as long as the direction stays the same.
                gain[axis] = if step[axis] * slope[axis] < 0.0 { gain[axis] + 0.2 } else { (gain[axis] * 0.8).max(LEAST_GAIN) };
                step[axis] = momentum * step[axis] - learning_rate * gain[axis] * slope[axis];
                at[axis] += step[axis];
            }
        }
    }
    let kl_divergence = affinities.divergence(&at, Tree::new(&at).repulsions(options.angle).1);
    Ok(Tsne { embedding: at, kl_divergence })
}

impl TsneOptions {
    fn check(&self, count: usize) -> Result<(), EmbeddingError> {
        let wrong = |option, expected: String, found| Err(EmbeddingError::Option { option, expected, found });
        if !(1.0..count as f64).contains(&self.perplexity) {
            return wrong("perplexity", format!("at least 1 and less than the number of points, {count}"), self.perplexity);
        }
        if !(self.early_exaggeration.is_finite() && self.early_exaggeration >= 1.0) {
            return wrong("early_exaggeration", "at least 1".to_owned(), self.early_exaggeration);
        }
        if let Some(rate) = self.learning_rate.filter(|rate| !rate.is_finite() || *rate <= 0.0) {
            return wrong("learning_rate", "more than 0".to_owned(), rate);
        }
        if !(0.0..=1.0).contains(&self.angle) {
            return wrong("angle", "from 0 to 1".to_owned(), self.angle);
        }
        Ok(())
    }
}

/// The first two principal components, small, with noise.
fn start(points: &Points, seed: u64) -> Result<Vec<[f64; 2]>, EmbeddingError> {
    let pca = Pca::fit(points, 2)?;
    let deviation = (pca.explained_variance[0] * (points.len() - 1) as f64 / points.len() as f64).sqrt();
    let scale = if deviation > 0.0 { START / deviation } else { 0.0 };
    let mut random = StdRng::seed_from_u64(seed);
    let mut noisy = |x: f64| {
        let noise: f64 = StandardNormal.sample(&mut random);
        scale * x + NOISE * START * noise
    };
    Ok(pca.transform(points).into_iter().map(|place| place.map(&mut noisy)).collect())
}

/// The gradient of the divergence by each coordinate.
fn gradient(affinities: &Affinities, at: &[[f64; 2]], angle: f64, exaggeration: f64) -> Vec<[f64; 2]> {
    let (repulsions, sum) = Tree::new(at).repulsions(angle);
    let slope = |(from, repulsion): (usize, &[f64; 2])| {
        let attraction = affinities.attraction(at, from);
        [0, 1].map(|axis| 4.0 * (exaggeration * attraction[axis] - repulsion[axis] / sum))
    };
    repulsions.par_iter().enumerate().with_min_len(64).map(slope).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two groups of equal points, in five dimensions.
    fn groups(count: usize) -> Points {
        let point = |i: usize| (0..5).map(move |axis| (i % 2 * 9) as f32 + ((i * 7 + axis * 3) % 13) as f32 / 13.0);
        Points::new((0..count).flat_map(point).collect(), 5).unwrap()
    }

    /// The gradient is that of the divergence, by differences.
    #[test]
    fn the_gradient_by_differences() {
        let points = groups(24);
        let affinities = Affinities::of(&points, 5.0);
        let at: Vec<[f64; 2]> = (0..24).map(|i| [f64::from(i * 5 % 7), f64::from(i * 3 % 11)].map(|x| 0.3 * x)).collect();
        let slopes = gradient(&affinities, &at, 0.0, 1.0);
        let divergence = |at: &[[f64; 2]]| affinities.divergence(at, Tree::new(at).repulsions(0.0).1);
        for (point, axis) in [(0, 0), (3, 1), (17, 0), (23, 1)] {
            let moved = |by: f64| {
                let mut at = at.clone();
                at[point][axis] += by;
                divergence(&at)
            };
            let difference = (moved(1e-5) - moved(-1e-5)) / 2e-5;
            assert!((difference - slopes[point][axis]).abs() < 1e-8, "{difference} and {}", slopes[point][axis]);
        }
    }

    #[test]
    fn the_same_on_any_number_of_threads() {
        let points = groups(120);
        let options = TsneOptions { perplexity: 10.0, max_iter: 60, ..Default::default() };
        let on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| tsne(&points, &options)).unwrap()
        };
        let one = on(1);
        assert_eq!(one, on(3));
        assert_ne!(one, tsne(&points, &TsneOptions { seed: 1, ..options.clone() }).unwrap());
    }

    /// Equal points keep apart from others, and nothing becomes infinite.
    #[test]
    fn equal_points() {
        let points = Points::new(vec![1.5; 80], 2).unwrap();
        let found = tsne(&points, &TsneOptions { perplexity: 5.0, max_iter: 50, ..Default::default() }).unwrap();
        assert!(found.embedding.iter().flatten().all(|x| x.is_finite()) && found.kl_divergence.is_finite(), "{found:?}");
    }

    #[test]
    fn mistakes_are_named() {
        let points = groups(20);
        let plain = TsneOptions { perplexity: 5.0, ..Default::default() };
        let cases = [
            (
                TsneOptions { perplexity: 20.0, ..plain.clone() },
                "`perplexity` is 20; expected at least 1 and less than the number of points, 20",
            ),
            (TsneOptions { perplexity: f64::NAN, ..plain.clone() }, "`perplexity` is NaN; expected at least 1"),
            (TsneOptions { early_exaggeration: 0.5, ..plain.clone() }, "`early_exaggeration` is 0.5; expected at least 1"),
            (TsneOptions { learning_rate: Some(0.0), ..plain.clone() }, "`learning_rate` is 0; expected more than 0"),
            (TsneOptions { angle: 1.5, ..plain }, "`angle` is 1.5; expected from 0 to 1"),
        ];
        for (options, expected) in cases {
            let error = tsne(&points, &options).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{error}");
        }
        let line = Points::new((0..20).map(|i| i as f32).collect(), 1).unwrap();
        assert!(matches!(tsne(&line, &TsneOptions { perplexity: 5.0, ..Default::default() }), Err(EmbeddingError::Components { .. })));
    }
}
