//! A pole on a cart.

use rand::Rng;

use super::episode;
use crate::rl::{Environment, Space, Step};
use crate::run::Canvas;

const GRAVITY: f64 = 9.8;
const CART_MASS: f64 = 1.0;
const POLE_MASS: f64 = 0.1;
const TOTAL_MASS: f64 = CART_MASS + POLE_MASS;
/// Half the length of the pole in meters: the distance of its center of mass.
const LENGTH: f64 = 0.5;
const FORCE: f64 = 10.0;
/// The time of a step in seconds.
const TIME: f64 = 0.02;
/// The episode ends beyond this angle, 12 degrees.
const FARTHEST_ANGLE: f64 = 12.0 * std::f64::consts::PI / 180.0;
/// The episode ends beyond this distance from the middle, in meters.
const FARTHEST: f64 = 2.4;
/// The first state is uniform within this distance of 0.
const FIRST: f64 = 0.05;

/// Balance a pole on a cart by pushing the cart (Barto, Sutton and Anderson, 1983), with the constants, the integration and the rewards of Gymnasium's
/// `CartPole-v1`. A [`TimeLimit`](crate::rl::wrappers::TimeLimit) of 500 steps completes it.
///
/// Observations `[4]`: position in meters, velocity, angle of the pole in radians, its angular velocity. Actions: push to the left, to the right. Each
/// step has a reward of 1. An episode terminates when the pole leans more than 12 degrees or the cart is more than 2.4 m from the middle.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CartPole {
    state: [f64; 4],
}

impl CartPole {
    /// The environment in a state: position, velocity, angle, angular velocity.
    pub fn at(state: [f64; 4]) -> Self {
        Self { state }
    }

    /// The state: position, velocity, angle, angular velocity.
    pub fn state(&self) -> [f64; 4] {
        self.state
    }

    fn observation(&self) -> Vec<f32> {
        self.state.iter().map(|&number| number as f32).collect()
    }
}

impl Environment for CartPole {
    fn observation_space(&self) -> Space {
        Space::symmetric(&[2.0 * FARTHEST as f32, f32::INFINITY, 2.0 * FARTHEST_ANGLE as f32, f32::INFINITY])
    }

    fn actions(&self) -> usize {
        2
    }

    fn reset(&mut self, seed: u64) -> Vec<f32> {
        let mut random = episode(seed);
        self.state = std::array::from_fn(|_| random.gen_range(-FIRST..FIRST));
        self.observation()
    }

    /// One step of Euler's method.
    fn step(&mut self, action: usize) -> Step {
        let [x, speed, angle, turn] = self.state;
        let force = if action == 1 { FORCE } else { -FORCE };
        let (sin, cos) = angle.sin_cos();
        // Florian (2007), equations 23 and 24, without friction.
        let pushed = (force + POLE_MASS * LENGTH * turn * turn * sin) / TOTAL_MASS;
        let turned = (GRAVITY * sin - cos * pushed) / (LENGTH * (4.0 / 3.0 - POLE_MASS * cos * cos / TOTAL_MASS));
        let sped = pushed - POLE_MASS * LENGTH * turned * cos / TOTAL_MASS;
        self.state = [x + TIME * speed, speed + TIME * sped, angle + TIME * turn, turn + TIME * turned];
        let terminated = self.state[0].abs() > FARTHEST || self.state[2].abs() > FARTHEST_ANGLE;
        Step { observation: self.observation(), reward: 1.0, terminated, truncated: false }
    }

    fn picture(&self) -> Option<Canvas> {
        const SIZE: [f64; 2] = [120.0, 300.0];
        let mut canvas = Canvas::blank(SIZE.map(|side| side as usize));
        let [x, _, angle, _] = self.state;
        let (scale, floor) = (SIZE[1] / (2.0 * FARTHEST), 96.0);
        let middle = SIZE[1] / 2.0 + scale * x;
        canvas.rectangle([floor, 0.0], [floor + 1.0, SIZE[1]], [190; 3]);
        canvas.rectangle([floor - 8.0, middle - 16.0], [floor + 8.0, middle + 16.0], [51; 3]);
        let (foot, long) = ([floor - 8.0, middle], 1.2 * scale);
        canvas.stroke(foot, [foot[0] - long * angle.cos(), foot[1] + long * angle.sin()], 5.0, [213, 94, 0]);
        canvas.disk(foot, 4.0, [0, 114, 178]);
        Some(canvas)
    }

    /// The cart on its way, and the angle with the pole's lean drawn to scale in a row above.
    fn text(&self) -> Option<String> {
        const WIDTH: f64 = 61.0;
        const HEIGHT: usize = 6;
        let [x, _, angle, _] = self.state;
        let column = |meters: f64| ((meters / FARTHEST + 1.0) / 2.0 * (WIDTH - 1.0)).round().clamp(0.0, WIDTH - 1.0) as usize;
        let mut rows = vec![vec![' '; WIDTH as usize]; HEIGHT + 2];
        for (above, row) in rows[..HEIGHT].iter_mut().rev().enumerate() {
            let lean = (above as f64 + 0.5) / HEIGHT as f64 * angle.sin() * 2.0 * LENGTH;
            row[column(x + lean)] = if lean.abs() * WIDTH / FARTHEST < 1.0 {
                '|'
            } else if lean > 0.0 {
                '/'
            } else {
                '\\'
            };
        }
        let middle = column(x);
        rows[HEIGHT][middle.saturating_sub(2)..(middle + 3).min(WIDTH as usize)].fill('#');
        rows[HEIGHT + 1].fill('-');
        Some(rows.into_iter().map(|row| row.into_iter().collect::<String>() + "\n").collect())
    }
}
