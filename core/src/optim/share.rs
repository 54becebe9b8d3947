//! A share of a model's elements, which one of several optimizers updates.
//!
//! The trained parameters, one after the other in the order of the model, are cut into as many parts of equal size as there are optimizers. A parameter may lie in several
//! parts: the new value of an element depends on that element alone, so the bits are those of one optimizer.

use std::collections::BTreeMap;
use std::ops::Range;

use dfdx::nn::tensor_collection::TensorCollection;
use dfdx::tensor_ops::Device;

use super::rule::Rule;
use super::state::{Buffers, State};
use super::step::Optim;
use crate::model::any_tensor::{each, each_mut};
use crate::{Scalar, host};

/// The elements that an optimizer updates, counted over all trained parameters.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Share(Range<usize>);

/// An optimizer that would update a share of tensors that are not in the memory of the CPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("only an optimizer on the CPU can update a share of the parameters")]
pub struct NotOnHost;

impl Default for Share {
    /// All elements.
    fn default() -> Self {
        Self(0..usize::MAX)
    }
}

impl Share {
    /// The part with this number.
    fn part(elements: usize, number: usize, parts: usize) -> Self {
        let end = |number: usize| (elements as u128 * number as u128 / parts as u128) as usize;
        Self(end(number)..end(number + 1))
    }

    /// What it has of a parameter of `len` elements whose first element is number `first`.
    pub fn of(&self, first: usize, len: usize) -> Range<usize> {
        let within = |end: usize| end.saturating_sub(first).min(len);
        within(self.0.start)..within(self.0.end)
    }
}

/// Walks through parameters, and counts their elements.
#[derive(Debug, Default)]
pub(super) struct Place(usize);

impl Place {
    /// What a share has of the next parameter, which has `len` elements.
    pub fn next(&mut self, share: &Share, len: usize) -> Range<usize> {
        let first = self.0;
        self.0 += len;
        share.of(first, len)
    }
}

impl<R: Rule, E: Scalar, D: Device<E>> Optim<R, E, D> {
    /// Updates only part `number` of `parts` equal parts of the model's elements from now on, and keeps only the state of that part: for training with several processes, each of
    /// which has all gradients and then gets the other parts of the parameters with [`Optim::exchange`].
    ///
    /// Clipping by norm uses the gradients of all parameters. Scaling and clipping change the gradients of the part alone.
    ///
    /// # Errors
    /// Returns an error if the model is not on the CPU.
    ///
    /// # Panics
    /// Panics if there is no such part, or if the optimizer keeps another part already.
    pub fn share<M: TensorCollection<E, D>>(&mut self, model: &M, number: usize, parts: usize) -> Result<(), NotOnHost> {
        assert!(number < parts, "part {number} of {parts} parts");
        if !host::is_host::<D>() {
            return Err(NotOnHost);
        }
        let share = Share::part(elements(model), number, parts);
        if share == self.share {
            return Ok(());
        }
        assert!(self.share == Share::default(), "an optimizer that keeps a part of the state cannot keep another part");
        let (states, mut place) = (&mut self.states, Place::default());
        walk(model, |path, len| {
            let own = place.next(&share, len);
            if let Some(State { buffers: Buffers::Host(buffers), .. }) = states.get_mut(path) {
                buffers.iter_mut().for_each(|buffer| *buffer = buffer[own.clone()].to_vec());
            }
        });
        self.share = share;
        Ok(())
    }

    /// Completes the parameters that the optimizers of all parts have updated. `complete` is given the elements of all parameters that are not frozen, and where each
    /// part begins and ends among them; it fills in the other parts.
    ///
    /// # Errors
    /// Returns an error if the device fails.
    pub fn exchange<M: TensorCollection<E, D>>(
        &self,
        model: &mut M,
        parts: usize,
        complete: &mut dyn FnMut(&mut [E], &[usize]),
    ) -> Result<(), D::Err> {
        let all = elements(model);
        let shares: Vec<Share> = (0..parts).map(|number| Share::part(all, number, parts)).collect();
        let (mut numbers, mut lengths, mut place) = (Vec::new(), vec![0; parts], Place::default());
        each(model, |at, tensor| {
            if at.trained {
                let first = place.0;
                place.0 += tensor.element_count();
                if self.moves(at) {
                    numbers.extend(tensor.read());
                    lengths.iter_mut().zip(&shares).for_each(|(length, share)| *length += share.of(first, tensor.element_count()).len());
                }
            }
            Ok(())
        })?;
        let bounds: Vec<usize> = std::iter::once(0)
            .chain(lengths.into_iter().scan(0, |end, length| {
                *end += length;
                Some(*end)
            }))
            .collect();
        complete(&mut numbers, &bounds);
        let mut rest = &numbers[..];
        each_mut(model, |at, tensor| {
            if self.moves(at) {
                let (own, others) = rest.split_at(tensor.element_count());
                rest = others;
                tensor.write(own)?;
            }
            Ok(())
        })
    }

    /// The optimizer with the state of all parts. `join` is given what this one has of a buffer, and returns what all have, one after the other; the optimizers of all parts call it alike.
    /// Without `keep` there is no state in the result.
    #[must_use]
    pub fn whole(&self, keep: bool, join: &mut dyn FnMut(&[E]) -> Vec<E>) -> Self {
        let mut states = BTreeMap::new();
        for (path, state) in &self.states {
            let Buffers::Host(buffers) = &state.buffers else { return self.clone() };
            let buffers: Vec<Vec<E>> = buffers.iter().map(|buffer| join(buffer)).collect();
            if keep {
                states.insert(path.clone(), State { steps: state.steps, buffers: Buffers::Host(buffers) });
            }
        }
        let mut whole = self.clone();
        (whole.states, whole.share) = (states, Share::default());
        whole
    }
}

/// The number of elements of a model's trained parameters.
fn elements<M: TensorCollection<E, D>, E: Scalar, D: Device<E>>(model: &M) -> usize {
    let mut count = 0;
    walk(model, |_, len| count += len);
    count
}

/// Calls `work` with the path and the number of elements of each trained parameter.
fn walk<M: TensorCollection<E, D>, E: Scalar, D: Device<E>>(model: &M, mut work: impl FnMut(&str, usize)) {
    _ = each(model, |place, tensor| {
        if place.trained {
            work(place.path, tensor.element_count());
        }
        Ok::<(), std::convert::Infallible>(())
    });
}
