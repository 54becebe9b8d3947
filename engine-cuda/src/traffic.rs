//! What a plan moves between the GPU and its memory.

use crate::kernel::{Place, Task};
use crate::plan::Plan;

impl Plan {
    /// The elements of all tensors that the tasks name, each tensor once for each task.
    pub fn moved(&self) -> usize {
        self.forward.iter().chain(&self.backward).map(|task| self.of(task)).sum()
    }

    /// The elements of all tensors that the tasks compute: what lies between them, outputs, gradients and statistics, each once and without regard to which share a place.
    pub fn computed(&self) -> usize {
        let tasks = self.forward.iter().chain(&self.backward);
        let mut places: Vec<Place> = tasks.flat_map(|task| task.work.places()).collect();
        places.sort_unstable();
        places.dedup();
        places.retain(|place| !matches!(place, Place::Input(_) | Place::Param(_) | Place::OutputGrad(_)));
        places.into_iter().map(|place| self.len(place)).sum()
    }

    fn of(&self, task: &Task) -> usize {
        let mut places = task.work.places();
        places.sort_unstable();
        places.dedup();
        places.into_iter().map(|place| self.len(place)).sum()
    }

    /// The elements of a tensor.
    pub fn len(&self, place: Place) -> usize {
        match place {
            Place::Nowhere => 0,
            Place::Input(i) | Place::InputGrad(i) => self.inputs[i],
            Place::Param(i) | Place::ParamGrad(i) => self.params[i],
            Place::Output(i) | Place::OutputGrad(i) => self.outputs[i],
            Place::Update(i) => self.updates[i].1,
            Place::Buffer(i) => self.lens[i],
        }
    }
}
