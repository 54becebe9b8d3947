//! The memory and its samples.

use rand::Rng;
use rand::rngs::StdRng;

use super::rows::Rows;
use super::{Replay, SumTree};
use crate::data::Array;
use crate::rl::{Space, Transition};

/// Added to an error before it becomes a priority, so that nothing is never drawn.
const LEAST: f64 = 0.01;

/// The newest transitions, up to a capacity; then the oldest is overwritten.
///
/// Each takes the bytes of its two observations (4 for a number, 1 for a pixel) and 9 more, 17 with priorities. What is drawn is a function of the
/// memory and of the generator that is given.
#[derive(Clone, Debug, PartialEq)]
pub struct ReplayMemory {
    pub(super) capacity: usize,
    pub(super) replay: Replay,
    /// The shape of an observation.
    pub(super) shape: Vec<usize>,
    pub(super) observations: Rows,
    pub(super) nexts: Rows,
    pub(super) actions: Vec<u32>,
    pub(super) rewards: Vec<f32>,
    pub(super) terminated: Vec<u8>,
    /// Where the next transition is written.
    pub(super) place: usize,
    /// The priorities to the power `alpha`.
    pub(super) priorities: Option<SumTree>,
    /// The largest priority so far: that of a new transition, so that each is learned from at least once.
    pub(super) largest: f64,
}

/// Transitions drawn from a memory.
#[derive(Clone, Debug, PartialEq)]
pub struct Replayed {
    /// Their places in the memory, for [`ReplayMemory::learned`].
    pub places: Vec<usize>,
    /// `[batch, ..]`: the observations.
    pub observations: Array<f32>,
    /// The actions.
    pub actions: Vec<usize>,
    /// The rewards.
    pub rewards: Vec<f32>,
    /// `[batch, ..]`: the observations after the actions.
    pub nexts: Array<f32>,
    /// Whether the task ended with each.
    pub terminated: Vec<bool>,
    /// The weight of the loss of each, if they are drawn by priority.
    pub weights: Option<Vec<f32>>,
}

impl ReplayMemory {
    /// An empty memory.
    ///
    /// # Panics
    /// Panics if the capacity is 0.
    pub fn new(capacity: usize, space: &Space, replay: Replay) -> Self {
        assert!(capacity > 0, "a memory needs room for at least 1 transition");
        Self {
            capacity,
            replay,
            shape: space.shape().to_vec(),
            observations: Rows::new(space),
            nexts: Rows::new(space),
            actions: Vec::new(),
            rewards: Vec::new(),
            terminated: Vec::new(),
            place: 0,
            priorities: matches!(replay, Replay::Prioritized { .. }).then(|| SumTree::new(capacity)),
            largest: 1.0,
        }
    }

    /// The number of transitions.
    pub fn len(&self) -> usize {
        self.actions.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.actions.is_empty()
    }

    /// Keeps a transition.
    pub fn push(&mut self, transition: &Transition) {
        let at = self.place;
        self.observations.put(at, &transition.observation);
        self.nexts.put(at, &transition.next);
        let (action, reward, terminated) = (transition.action as u32, transition.reward as f32, u8::from(transition.terminated));
        if at == self.len() {
            self.actions.push(action);
            self.rewards.push(reward);
            self.terminated.push(terminated);
        } else {
            self.actions[at] = action;
            self.rewards[at] = reward;
            self.terminated[at] = terminated;
        }
        if let Some(tree) = &mut self.priorities {
            tree.set(at, self.largest);
        }
        self.place = (at + 1) % self.capacity;
    }

