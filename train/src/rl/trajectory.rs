//! What a policy learns from: the steps of an environment in their order, with returns and advantages.

use super::Transition;

/// Steps of one environment in their order, which may be several episodes one after the other, or a part of one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trajectory {
    /// The steps.
    pub steps: Vec<Transition>,
}

impl Trajectory {
    /// The discounted sum of the rewards from each step on: `G_t = r_t + discount * G_(t+1)`, until the end of the episode.
    ///
    /// After a termination nothing follows. Where an episode is truncated, or where the steps end within one, `after` is the estimated value of the
    /// observation that follows; 0 if there is no estimate.
    pub fn returns(&self, discount: f64, after: impl Fn(usize) -> f64) -> Vec<f64> {
        let mut following = 0.0;
        let mut returns = vec![0.0; self.steps.len()];
        for (t, step) in self.steps.iter().enumerate().rev() {
            let next = match step {
                step if step.terminated => 0.0,
                step if step.truncated || t + 1 == self.steps.len() => after(t),
                _ => following,
            };
            following = step.reward + discount * next;
            returns[t] = following;
        }
        returns
    }

    /// Generalized advantages (Schulman et al., 2016): `A_t = d_t + discount * lambda * A_(t+1)` until the end of the episode, with the error
    /// `d_t = r_t + discount * V(s_(t+1)) - V(s_t)`. A `lambda` of 0 is the error of one step, 1 the return less the value.
    ///
    /// `values` has the value of each observation; `after` is as in [`Trajectory::returns`].
    ///
    /// # Panics
    /// Panics if there is not one value for each step.
    pub fn advantages(&self, discount: f64, lambda: f64, values: &[f64], after: impl Fn(usize) -> f64) -> Vec<f64> {
        assert_eq!(values.len(), self.steps.len(), "one value for each step");
        let mut following = 0.0;
        let mut advantages = vec![0.0; self.steps.len()];
        for (t, step) in self.steps.iter().enumerate().rev() {
            let ends_here = t + 1 == self.steps.len() || step.is_last();
            let next = match step {
                step if step.terminated => 0.0,
                _ if ends_here => after(t),
                _ => values[t + 1],
            };
            let error = step.reward + discount * next - values[t];
            following = error + if ends_here { 0.0 } else { discount * lambda * following };
            advantages[t] = following;
        }
        advantages
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Steps with these rewards; `t` ends an episode by termination, `c` by being cut off.
    fn steps(rewards: &[(f64, char)]) -> Trajectory {
        let step = |&(reward, end): &(f64, char)| Transition {
            observation: vec![],
            action: 0,
            reward,
            next: vec![],
            terminated: end == 't',
            truncated: end == 'c',
        };
        Trajectory { steps: rewards.iter().map(step).collect() }
    }

    /// With a discount of 1/2: 1 + 2/2 + 4/4 = 3 from the first step on.
    #[test]
    fn returns_by_hand() {
        let rewards = [(1.0, ' '), (2.0, ' '), (4.0, 't')];
        assert_eq!(steps(&rewards).returns(0.5, |_| 100.0), [3.0, 4.0, 4.0], "nothing follows a termination");
        let cut = [(1.0, ' '), (2.0, ' '), (4.0, 'c')];
        assert_eq!(steps(&cut).returns(0.5, |_| 8.0), [4.0, 6.0, 8.0], "8 is expected after it was cut off");
        let open = [(1.0, 't'), (1.0, 'c'), (1.0, ' ')];
        assert_eq!(steps(&open).returns(0.5, |t| [0.0, 4.0, 6.0][t]), [1.0, 3.0, 4.0], "episodes do not mix");
    }

    /// Discount 1/2, lambda 1/2, values 1, 2, 3. The errors are 1 + 2/2 - 1 = 1, 2 + 3/2 - 2 = 1.5 and, terminated, 4 - 3 = 1;
    /// the advantages 1, then 1.5 + 1/4 = 1.75, then 1 + 1.75/4 = 1.4375.
    #[test]
    fn advantages_by_hand() {
        let values = [1.0, 2.0, 3.0];
        let rewards = [(1.0, ' '), (2.0, ' '), (4.0, 't')];
        assert_eq!(steps(&rewards).advantages(0.5, 0.5, &values, |_| 100.0), [1.4375, 1.75, 1.0]);
        // Cut off, the last error has half of the 8 that would have followed.
        let cut = [(1.0, ' '), (2.0, ' '), (4.0, 'c')];
        assert_eq!(steps(&cut).advantages(0.5, 0.5, &values, |_| 8.0), [1.4375 + 0.25, 1.75 + 1.0, 1.0 + 4.0]);
        // Lambda 1 is the return less the value; lambda 0 the error alone.
        let all = steps(&cut).advantages(0.5, 1.0, &values, |_| 8.0);
        let returns = steps(&cut).returns(0.5, |_| 8.0);
        assert_eq!(all, returns.iter().zip(values).map(|(total, value)| total - value).collect::<Vec<_>>());
        assert_eq!(steps(&rewards).advantages(0.5, 0.0, &values, |_| 100.0), [1.0, 1.5, 1.0]);
        // An episode that ends within: its advantage is its own.
        let two = [(1.0, 't'), (1.0, ' ')];
        assert_eq!(steps(&two).advantages(0.5, 0.5, &[0.0, 0.0], |_| 2.0), [1.0, 2.0]);
    }
}
