//! The best values of a world whose outcomes are known.

use super::{Action, GridWorld};

/// The expected reward of an action, and the discounted value of what follows.
fn value_of(world: &GridWorld, values: &[f64], discount: f64, state: usize, action: Action) -> f64 {
    world.outcomes(state, action).iter().map(|&(probability, next, reward)| probability * (reward + discount * values[next])).sum()
}

/// The value of each cell when the best action is always taken (Bellman, 1957): repeats `V(s) = max_a E[r + discount V(s')]` until no value changes by more
/// than `tolerance`. Walls, pits and the goal have the value 0: nothing follows them.
pub fn value_iteration(world: &GridWorld, discount: f64, tolerance: f64) -> Vec<f64> {
    let mut values = vec![0.0; world.states()];
    loop {
        let mut change = 0.0f64;
        for state in (0..world.states()).filter(|&state| world.is_free(state)) {
            let best =
                Action::ALL.map(|action| value_of(world, &values, discount, state, action)).into_iter().fold(f64::NEG_INFINITY, f64::max);
            change = change.max((best - values[state]).abs());
            values[state] = best;
        }
        if change <= tolerance {
            return values;
        }
    }
}

/// The action of each cell with the best expected value; of equals the first. Cells that are not free have [`Action::Up`].
pub fn greedy(world: &GridWorld, values: &[f64], discount: f64) -> Vec<Action> {
    let best = |state: usize| {
        let worth = |action| value_of(world, values, discount, state, action);
        Action::ALL.into_iter().fold(Action::Up, |best, action| if worth(action) > worth(best) + 1e-9 { action } else { best })
    };
    (0..world.states()).map(|state| if world.is_free(state) { best(state) } else { Action::Up }).collect()
}

/// The values of a policy: the solution of the linear equations `V(s) = E[r + discount V(s')]`, by elimination.
pub fn policy_values(world: &GridWorld, policy: &[Action], discount: f64) -> Vec<f64> {
    let size = world.states();
    // A row for each cell: the coefficients of all values, and the constant.
    let mut rows: Vec<Vec<f64>> = (0..size).map(|state| (0..=size).map(|column| f64::from(u8::from(column == state))).collect()).collect();
    for state in (0..size).filter(|&state| world.is_free(state)) {
        for (probability, next, reward) in world.outcomes(state, policy[state]) {
            rows[state][next] -= discount * probability;
            rows[state][size] += probability * reward;
        }
    }
    for column in 0..size {
        // The largest pivot, so that rounding stays small.
        let pivot = (column..size).fold(column, |best, row| if rows[row][column].abs() > rows[best][column].abs() { row } else { best });
        rows.swap(column, pivot);
        let pivot = rows[column].clone();
        for (number, row) in rows.iter_mut().enumerate() {
            let factor = row[column] / pivot[column];
            if number != column && factor != 0.0 {
                row.iter_mut().zip(&pivot).for_each(|(entry, pivot)| *entry -= factor * pivot);
            }
        }
    }
    (0..size).map(|state| rows[state][size] / rows[state][state]).collect()
}

/// The best policy and its values (Howard, 1960): computes the values of a policy, chooses the best actions by them, and repeats until the policy stays.
pub fn policy_iteration(world: &GridWorld, discount: f64) -> (Vec<Action>, Vec<f64>) {
    let mut policy = vec![Action::Up; world.states()];
    loop {
        let values = policy_values(world, &policy, discount);
        let better = greedy(world, &values, discount);
        if better == policy {
            return (policy, values);
        }
        policy = better;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three cells in a row before the goal, without slipping: the value is 1 next to it, then -0.04 + 0.5 * 1, and so on.
    #[test]
    fn by_hand() {
        let world = GridWorld::parse("...G", 0.0).unwrap();
        let values = value_iteration(&world, 0.5, 0.0);
        assert_eq!(values, [-0.04 + 0.5 * (-0.04 + 0.5), -0.04 + 0.5, 1.0, 0.0]);
        assert_eq!(greedy(&world, &values, 0.5)[..3], [Action::Right; 3]);
    }

    /// Both ways lead to the same values and the same policy, which are those of a linear solve of the policy that was found.
    #[test]
    fn agree_with_a_linear_solve() {
        let world = GridWorld::small();
        for discount in [0.5, 0.9, 0.99] {
            let values = value_iteration(&world, discount, 1e-12);
            let (policy, of_policy) = policy_iteration(&world, discount);
            assert_eq!(greedy(&world, &values, discount), policy);
            let solved = policy_values(&world, &policy, discount);
            for state in 0..world.states() {
                assert!((values[state] - solved[state]).abs() < 1e-6, "{discount}: {} and {}", values[state], solved[state]);
                assert!((of_policy[state] - solved[state]).abs() < 1e-12);
            }
            // No other action is better: the values satisfy the equation of the best policy.
            let again = greedy(&world, &solved, discount);
            assert_eq!(again, policy);
        }
    }
}
