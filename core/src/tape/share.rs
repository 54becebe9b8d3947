//! One backward pass for several outputs.

use std::cell::Cell;
use std::fmt::{self, Write};
use std::rc::Rc;

use dfdx::shapes::Rank0;
use dfdx::tensor::{Gradients, OwnedTape, PutTape, SplitTape, Storage, Tape, Tensor, Trace};
use dfdx::tensor_ops::{Backward, Device};

use super::Recording;
use crate::Scalar;
use crate::run::value::Value;

/// One tape for each output, such that a loss that depends on any of them, or on several, plays the recording once.
///
/// If nothing was recorded before, as for data, all outputs are equal: each tape begins with the same gradients. Operations that *were* recorded
/// before can be on one tape only, the first output's. A loss that does not depend on the first output would not reach them, so it panics.
pub(super) fn share<E: Scalar, D: Device<E>>(
    network: &str,
    tape: OwnedTape<E, D>,
    recording: Recording<E, D>,
    outputs: &[Value<E, D>],
) -> Result<Vec<OwnedTape<E, D>>, D::Err> {
    let device = outputs[0].device();
    let scalar = || device.try_zeros_like(&());
    let shared = Rc::new(Shared { recording: Cell::new(Some(recording)), seal: scalar()?, network: network.to_owned() });
    if operations(&tape) == 0 {
        let gradients = scalar()?.put_tape(tape).try_backward()?;
        let equal = outputs.iter().map(|_| {
            let (_, mut tape) = scalar()?.traced(gradients.clone()).split_tape();
            let shared = Rc::clone(&shared);
            tape.add_backward_op(move |gradients| shared.play(gradients));
            Ok(tape)
        });
        return equal.collect();
    }
    // Operations run in reverse order: each of these runs after the recording could have been played.
    let mut others = Vec::new();
    for number in 1..outputs.len() {
        let (mut tape, shared) = (OwnedTape::default(), Rc::clone(&shared));
        tape.add_backward_op(move |gradients| shared.expect_played(gradients, number));
        others.push(tape);
    }
    let mut first = tape;
    first.add_backward_op(move |gradients| shared.play(gradients));
    Ok(std::iter::once(first).chain(others).collect())
}

/// The state that the outputs' tapes share.
struct Shared<E: Scalar, D: Device<E>> {
    /// The recording, until it is played.
    recording: Cell<Option<Recording<E, D>>>,
    /// Its gradient marks that the recording was played on these gradients: no gradient of a scalar has two elements.
    seal: Tensor<Rank0, E, D>,
    network: String,
}

const SEALED: usize = 2;

impl<E: Scalar, D: Device<E>> Shared<E, D> {
    fn play(&self, gradients: &mut Gradients<E, D>) -> Result<(), D::Err> {
        let Some(recording) = self.recording.take() else {
            let network = &self.network;
            assert!(
                self.is_sealed(gradients)?,
                "`backward` was called a second time for one forward pass of `{network}`: add the losses of its outputs, and call it once"
            );
            return Ok(());
        };
        recording.play(gradients)?;
        *gradients.get_or_alloc_mut(&self.seal)? = <D as Storage<E>>::try_alloc_len(self.seal.device(), SEALED)?;
        Ok(())
    }

    fn expect_played(&self, gradients: &mut Gradients<E, D>, output: usize) -> Result<(), D::Err> {
        let network = &self.network;
        assert!(
            self.is_sealed(gradients)?,
            "the loss depends on output {output} of `{network}` (counted from 0) and not on output 0, whose tape has the operations recorded before \
             `{network}`: add output 0 to the loss, times 0 if it is not needed"
        );
        Ok(())
    }

    fn is_sealed(&self, gradients: &mut Gradients<E, D>) -> Result<bool, D::Err> {
        let seal = gradients.get_or_alloc_mut(&self.seal)?;
        Ok(<D as Storage<E>>::len(self.seal.device(), seal) == SEALED)
    }
}

/// The number of operations on a tape. dfdx exposes it only in its debug output, as the first number.
fn operations<E: Scalar, D: Device<E>>(tape: &OwnedTape<E, D>) -> usize {
    /// Takes the text up to the first comma: after it come all gradients.
    struct Head(String);
    impl Write for Head {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            let (head, ended) = text.split_once(',').map_or((text, false), |(head, _)| (head, true));
            self.0.push_str(head);
            if ended { Err(fmt::Error) } else { Ok(()) }
        }
    }
    let mut head = Head(String::new());
    // It always stops early.
    let _ = write!(head, "{tape:?}");
    let digits: String = head.0.chars().filter(char::is_ascii_digit).collect();
    digits.parse().expect("dfdx 0.13 tells how many operations a tape holds")
}

#[cfg(test)]
mod tests {
    use dfdx::tensor::{Cpu, OnesTensor};

    use super::*;

    #[test]
    fn operations_are_counted() {
        let device = Cpu::default();
        let x: Tensor<Rank0, f32, _> = device.ones();
        let gradients = || {
            let mut gradients = Gradients::leaky();
            gradients.try_alloc_for(&x).unwrap();
            gradients
        };
        let count = |tensor: Tensor<Rank0, f32, Cpu, OwnedTape<f32, Cpu>>| operations(&tensor.split_tape().1);
        assert_eq!(count(x.clone().traced(gradients())), 0);
        assert_eq!(count(x.clone().traced(gradients()).exp().sin()), 2);
        assert_eq!(count((0..12).fold(x.clone().traced(gradients()), |x, _| x.exp())), 12);
    }
}
