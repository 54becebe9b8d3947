//! Teacher forcing, and how many texts are right as a whole.

use layercake::AnyNetwork;
use layercake::loss::{CrossEntropy, try_token_loss};
use layercake::prelude::*;
use layercake_train::sequence::{Limits, PadSide, Ragged, edit_distance, exact_match};
use layercake_train::{Metrics, Pass, Step, TrainError, label_weight};

use crate::tasks::machine::{Machine, shaped};
use crate::tasks::on_device;

/// The tokens of a decoder.
#[derive(Clone, Copy, Debug)]
pub struct Vocabulary {
    /// How many there are.
    pub tokens: usize,
    /// The one behind the end of a text.
    pub pad: usize,
    pub limits: Limits,
}

impl Vocabulary {
    /// The longest text and its end.
    pub const fn length(&self) -> usize {
        self.limits.longest + 1
    }

    /// The cross entropy of each token of the text and of its end behind the right tokens before it; padding does not count. The network's inputs are `read`, the tokens, and `more`.
    pub fn loss<D: Machine>(
        &self,
        net: &mut D::Net,
        read: DynTensor<f32, D>,
        more: Option<DynTensor<f32, D>>,
        targets: &Ragged,
        pass: Pass<D>,
    ) -> Result<Step<D>, TrainError> {
        let items = targets.0.len();
        let criterion = CrossEntropy { ignore_index: Some(self.pad), ..CrossEntropy::default() };
        let padded = |targets: Ragged| targets.padded(self.length(), self.pad, PadSide::Right);
        let given = padded(targets.starting_with(self.limits.start))?.into_ids(&pass.device);
        let expected = padded(targets.ending_with(self.limits.end))?;
        let mut outputs = net.try_train([read, given].into_iter().chain(more).collect(), pass.gradients)?;
        let scores = outputs.pop().ok_or_else(|| TrainError::Network("the network has no output".to_owned()))?;
        let scores = shaped::<(usize, usize, usize), D, _>(scores)?;
        let weight = label_weight(&criterion, expected.as_slice());
        let expected: Tensor<(usize, usize), usize, D> = expected.into_tensor(&pass.device)?;
        Ok(Step::new(on_device(try_token_loss(&criterion, scores, &expected))?, items).with_weight(weight))
    }

    /// The loss of tokens that are equally likely.
    pub fn chance_loss(&self) -> f64 {
        (self.tokens as f64).ln()
    }
}

/// The share of texts that are right as a whole, and how many tokens apart texts are.
pub fn score(found: &[Vec<usize>], targets: &[Vec<usize>]) -> Metrics {
    let distance: usize = found.iter().zip(targets).map(|(found, target)| edit_distance(found, target)).sum();
    Metrics::new().with("exact_match", exact_match(found, targets)).with("edit_distance", distance as f64 / found.len() as f64)
}
