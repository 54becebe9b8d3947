//! The tape of a recorded pass while it runs.

use dfdx::tensor::{Merge, OwnedTape};
use dfdx::tensor_ops::Device;

use super::Recording;
use super::share::share;
use crate::Scalar;
use crate::optim::presence;
use crate::run::value::Value;

/// The tape that came with the inputs, followed by what was recorded since the last custom layer. Only a custom layer, which is user code,
/// needs a dfdx tape.
#[derive(Debug)]
pub(crate) struct Reel<E: Scalar, D: Device<E>> {
    tape: OwnedTape<E, D>,
    recording: Recording<E, D>,
}

impl<E: Scalar, D: Device<E>> Reel<E, D> {
    /// Continues the tape of the inputs and the recording that copied tensors.
    pub fn new(tape: OwnedTape<E, D>, copies: Recording<E, D>) -> Self {
        presence::begin_pass();
        Self { tape, recording: copies }
    }

    /// Appends the recording of a segment.
    pub fn with(self, recording: Recording<E, D>) -> Self {
        Self { recording: self.recording.merge(recording), ..self }
    }

    /// All of it as one tape.
    pub fn into_tape(self) -> OwnedTape<E, D> {
        self.recording.onto(self.tape)
    }

    /// One tape for each of these outputs.
    ///
    /// # Errors
    /// Returns an error if the device is out of memory.
    pub fn tapes(self, network: &str, outputs: &[Value<E, D>]) -> Result<Vec<OwnedTape<E, D>>, D::Err> {
        match outputs {
            [_] => Ok(vec![self.into_tape()]),
            _ => share(network, self.tape, self.recording, outputs),
        }
    }
}
