//! A decoder whose logits are a table: of the token and of the state, which is a number.

use std::convert::Infallible;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::{Decoder, Limits};

pub(super) const TOKENS: usize = 4;
pub(super) const STATES: usize = 3;
pub(super) const END: usize = 0;
pub(super) const LIMITS: Limits = Limits { start: 1, end: END, longest: 5 };

pub(super) struct Toy {
    logits: Vec<f32>,
}

impl Toy {
    pub(super) fn new(seed: u64) -> Self {
        let mut random = StdRng::seed_from_u64(seed);
        Self { logits: (0..TOKENS * TOKENS * STATES).map(|_| random.gen_range(-2.0..2.0)).collect() }
    }
}

impl Decoder for Toy {
    type State = Vec<usize>;
    type Error = Infallible;

    fn step(&self, tokens: &[usize], state: Vec<usize>) -> Result<(Vec<f32>, Vec<usize>), Infallible> {
        let rows = tokens.iter().zip(&state).flat_map(|(token, state)| &self.logits[(token * STATES + state) * TOKENS..][..TOKENS]);
        let logits = rows.copied().collect();
        Ok((logits, tokens.iter().zip(state).map(|(token, state)| (token + 2 * state + 1) % STATES).collect()))
    }

    fn select(&self, state: &Vec<usize>, rows: &[usize]) -> Result<Vec<usize>, Infallible> {
        Ok(rows.iter().map(|&row| state[row]).collect())
    }
}
