//! A memory as a safetensors file.

use std::collections::HashMap;
use std::path::Path;

use layercake::io::{IoError, write_atomically};
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};

use super::rows::Rows;
use super::{ReplayMemory, SumTree};
use crate::TrainError;

const OBSERVATIONS: &str = "observations";
const NEXTS: &str = "nexts";
const ACTIONS: &str = "actions";
const REWARDS: &str = "rewards";
const TERMINATED: &str = "terminated";
const PLACE: &str = "place";
const PRIORITIES: &str = "priorities";
const LARGEST: &str = "largest";

impl ReplayMemory {
    /// Writes the transitions and their priorities.
    ///
    /// # Errors
    /// Returns an error if the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), TrainError> {
        let len = self.len();
        let priorities = self.priorities.as_ref().map(|tree| (0..len).flat_map(|leaf| tree.get(leaf).to_le_bytes()).collect::<Vec<u8>>());
        let numbers = |numbers: &[f32]| numbers.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<u8>>();
        let rows = |rows: &Rows| match rows {
            Rows::Numbers(all) => (Dtype::F32, numbers(all)),
            Rows::Bytes(bytes) => (Dtype::U8, bytes.clone()),
        };
        let ((dtype, observations), (_, nexts)) = (rows(&self.observations), rows(&self.nexts));
        let actions: Vec<u8> = self.actions.iter().flat_map(|action| action.to_le_bytes()).collect();
        let (rewards, place) = (numbers(&self.rewards), (self.place as u64).to_le_bytes());
        let largest = self.largest.to_le_bytes();
        let all = [&[len], &self.shape[..]].concat();
        let mut tensors = vec![
            (OBSERVATIONS, dtype, all.clone(), &observations[..]),
            (NEXTS, dtype, all, &nexts),
            (ACTIONS, Dtype::U32, vec![len], &actions),
            (REWARDS, Dtype::F32, vec![len], &rewards),
            (TERMINATED, Dtype::U8, vec![len], &self.terminated),
            (PLACE, Dtype::U64, vec![1], &place),
            (LARGEST, Dtype::F64, vec![1], &largest),
        ];
        if let Some(priorities) = &priorities {
            tensors.push((PRIORITIES, Dtype::F64, vec![len], priorities));
        }
        let views = tensors
            .into_iter()
            .map(|(name, dtype, shape, bytes)| (name, TensorView::new(dtype, shape, bytes).expect("the bytes match the shape")));
        let bytes = safetensors::serialize(views, None::<HashMap<String, String>>).expect("plain numbers can be serialized");
        write_atomically(path, &bytes).map_err(|source| IoError::Write { path: path.to_owned(), source }.into())
    }

    /// Replaces the transitions by those of a file, which must be of a memory of the same capacity and observations.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read, or belongs to another memory.
    pub fn load(&mut self, path: &Path) -> Result<(), TrainError> {
        let bytes = std::fs::read(path).map_err(|source| IoError::Read { path: path.to_owned(), source })?;
        let read = self.read(&bytes);
        *self = read.map_err(|reason| IoError::Format { path: path.to_owned(), format: "safetensors", reason })?;
        Ok(())
    }

    fn read(&self, bytes: &[u8]) -> Result<Self, String> {
        let file = SafeTensors::deserialize(bytes).map_err(|error| error.to_string())?;
        let tensor = |name: &str, dtype: Dtype, shape: &[usize]| {
            let view = file.tensor(name).map_err(|error| error.to_string())?;
            if view.dtype() == dtype && view.shape() == shape {
                return Ok(view.data().to_vec());
            }
            Err(format!("`{name}`: expected {dtype:?} of {shape:?}, found {:?} of {:?}", view.dtype(), view.shape()))
        };
        let len = file.tensor(ACTIONS).map_err(|error| error.to_string())?.shape().iter().product();
        if len > self.capacity {
            return Err(format!("{len} transitions, but the memory has room for {}", self.capacity));
        }
        let all = [&[len], &self.shape[..]].concat();
        let rows = |name: &str| match &self.observations {
            Rows::Numbers(_) => Ok::<_, String>(Rows::Numbers(floats(&tensor(name, Dtype::F32, &all)?))),
            Rows::Bytes(_) => Ok(Rows::Bytes(tensor(name, Dtype::U8, &all)?)),
        };
        let actions = tensor(ACTIONS, Dtype::U32, &[len])?.as_chunks().0.iter().map(|bytes| u32::from_le_bytes(*bytes)).collect();
        let place = u64::from_le_bytes(tensor(PLACE, Dtype::U64, &[1])?.try_into().unwrap_or_default()) as usize;
        if place != if len < self.capacity { len } else { place % self.capacity } {
            return Err(format!("the next transition at {place} of {len}"));
        }
        let largest = doubles(&tensor(LARGEST, Dtype::F64, &[1])?)[0];
        let priorities = match &self.priorities {
            None => None,
            Some(_) => {
                let mut tree = SumTree::new(self.capacity);
                for (leaf, priority) in doubles(&tensor(PRIORITIES, Dtype::F64, &[len])?).into_iter().enumerate() {
                    if !priority.is_finite() || priority < 0.0 {
                        return Err(format!("a priority of {priority}"));
                    }
                    tree.set(leaf, priority);
                }
                Some(tree)
            }
        };
        Ok(Self {
            observations: rows(OBSERVATIONS)?,
            nexts: rows(NEXTS)?,
            actions,
            rewards: floats(&tensor(REWARDS, Dtype::F32, &[len])?),
            terminated: tensor(TERMINATED, Dtype::U8, &[len])?,
            place,
            priorities,
            largest,
            shape: self.shape.clone(),
            ..*self
        })
    }
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
}

fn doubles(bytes: &[u8]) -> Vec<f64> {
    bytes.as_chunks().0.iter().map(|bytes| f64::from_le_bytes(*bytes)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rl::{Replay, Space, Transition};

    #[test]
    fn written_and_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("replay.safetensors");
        for (space, replay, count) in [
            (Space::symmetric(&[9.0; 2]), Replay::PRIORITIZED, 3),
            (Space::symmetric(&[9.0; 2]), Replay::Uniform, 7),
            (Space::Picture { shape: [1, 1, 2] }, Replay::PRIORITIZED, 5),
        ] {
            let mut memory = ReplayMemory::new(5, &space, replay);
            for i in 0..count {
                let observation = vec![0.0, 1.0 / 255.0 * i as f32];
                memory.push(&Transition {
                    next: observation.clone(),
                    observation,
                    action: i,
                    reward: 0.5,
                    terminated: i == 2,
                    truncated: false,
                });
            }
            memory.learned(&[0, 1], &[0.3, 7.0]);
            memory.save(&path).unwrap();
            let mut empty = ReplayMemory::new(5, &space, replay);
            empty.load(&path).unwrap();
            assert_eq!(empty, memory);
            let message = ReplayMemory::new(2, &space, replay).load(&path).unwrap_err().to_string();
            assert!(message.contains("transitions, but the memory has room for 2"), "{message}");
            let other = Space::symmetric(&[1.0; 3]);
            assert!(ReplayMemory::new(5, &other, replay).load(&path).unwrap_err().to_string().contains("observations"));
        }
    }
}
