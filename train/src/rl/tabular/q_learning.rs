//! Values found by acting.

use rand::Rng;

use super::{Action, GridWorld};
use crate::data::stream;

/// At most this many steps of an episode.
const LONGEST: usize = 200;

/// Q-learning with a table (Watkins, 1989): after each step `Q(s, a)` moves towards `r + discount * max Q(s', .)`, without knowing where actions lead.
///
/// The step size of an entry is `1 / n^0.6` in its n-th update. An action is tried at random with a probability of 0.3: the values learned are those of the
/// best policy nevertheless.
#[derive(Clone, Debug, PartialEq)]
pub struct QLearning {
    world: GridWorld,
    discount: f64,
    seed: u64,
    /// The values of the four actions in each cell.
    values: Vec<[f64; 4]>,
    counts: Vec<[u32; 4]>,
    episodes: u64,
}

impl QLearning {
    /// A table of zeros.
    pub fn new(world: &GridWorld, discount: f64, seed: u64) -> Self {
        let (values, counts) = (vec![[0.0; 4]; world.states()], vec![[0; 4]; world.states()]);
        Self { world: world.clone(), discount, seed, values, counts, episodes: 0 }
    }

    /// Plays and learns for a number of episodes. Returns the mean of their returns.
    pub fn episodes(&mut self, count: usize) -> f64 {
        (0..count).map(|_| self.episode()).sum::<f64>() / count.max(1) as f64
    }

    fn episode(&mut self) -> f64 {
        let mut world = self.world.seeded(stream("world", self.seed, [self.episodes, 0]));
        let mut random = stream("explore", self.seed, [self.episodes, 0]);
        self.episodes += 1;
        let (mut state, mut total) = (world.begin(), 0.0);
        for _ in 0..LONGEST {
            let action = if random.gen_bool(0.3) { random.gen_range(0..4) } else { best(&self.values[state]) };
            let (next, reward, is_last) = world.take(Action::ALL[action]);
            total += reward;
            let following = if is_last { 0.0 } else { self.values[next][best(&self.values[next])] };
            let count = &mut self.counts[state][action];
            *count += 1;
            let value = &mut self.values[state][action];
            *value += f64::from(*count).powf(-0.6) * (reward + self.discount * following - *value);
            if is_last {
                break;
            }
            state = next;
        }
        total
    }

    /// The table: the values of the four actions in each cell.
    pub fn values(&self) -> &[[f64; 4]] {
        &self.values
    }

    /// The value of each cell: that of its best action.
    pub fn state_values(&self) -> Vec<f64> {
        self.values.iter().map(|values| values[best(values)]).collect()
    }

    /// The best action of each cell; [`Action::Up`] in cells that are not free.
    pub fn policy(&self) -> Vec<Action> {
        self.values.iter().map(|values| Action::ALL[best(values)]).collect()
    }
}

/// The position of the largest number; of equals the first.
fn best(values: &[f64; 4]) -> usize {
    (0..4).fold(0, |best, i| if values[i] > values[best] { i } else { best })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rl::tabular::policy_iteration;

    /// Acting alone leads to the policy that the equations give.
    #[test]
    fn finds_the_best_policy() {
        let world = GridWorld::small();
        let (policy, values) = policy_iteration(&world, 0.9);
        let mut learner = QLearning::new(&world, 0.9, 1);
        let first = learner.episodes(100);
        let last = learner.episodes(9_900);
        assert!(last > first, "{first} and then {last}");
        assert_eq!(world.arrows(&learner.policy()), world.arrows(&policy));
        let farthest = learner.state_values().iter().zip(&values).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(farthest < 0.1, "{farthest}");
        let mut again = QLearning::new(&world, 0.9, 1);
        again.episodes(10_000);
        assert_eq!(again, learner, "the same seed, the same table");
    }
}
