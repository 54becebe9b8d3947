//! Which proposals a detector learns from.

use rand::Rng;
use rand::seq::index::sample;

use super::Match;

/// Draws a fixed number of proposals, so many of them objects, since nearly all proposals are background; torchvision's `BalancedPositiveNegativeSampler`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BalancedSampler {
    /// How many proposals are drawn of a picture.
    pub count: usize,
    /// The share of objects among them, from 0 to 1. If there are fewer objects, more background is drawn; if there is too little background, fewer proposals.
    pub positive_fraction: f64,
}

impl BalancedSampler {
    /// The indices of the drawn objects, and those of the drawn background, each in rising order.
    pub fn sample(&self, matches: &[Match], random: &mut impl Rng) -> [Vec<usize>; 2] {
        let all = |wanted: fn(&Match) -> bool| -> Vec<usize> { (0..matches.len()).filter(|&i| wanted(&matches[i])).collect() };
        let objects = all(|found| matches!(found, Match::Object(_)));
        let background = all(|found| *found == Match::Background);
        let positive = ((self.count as f64 * self.positive_fraction.clamp(0.0, 1.0)) as usize).min(objects.len());
        let mut draw = |from: Vec<usize>, count: usize| {
            let mut drawn: Vec<usize> = sample(random, from.len(), count.min(from.len())).iter().map(|i| from[i]).collect();
            drawn.sort_unstable();
            drawn
        };
        [draw(objects, positive), draw(background, self.count - positive)]
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn counts_and_seeds() {
        let matches: Vec<Match> = (0..100)
            .map(|i| match i % 5 {
                0 => Match::Object(i),
                1 => Match::Between,
                _ => Match::Background,
            })
            .collect();
        let draw = |count, positive_fraction, seed| {
            BalancedSampler { count, positive_fraction }.sample(&matches, &mut StdRng::seed_from_u64(seed))
        };
        let [objects, background] = draw(16, 0.25, 1);
        assert_eq!((objects.len(), background.len()), (4, 12));
        assert!(objects.iter().all(|i| i % 5 == 0) && background.iter().all(|i| i % 5 > 1));
        assert!(objects.is_sorted() && background.windows(2).all(|pair| pair[0] < pair[1]), "each at most once");
        assert_eq!(draw(16, 0.25, 1), [objects.clone(), background]);
        assert_ne!(draw(16, 0.25, 2)[0], objects);
        // There are 20 objects and 60 of background.
        assert_eq!(draw(64, 0.5, 1).map(|drawn| drawn.len()), [20, 44]);
        assert_eq!(draw(200, 0.5, 1).map(|drawn| drawn.len()), [20, 60]);
        assert_eq!(
            BalancedSampler { count: 8, positive_fraction: 0.5 }.sample(&[], &mut StdRng::seed_from_u64(1)),
            [Vec::new(), Vec::<usize>::new()]
        );
    }

    /// Every proposal is drawn equally often.
    #[test]
    fn uniform() {
        let matches = [Match::Background; 10];
        let mut random = StdRng::seed_from_u64(3);
        let mut counts = [0; 10];
        for _ in 0..2000 {
            let [_, drawn] = BalancedSampler { count: 3, positive_fraction: 0.5 }.sample(&matches, &mut random);
            drawn.into_iter().for_each(|i| counts[i] += 1);
        }
        // 600 expected, with a standard deviation of 20.
        assert!(counts.iter().all(|count| (520..680).contains(count)), "{counts:?}");
    }
}
