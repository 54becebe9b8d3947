//! Pictures of what an agent has learned.

use std::path::Path;

use layercake::AnyNetwork;
use layercake::prelude::*;

use super::forward::{batch, best, fits, outputs};
use crate::TrainError;
use crate::rl::vectorized::check;
use crate::rl::wrappers::Recorder;
use crate::rl::{Environment, Finished};
use crate::run::{Canvas, LETTER, heat_map, save_animation};

/// Cells of a map along each axis.
const CELLS: usize = 48;
/// At most this many frames are in an animation: of a longer episode only every n-th state is shown.
const FRAMES: usize = 125;
/// The time of a step in an animation, in milliseconds.
const STEP: usize = 20;
/// The time of a frame of an episode of fewer than 20 steps, and the least of any other.
const SLOW: usize = 200;
const FAST: usize = 50;

/// A plane through the states of an environment: two of its numbers vary, the others are constant.
#[derive(Clone, Debug)]
pub struct StateMap {
    /// What varies to the right, its lowest and its highest value.
    pub across: (&'static str, [f64; 2]),
    /// What varies upwards.
    pub up: (&'static str, [f64; 2]),
    /// The observation of a state on the plane.
    pub observe: fn(across: f64, up: f64) -> Vec<f32>,
}

impl StateMap {
    /// The value and the action that an agent chooses over the plane. The value is the second output of the network if it has one, otherwise the largest
    /// number of the first.
    pub(super) fn draw<N, D>(&self, network: &N, device: &D) -> Result<Canvas, TrainError>
    where
        N: AnyNetwork<f32, D>,
        D: Backend<f32>,
    {
        let at = |[low, high]: [f64; 2], cell: usize| low + (high - low) * (cell as f64 + 0.5) / CELLS as f64;
        let cells = (0..CELLS * CELLS).map(|i| (self.observe)(at(self.across.1, i % CELLS), at(self.up.1, CELLS - 1 - i / CELLS)));
        let observations: Vec<Vec<f32>> = cells.collect();
        let space = crate::rl::Space::symmetric(&vec![f32::INFINITY; observations[0].len()]);
        let outputs = outputs(network, device, batch(&space, observations.iter().map(Vec::as_slice)))?;
        let actions = outputs[0].len() / observations.len();
        let choices: Vec<f32> = outputs[0].chunks(actions).map(|scores| best(scores) as f32).collect();
        let values = match outputs.get(1) {
            Some(values) => values.clone(),
            None => outputs[0].chunks(actions).map(|scores| scores.iter().copied().fold(f32::NEG_INFINITY, f32::max)).collect(),
        };
        let [low, high] = values.iter().fold([f32::INFINITY, f32::NEG_INFINITY], |[low, high], &value| [low.min(value), high.max(value)]);
        let pictures = [heat_map(&values, CELLS, [low, high]), heat_map(&choices, CELLS, [0.0, (actions - 1) as f32])];
        let names = [format!("value {} to {}", short(low), short(high)), format!("action 0 to {}", actions - 1)];
        // Of one size, also below values that have become huge.
        let width = names.iter().map(|name| LETTER * name.chars().count()).max().unwrap_or(0);
        let cells: Vec<Canvas> = pictures.iter().zip(names).map(|(picture, name)| picture.named(&name, width)).collect();
        let (across, up) = (self.across.0, self.up.0);
        Ok(Canvas::grid(&cells, 2).captioned(&format!("right: {across}, up: {up}")))
    }
}

/// An episode with its pictures.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// Its return and length.
    pub episode: Finished,
    frames: Vec<Canvas>,
}

impl Recorded {
    /// Writes an animated PNG file; of a long episode only every n-th state is shown.
    ///
    /// # Errors
    /// Returns an error if the environment draws no pictures, or the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), TrainError> {
        let every = self.frames.len().div_ceil(FRAMES).max(1);
        // The last state is shown in any case.
        let mut shown: Vec<Canvas> = self.frames.iter().rev().step_by(every).cloned().collect();
        shown.reverse();
        save_animation(&shown, if shown.len() < 20 { SLOW } else { FAST.max(STEP * every) } as u16, path)
    }
}

/// Plays the episode of a seed as [`play`](super::play) does, calls `show` with the environment in each state, and keeps the pictures.
///
/// # Errors
/// Returns an error if the device fails, or the environment returns what it must not.
pub fn record<N, D>(
    network: &N,
    device: &D,
    environment: Box<dyn Environment>,
    seed: u64,
    mut show: impl FnMut(&dyn Environment),
) -> Result<Recorded, TrainError>
where
    N: AnyNetwork<f32, D>,
    D: Backend<f32>,
{
    let space = environment.observation_space();
    fits(network.network_graph(), &*environment, &[])?;
    let mut recorder = Recorder::new(environment);
    let mut observation = recorder.reset(seed);
    let mut episode = Finished { reward: 0.0, steps: 0 };
    show(&recorder);
    loop {
        check(&space, &observation, 0.0)?;
        let scores = outputs(network, device, batch(&space, std::iter::once(&observation[..])))?.swap_remove(0);
        let step = recorder.step(best(&scores));
        show(&recorder);
        episode = Finished { reward: episode.reward + step.reward, steps: episode.steps + 1 };
        if step.is_last() {
            return Ok(Recorded { episode, frames: recorder.into_frames() });
        }
        observation = step.observation;
    }
}

/// A number without decimals, or a large one with its power of ten.
fn short(number: f32) -> String {
    if number.abs() < 1e5 { format!("{number:.0}") } else { format!("{number:.0e}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    network! { Q: [2] -> [2] { q: Linear(2) } }

    /// A map of values of any size can be drawn: without a target network they may grow without bounds.
    #[test]
    fn values_of_any_size() {
        let map = StateMap { across: ("x", [-1.0, 1.0]), up: ("y", [-1.0, 1.0]), observe: |x, y| vec![x as f32, y as f32] };
        let device = Cpu::seed_from_u64(1);
        for (scale, bias) in [(0.0, 0.0), (1.0, 0.0), (1e4, -6e4), (1e7, 0.0), (1e37, 0.0)] {
            let mut net = Q::new(&device);
            net.for_each_tensor_mut(|mut tensor| {
                let numbers: Vec<f32> =
                    tensor.to_vec().iter().map(|number| scale * number + if tensor.shape().len() == 1 { bias } else { 0.0 }).collect();
                tensor.copy_from(&numbers);
            });
            let picture = map.draw(&net, &device).unwrap();
            assert!(picture.size()[0] > 300 && picture.size()[1] > 600, "{:?}", picture.size());
        }
        assert_eq!([0.4, -99_999.0, 8e6].map(short), ["0", "-99999", "8e6"]);
    }
}
