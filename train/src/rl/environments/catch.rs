//! A ball that falls and a paddle that catches it.

use rand::Rng;

use super::episode;
use crate::rl::{Environment, Space, Step};
use crate::run::Canvas;

/// Rows and columns of the picture.
const SIDE: usize = 10;
/// Columns of the paddle on each side of its middle.
const REACH: usize = 1;

/// Catch a falling ball with a paddle, seen as a picture of 10x10 pixels.
///
/// The ball falls one row in each step, and moves one column to the left, to the right or straight down, as drawn for the episode; it bounces off the walls.
/// The paddle, three columns wide, is in the last row. Observations `[1, 10, 10]`: 1 where the ball or the paddle is. Since one picture does not show
/// where the ball moves to, the pixel it came from is 0.5 (as 128/255). Actions: move the paddle one column to the left, stay, move to the right. After
/// nine steps the ball is in the last row: the episode terminates with a reward of 1 if it was caught, otherwise -1.
#[derive(Clone, Debug, PartialEq)]
pub struct Catch {
    /// Row and column.
    ball: [usize; 2],
    /// Where the ball was a step before.
    trail: [usize; 2],
    /// Columns per step.
    drift: i32,
    /// The middle column of the paddle.
    paddle: usize,
}

/// The ball at the top and the paddle below it, both in the middle.
impl Default for Catch {
    fn default() -> Self {
        Self { ball: [0, SIDE / 2], trail: [0, SIDE / 2], drift: 0, paddle: SIDE / 2 }
    }
}

impl Catch {
    fn observation(&self) -> Vec<f32> {
        let mut pixels = vec![0.0; SIDE * SIDE];
        pixels[self.trail[0] * SIDE + self.trail[1]] = 128.0 / 255.0;
        pixels[self.ball[0] * SIDE + self.ball[1]] = 1.0;
        pixels[(SIDE - 1) * SIDE + self.paddle - REACH..=(SIDE - 1) * SIDE + self.paddle + REACH].fill(1.0);
        pixels
    }

    fn is_caught(&self) -> bool {
        self.ball[1].abs_diff(self.paddle) <= REACH
    }
}

impl Environment for Catch {
    fn observation_space(&self) -> Space {
        Space::Picture { shape: [1, SIDE, SIDE] }
    }

    fn actions(&self) -> usize {
        3
    }

    fn reset(&mut self, seed: u64) -> Vec<f32> {
        let mut random = episode(seed);
        self.ball = [0, random.gen_range(0..SIDE)];
        self.trail = self.ball;
        self.drift = random.gen_range(-1..=1);
        self.paddle = random.gen_range(REACH..SIDE - REACH);
        self.observation()
    }

    fn step(&mut self, action: usize) -> Step {
        self.paddle = (self.paddle + action).saturating_sub(1).clamp(REACH, SIDE - 1 - REACH);
        let next = self.ball[1] as i32 + self.drift;
        if !(0..SIDE as i32).contains(&next) {
            self.drift = -self.drift;
        }
        self.trail = self.ball;
        self.ball = [self.ball[0] + 1, (self.ball[1] as i32 + self.drift) as usize];
        let terminated = self.ball[0] == SIDE - 1;
        let reward = if !terminated {
            0.0
        } else if self.is_caught() {
            1.0
        } else {
            -1.0
        };
        Step { observation: self.observation(), reward, terminated, truncated: false }
    }

    fn picture(&self) -> Option<Canvas> {
        const PIXEL: f64 = 16.0;
        let mut canvas = Canvas::blank([SIDE * PIXEL as usize; 2]);
        canvas.rectangle([0.0; 2], [SIDE as f64 * PIXEL; 2], [24, 28, 36]);
        let [row, column] = self.ball.map(|place| (place as f64 + 0.5) * PIXEL);
        let left = (self.paddle - REACH) as f64 * PIXEL;
        canvas.rectangle([(SIDE - 1) as f64 * PIXEL + 4.0, left], [SIDE as f64 * PIXEL - 4.0, left + 3.0 * PIXEL], [86, 180, 233]);
        canvas.disk([row, column], 0.42 * PIXEL, [230, 159, 0]);
        Some(canvas)
    }

    fn text(&self) -> Option<String> {
        let mut rows = vec![vec!['.'; SIDE]; SIDE];
        rows[SIDE - 1][self.paddle - REACH..=self.paddle + REACH].fill('=');
        rows[self.ball[0]][self.ball[1]] = 'o';
        Some(rows.into_iter().map(|row| row.into_iter().collect::<String>() + "\n").collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A paddle that follows where the ball will land catches every ball: it is never farther than nine columns away.
    #[test]
    fn every_ball_can_be_caught() {
        let mut seen = 0;
        for seed in 0..200 {
            let mut catch = Catch::default();
            assert!(catch.observation_space().contains(&catch.reset(seed)));
            // The place where the ball lands, by letting it fall.
            let mut fall = catch.clone();
            let target = loop {
                if fall.step(1).terminated {
                    break fall.ball[1];
                }
            };
            let mut steps = 0;
            let last = loop {
                let action = match target.cmp(&catch.paddle) {
                    std::cmp::Ordering::Less => 0,
                    std::cmp::Ordering::Equal => 1,
                    std::cmp::Ordering::Greater => 2,
                };
                let step = catch.step(action);
                steps += 1;
                assert!(catch.observation_space().contains(&step.observation));
                if step.is_last() {
                    break step;
                }
            };
            assert_eq!((last.reward, last.truncated, steps), (1.0, false, 9), "seed {seed}");
            seen += usize::from(catch.drift != 0);
        }
        assert!(seen > 100, "{seen} balls that moved sideways");
    }
}
