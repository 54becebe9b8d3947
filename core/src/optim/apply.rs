//! The update of a parameter, by its state.

use dfdx::tensor::Gradients;
use dfdx::tensor_ops::Device;

use super::clip;
use super::rule::{InPlace, Rule};
use super::share;
use super::state::{self, Buffers};
use super::step::{AS_OFTEN, Optim};
use crate::model::Place;
use crate::model::any_tensor::AnyTensor;
use crate::run::value::Value;
use crate::{Scalar, host};

/// Updates the parameters.
pub(super) struct Apply<'a, R, E: Scalar, D: Device<E>> {
    pub optimizer: &'a mut Optim<R, E, D>,
    pub gradients: &'a mut Gradients<E, D>,
    pub present: std::slice::Iter<'a, bool>,
    pub place: share::Place,
    pub scale: clip::Action,
    pub clip: Option<clip::Action>,
}

impl<R: Rule, E: Scalar, D: Device<E>> Apply<'_, R, E, D> {
    pub fn tensor(&mut self, place: Place<'_>, tensor: &mut dyn AnyTensor<E, D>) -> Result<(), D::Err> {
        let optimizer = &mut *self.optimizer;
        let path = place.path;
        let own = if place.trained { self.place.next(&optimizer.share, tensor.element_count()) } else { 0..0 };
        if !optimizer.moves(place) || !self.present.next().expect(AS_OFTEN) {
            return Ok(());
        }
        let steps = optimizer.states.get(path).map_or(0, |state| state.steps) + 1;
        let at = optimizer.at(path, steps);
        let state = optimizer.states.get_mut(path).expect("made a moment ago");
        state.steps = steps;
        if own.is_empty() {
            return Ok(());
        }
        if let Buffers::InPlace(device, storages) = &mut state.buffers {
            let kernel = optimizer.cfg.kernel::<E>(at).filter(|_| self.scale.is_nothing() && self.clip.is_none());
            match (kernel, &mut storages[..]) {
                (Some(kernel), storages) if tensor.is_in_order()? => {
                    let gradient = tensor.gradient(self.gradients)?;
                    return match (kernel, storages) {
                        (InPlace::Adam(config), [first, second]) => tensor.adam(&config, [first, second], gradient),
                        (InPlace::Sgd(config), [velocity]) => tensor.sgd(&config, velocity, gradient),
                        _ => unreachable!("a rule's kernel has the rule's buffers"),
                    };
                }
                // From here on in single operations: what is done to the gradients, or the order of the elements, is not in the kernel.
                _ => {
                    let device = device.clone();
                    state.buffers = Buffers::new(state.buffers.numbers(), &device, false)?;
                }
            }
        }
        match &mut state.buffers {
            Buffers::Host(buffers) => {
                let in_order = tensor.is_in_order()?;
                let storage = tensor.gradient(self.gradients)?;
                let g = host::numbers_mut::<E, D>(storage).expect("a state on the host is of a tensor on the host");
                // A share is of indices, which are places in memory only then.
                let g = if in_order { &mut g[own.clone()] } else { g };
                self.scale.apply(g);
                if let Some(clip) = &self.clip {
                    clip.apply(g);
                }
                if in_order {
                    optimizer.scratch.resize(tensor.element_count(), E::default());
                    tensor.copy_into(&mut optimizer.scratch);
                    state::update(&optimizer.cfg, at, &mut optimizer.scratch[own], g, buffers);
                    tensor.copy_from(&optimizer.scratch);
                } else {
                    // The states are in the order of the indices, independent of the order in memory.
                    let (g, mut p) = (tensor.gradient_value(self.gradients)?.to_vec(), tensor.read());
                    state::update(&optimizer.cfg, at, &mut p[own.clone()], &g[own], buffers);
                    tensor.write(&p)?;
                }
            }
            Buffers::InPlace(..) => unreachable!("replaced above if the kernel does not serve"),
            Buffers::Device(buffers) => {
                let mut g = self.scale.portable(tensor.gradient_value(self.gradients)?.flat())?;
                if let Some(clip) = &self.clip {
                    g = clip.portable(g)?;
                }
                let p = tensor.value()?;
                let delta = Value::erase(optimizer.cfg.portable(at, &p.flat(), g, buffers)?)?.0;
                if tensor.is_in_order()? {
                    // In place, so that the tensor keeps its identity and with it its gradient.
                    tensor.axpy(1.0, delta, -1.0)?;
                } else {
                    let (p, delta) = (p.to_vec(), delta.to_vec());
                    let moved: Vec<E> = p.into_iter().zip(delta).map(|(p, delta)| p - delta).collect();
                    tensor.write(&moved)?;
                }
            }
        }
        Ok(())
    }
}
