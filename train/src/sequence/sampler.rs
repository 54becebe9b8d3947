//! Drawing a token from its logits.

use rand::Rng;

use super::decoder::log_softmax;

/// How a token is drawn: from the logits over a temperature, of the `top_k` likeliest tokens, and of these from the nucleus.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sampler {
    /// The divisor of the logits, above 0: below 1 likely tokens become likelier.
    pub temperature: f64,
    /// Only this number of tokens can be drawn.
    pub top_k: Option<usize>,
    /// Only the likeliest tokens can be drawn that together have this probability: the nucleus (Holtzman et al., 2020, *The Curious Case of Neural Text Degeneration*).
    pub top_p: Option<f64>,
}

/// The probabilities as they are.
impl Default for Sampler {
    fn default() -> Self {
        Self { temperature: 1.0, top_k: None, top_p: None }
    }
}

impl Sampler {
    /// The probability with which each token is drawn.
    ///
    /// # Panics
    /// Panics if there are no logits, or an option is out of range: the temperature not above 0, `top_k` 0, `top_p` not above 0.
    pub fn probabilities(&self, logits: &[f32]) -> Vec<f64> {
        assert!(!logits.is_empty(), "a token is drawn from at least one");
        assert!(self.temperature > 0.0, "the temperature is {}; expected a positive number", self.temperature);
        assert!(self.top_k != Some(0) && self.top_p.is_none_or(|p| p > 0.0), "at least one token can be drawn: {self:?}");
        let scaled: Vec<f32> = logits.iter().map(|&logit| (f64::from(logit) / self.temperature) as f32).collect();
        let mut weights: Vec<f64> = log_softmax(&scaled).into_iter().map(f64::exp).collect();
        // Equally likely ones in the order of their ids.
        let mut order: Vec<usize> = (0..weights.len()).collect();
        order.sort_by(|&a, &b| weights[b].total_cmp(&weights[a]));
        let mut keep = self.top_k.unwrap_or(weights.len()).min(weights.len());
        if let Some(share) = self.top_p {
            let of_kept: f64 = order[..keep].iter().map(|&token| weights[token]).sum();
            let mut sum = 0.0;
            let within = order[..keep].iter().take_while(|&&token| {
                let before = sum;
                sum += weights[token] / of_kept;
                before < share
            });
            keep = within.count();
        }
        order[keep..].iter().for_each(|&token| weights[token] = 0.0);
        let sum: f64 = weights.iter().sum();
        weights.into_iter().map(|weight| weight / sum).collect()
    }

    /// Draws a token.
    ///
    /// # Panics
    /// The same as [`Sampler::probabilities`].
    pub fn draw(&self, logits: &[f32], random: &mut impl Rng) -> usize {
        let probabilities = self.probabilities(logits);
        let mut rest = random.r#gen::<f64>();
        let found = probabilities.iter().position(|probability| {
            rest -= probability;
            rest < 0.0
        });
        // Sums of probabilities are rounded.
        found.or_else(|| probabilities.iter().rposition(|&probability| probability > 0.0)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    /// Logits of the probabilities 0.5, 0.3, 0.15, 0.05 in another order.
    fn logits() -> Vec<f32> {
        [0.15f32, 0.5, 0.05, 0.3].map(f32::ln).to_vec()
    }

    fn near(found: &[f64], expected: [f64; 4]) {
        assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6), "{found:?}");
    }

    #[test]
    fn probabilities_by_hand() {
        let of = |temperature, top_k, top_p| Sampler { temperature, top_k, top_p }.probabilities(&logits());
        near(&of(1.0, None, None), [0.15, 0.5, 0.05, 0.3]);
        near(&of(1.0, Some(2), None), [0.0, 0.625, 0.0, 0.375]);
        // 0.5 and 0.3 are the least that have 0.7; the first alone has 0.5.
        near(&of(1.0, None, Some(0.7)), [0.0, 0.625, 0.0, 0.375]);
        near(&of(1.0, None, Some(0.4)), [0.0, 1.0, 0.0, 0.0]);
        near(&of(1.0, Some(2), Some(0.6)), [0.0, 1.0, 0.0, 0.0]);
        // Squares over their sum.
        near(&of(0.5, None, None), [0.0225, 0.25, 0.0025, 0.09].map(|p| p / 0.365));
        near(&of(1.0, Some(9), Some(1.0)), [0.15, 0.5, 0.05, 0.3]);
        // No overflow, and what is impossible stays so.
        let extreme = Sampler { temperature: 1e-3, ..Sampler::default() }.probabilities(&[1e30, -1e30, f32::NEG_INFINITY]);
        assert_eq!(extreme, [1.0, 0.0, 0.0]);
    }

    #[test]
    fn draws_have_the_probabilities() {
        let (sampler, mut random) = (Sampler { top_k: Some(3), ..Sampler::default() }, StdRng::seed_from_u64(1));
        let (expected, mut counts) = (sampler.probabilities(&logits()), [0usize; 4]);
        (0..20_000).for_each(|_| counts[sampler.draw(&logits(), &mut random)] += 1);
        for (count, expected) in counts.into_iter().zip(expected) {
            assert!((count as f64 / 20_000.0 - expected).abs() < 0.015, "{counts:?}");
        }
        assert_eq!(counts[2], 0);
    }
}