    /// Draws transitions with replacement; the newest ones for [`Replay::Newest`], at most as many as there are.
    ///
    /// # Panics
    /// Panics if the memory is empty.
    pub fn draw(&self, count: usize, random: &mut StdRng) -> Replayed {
        let len = self.len();
        assert!(len > 0, "nothing can be drawn from an empty memory");
        let places: Vec<usize> = match (&self.priorities, self.replay) {
            // From each of `count` equal parts of the total one, which varies less than drawing each from all.
            (Some(tree), _) => {
                let part = tree.total() / count as f64;
                (0..count).map(|i| tree.find(part * (i as f64 + random.r#gen::<f64>()))).collect()
            }
            (None, Replay::Newest) => {
                let count = count.min(len);
                (0..count).map(|i| (self.place + self.capacity - count + i) % self.capacity).collect()
            }
            (None, _) => (0..count).map(|_| random.gen_range(0..len)).collect(),
        };
        let weights = self.priorities.as_ref().map(|tree| self.weights(tree, &places));
        let size = self.shape.iter().product();
        let rows = |rows: &Rows| {
            let mut numbers = Vec::with_capacity(places.len() * size);
            places.iter().for_each(|&place| rows.copy(place, size, &mut numbers));
            Array::new([&[places.len()], &self.shape[..]].concat(), numbers)
        };
        Replayed {
            observations: rows(&self.observations),
            nexts: rows(&self.nexts),
            actions: places.iter().map(|&place| self.actions[place] as usize).collect(),
            rewards: places.iter().map(|&place| self.rewards[place]).collect(),
            terminated: places.iter().map(|&place| self.terminated[place] != 0).collect(),
            weights,
            places,
        }
    }

    fn weights(&self, tree: &SumTree, places: &[usize]) -> Vec<f32> {
        let Replay::Prioritized { beta, .. } = self.replay else { return Vec::new() };
        let weight = |&place: &usize| (self.len() as f64 * tree.get(place) / tree.total()).powf(-beta);
        let weights: Vec<f64> = places.iter().map(weight).collect();
        let most = weights.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
        weights.into_iter().map(|weight| (weight / most) as f32).collect()
    }

    /// Sets the priorities of transitions by their errors, after a step that learned from them.
    pub fn learned(&mut self, places: &[usize], errors: &[f32]) {
        let (Some(tree), Replay::Prioritized { alpha, .. }) = (&mut self.priorities, self.replay) else { return };
        for (&place, error) in places.iter().zip(errors) {
            let priority = (f64::from(error.abs()) + LEAST).powf(alpha);
            tree.set(place, priority);
            self.largest = self.largest.max(priority);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::stream;

    fn transition(number: usize) -> Transition {
        let x = number as f32;
        Transition {
            observation: vec![x, -x],
            action: number % 3,
            reward: f64::from(x),
            next: vec![x + 1.0, 0.0],
            terminated: number % 4 == 3,
            truncated: false,
        }
    }

    fn memory(replay: Replay, count: usize) -> ReplayMemory {
        let mut memory = ReplayMemory::new(5, &Space::symmetric(&[9.0; 2]), replay);
        (0..count).for_each(|number| memory.push(&transition(number)));
        memory
    }

    #[test]
    fn the_oldest_is_overwritten() {
        let memory = memory(Replay::Newest, 7);
        assert_eq!(memory.len(), 5);
        let drawn = memory.draw(9, &mut stream("test", 0, [0; 2]));
        assert_eq!(drawn.rewards, [2.0, 3.0, 4.0, 5.0, 6.0]);
        assert_eq!(
            (drawn.places, drawn.actions, drawn.terminated),
            (vec![2, 3, 4, 0, 1], vec![2, 0, 1, 2, 0], vec![false, true, false, false, false])
        );
        assert_eq!(
            (drawn.observations.shape(), drawn.nexts.as_slice()),
            (&[5, 2][..], &[3.0, 0.0, 4.0, 0.0, 5.0, 0.0, 6.0, 0.0, 7.0, 0.0][..])
        );
        assert_eq!(memory.draw(2, &mut stream("test", 0, [0; 2])).rewards, [5.0, 6.0]);
    }

    #[test]
    fn uniform_draws_are_even_and_follow_the_seed() {
        let memory = memory(Replay::Uniform, 5);
        let draw = |seed| memory.draw(5000, &mut stream("test", seed, [0; 2]));
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1).places, draw(2).places);
        let places = draw(1).places;
        for place in 0..5 {
            let count = places.iter().filter(|&&drawn| drawn == place).count();
            assert!((900..1100).contains(&count), "{count} of 5000");
        }
    }

    /// With priorities 1, 1, 1, 1, 3 of 7, the last is drawn three times in seven, and weighs a third as much at `beta` 1.
    #[test]
    fn priorities_by_hand() {
        let mut memory = memory(Replay::Prioritized { alpha: 1.0, beta: 1.0 }, 5);
        memory.learned(&[0, 1, 2, 3, 4], &[0.99, -0.99, 0.99, 0.99, 2.99]);
        let drawn = memory.draw(7, &mut stream("test", 3, [0; 2]));
        assert_eq!(drawn.places, [0, 1, 2, 3, 4, 4, 4], "one from each seventh");
        for (weight, expected) in drawn.weights.unwrap().iter().zip([1.0, 1.0, 1.0, 1.0, 1.0 / 3.0, 1.0 / 3.0, 1.0 / 3.0f32]) {
            assert!((weight - expected).abs() < 1e-6);
        }
        // A new one has the largest priority so far.
        memory.push(&transition(9));
        assert!((memory.priorities.as_ref().unwrap().get(0) - 3.0).abs() < 1e-6);
        // At `alpha` 0 all are equal.
        let mut even = super::tests::memory(Replay::Prioritized { alpha: 0.0, beta: 0.5 }, 5);
        even.learned(&[0, 4], &[5.0, 0.0]);
        assert_eq!(even.draw(5, &mut stream("test", 3, [0; 2])).weights.unwrap(), [1.0; 5]);
    }

    /// A pixel takes a byte, and comes back as it was.
    #[test]
    fn pictures_are_bytes() {
        let mut memory = ReplayMemory::new(3, &Space::Picture { shape: [1, 2, 2] }, Replay::Newest);
        let pixels: Vec<f32> = [0, 1, 128, 255].map(|byte| f32::from(byte as u8) / 255.0).to_vec();
        memory.push(&Transition { observation: pixels.clone(), next: pixels.clone(), ..transition(0) });
        assert!(matches!(&memory.observations, Rows::Bytes(bytes) if bytes == &[0, 1, 128, 255]));
        assert_eq!(memory.draw(1, &mut stream("test", 0, [0; 2])).observations, Array::new(vec![1, 1, 2, 2], pixels));
    }
}
