//! The environments agree with Gymnasium's: 1,000 single steps of each, recorded by `record.py`.

use layercake_train::rl::{Acrobot, CartPole, Environment, Step};
use safetensors::SafeTensors;

const FILE: &[u8] = include_bytes!("steps.safetensors");
const TOLERANCE: f64 = 1e-6;

/// The rows of a recorded array.
fn rows(name: &str) -> Vec<Vec<f64>> {
    let file = SafeTensors::deserialize(FILE).unwrap();
    let array = file.tensor(name).unwrap();
    let numbers: Vec<f64> = array.data().as_chunks().0.iter().map(|bytes| f64::from_le_bytes(*bytes)).collect();
    let size: usize = array.shape()[1..].iter().product();
    assert_eq!(array.shape()[0], 1000);
    numbers.chunks(size).map(<[f64]>::to_vec).collect()
}

fn agrees<E: Environment>(name: &str, at: fn([f64; 4]) -> E, state: fn(&E) -> [f64; 4]) {
    let [before, action, after, observed, reward, terminated] =
        ["state", "action", "after", "observation", "reward", "terminated"].map(|part| rows(&format!("{name}/{part}")));
    let mut ends = 0;
    for i in 0..before.len() {
        let mut environment = at(before[i][..].try_into().unwrap());
        let step: Step = environment.step(action[i][0] as usize);
        let close = |found: &[f64], expected: &[f64], what: &str| {
            assert_eq!(found.len(), expected.len());
            for (found, expected) in found.iter().zip(expected) {
                assert!(
                    (found - expected).abs() <= TOLERANCE * expected.abs().max(1.0),
                    "{name}, step {i}, {what}: {found} and {expected}"
                );
            }
        };
        close(&state(&environment), &after[i], "state");
        close(&step.observation.iter().map(|&x| f64::from(x)).collect::<Vec<_>>(), &observed[i], "observation");
        close(&[step.reward], &reward[i], "reward");
        assert_eq!((step.terminated, step.truncated), (terminated[i][0] != 0.0, false), "{name}, step {i}");
        ends += usize::from(step.terminated);
    }
    assert!(ends > 40, "{name}: {ends} steps ended an episode");
}

#[test]
fn cart_pole() {
    agrees("CartPole-v1", CartPole::at, CartPole::state);
}

#[test]
fn acrobot() {
    agrees("Acrobot-v1", Acrobot::at, Acrobot::state);
}
