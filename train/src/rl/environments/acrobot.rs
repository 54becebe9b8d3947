//! A double pendulum that is driven at the joint between its links.

use std::f64::consts::{FRAC_PI_2, PI};

use rand::Rng;

use super::episode;
use crate::rl::{Environment, Space, Step};
use crate::run::Canvas;

const GRAVITY: f64 = 9.8;
/// Length and mass of both links, and their moment of inertia.
const LENGTH: f64 = 1.0;
const MASS: f64 = 1.0;
const INERTIA: f64 = 1.0;
/// The distance of a link's center of mass from its upper end.
const CENTER: f64 = 0.5;
/// The time of a step in seconds.
const TIME: f64 = 0.2;
/// The fastest that the links turn, in radians per second.
const FASTEST: [f64; 2] = [4.0 * PI, 9.0 * PI];
/// The first state is uniform within this distance of 0.
const FIRST: f32 = 0.1;

/// Swing the free end of a double pendulum above a line by a torque on the joint between its links (Sutton, 1996), with the constants, the integration and
/// the rewards of Gymnasium's `Acrobot-v1`. A [`TimeLimit`](crate::rl::wrappers::TimeLimit) of 500 steps completes it.
///
/// Observations `[6]`: cosine and sine of the first angle, from hanging down; cosine and sine of the second, relative to the first link; both angular
/// velocities. Actions: a torque of -1, 0 or 1. Each step has a reward of -1, except the one that reaches the line, which terminates the episode.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Acrobot {
    state: [f64; 4],
}

impl Acrobot {
    /// The environment in a state: the angles in radians and the angular velocities.
    pub fn at(state: [f64; 4]) -> Self {
        Self { state }
    }

    /// The state: the angles in radians and the angular velocities.
    pub fn state(&self) -> [f64; 4] {
        self.state
    }

    fn observation(&self) -> Vec<f32> {
        let [first, second, turn1, turn2] = self.state;
        [first.cos(), first.sin(), second.cos(), second.sin(), turn1, turn2].map(|number| number as f32).to_vec()
    }

    /// The places of both lower ends, to the right and downwards from the upper one.
    fn ends(&self) -> [[f64; 2]; 2] {
        let [first, second, ..] = self.state;
        let joint = [LENGTH * first.sin(), LENGTH * first.cos()];
        [joint, [joint[0] + LENGTH * (first + second).sin(), joint[1] + LENGTH * (first + second).cos()]]
    }
}

/// The derivative of the state by time: the equations of Sutton and Barto's book.
fn slope([first, second, turn1, turn2]: [f64; 4], torque: f64) -> [f64; 4] {
    let (sin, cos) = second.sin_cos();
    let d1 = MASS * CENTER * CENTER + MASS * (LENGTH * LENGTH + CENTER * CENTER + 2.0 * LENGTH * CENTER * cos) + 2.0 * INERTIA;
    let d2 = MASS * (CENTER * CENTER + LENGTH * CENTER * cos) + INERTIA;
    let phi2 = MASS * CENTER * GRAVITY * (first + second - FRAC_PI_2).cos();
    let phi1 = -MASS * LENGTH * CENTER * turn2 * turn2 * sin - 2.0 * MASS * LENGTH * CENTER * turn2 * turn1 * sin
        + (MASS * CENTER + MASS * LENGTH) * GRAVITY * (first - FRAC_PI_2).cos()
        + phi2;
    let speed2 =
        (torque + d2 / d1 * phi1 - MASS * LENGTH * CENTER * turn1 * turn1 * sin - phi2) / (MASS * CENTER * CENTER + INERTIA - d2 * d2 / d1);
    [turn1, turn2, -(d2 * speed2 + phi1) / d1, speed2]
}

/// One step of the fourth-order Runge-Kutta method.
fn runge_kutta(state: [f64; 4], torque: f64) -> [f64; 4] {
    let along = |slope: [f64; 4], time: f64| std::array::from_fn(|i| state[i] + time * slope[i]);
    let k1 = slope(state, torque);
    let k2 = slope(along(k1, TIME / 2.0), torque);
    let k3 = slope(along(k2, TIME / 2.0), torque);
    let k4 = slope(along(k3, TIME), torque);
    std::array::from_fn(|i| state[i] + TIME / 6.0 * (k1[i] + 2.0 * k2[i] + 2.0 * k3[i] + k4[i]))
}

/// The angle in -PI..=PI.
fn wrapped(mut angle: f64) -> f64 {
    while angle > PI {
        angle -= 2.0 * PI;
    }
    while angle < -PI {
        angle += 2.0 * PI;
    }
    angle
}

impl Environment for Acrobot {
    fn observation_space(&self) -> Space {
        Space::symmetric(&[1.0, 1.0, 1.0, 1.0, FASTEST[0] as f32, FASTEST[1] as f32])
    }

    fn actions(&self) -> usize {
        3
    }

    fn reset(&mut self, seed: u64) -> Vec<f32> {
        let mut random = episode(seed);
        self.state = std::array::from_fn(|_| f64::from(random.gen_range(-FIRST..FIRST)));
        self.observation()
    }

    fn step(&mut self, action: usize) -> Step {
        let [first, second, turn1, turn2] = runge_kutta(self.state, action as f64 - 1.0);
        self.state = [wrapped(first), wrapped(second), turn1.clamp(-FASTEST[0], FASTEST[0]), turn2.clamp(-FASTEST[1], FASTEST[1])];
        let [first, second, ..] = self.state;
        let terminated = -first.cos() - (second + first).cos() > 1.0;
        Step { observation: self.observation(), reward: if terminated { 0.0 } else { -1.0 }, terminated, truncated: false }
    }

    fn picture(&self) -> Option<Canvas> {
        const SIDE: f64 = 200.0;
        let mut canvas = Canvas::blank([SIDE as usize; 2]);
        let scale = SIDE / 4.6;
        let place = |[right, down]: [f64; 2]| [SIDE / 2.0 + scale * down, SIDE / 2.0 + scale * right];
        let line = SIDE / 2.0 - scale * LENGTH;
        canvas.rectangle([line, 0.0], [line + 1.0, SIDE], [190; 3]);
        let [joint, end] = self.ends().map(place);
        let top = place([0.0; 2]);
        canvas.stroke(top, joint, 7.0, [51; 3]);
        canvas.stroke(joint, end, 7.0, [213, 94, 0]);
        [top, joint].into_iter().for_each(|at| canvas.disk(at, 5.0, [0, 114, 178]));
        Some(canvas)
    }

    /// The links as dots, below and above the line.
    fn text(&self) -> Option<String> {
        const SIZE: [usize; 2] = [15, 31];
        let mut rows = vec![vec![' '; SIZE[1]]; SIZE[0]];
        let place = |[right, down]: [f64; 2]| {
            let along = |x: f64, count: usize| ((x / 2.3 + 1.0) / 2.0 * (count - 1) as f64).round() as usize;
            [along(down, SIZE[0]), along(right, SIZE[1])]
        };
        rows[place([0.0, -LENGTH])[0]].fill('-');
        let [joint, end] = self.ends();
        for i in 0..=12 {
            let t = f64::from(i) / 12.0;
            let [row, column] = place([t * joint[0], t * joint[1]]);
            rows[row][column] = 'o';
            let [row, column] = place([joint[0] + t * (end[0] - joint[0]), joint[1] + t * (end[1] - joint[1])]);
            rows[row][column] = '*';
        }
        Some(rows.into_iter().map(|row| row.into_iter().collect::<String>() + "\n").collect())
    }
}
