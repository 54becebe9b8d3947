//! The game: the losses of both networks, the figures of the samples, and what the pictures need.

use std::path::Path;

use layercake::AnyNetwork;
use layercake::dfdx::tensor_ops::TryAdd;
use layercake::optim::try_grad_norm;
use layercake::prelude::*;
use layercake_train::data::{Array, Batch};
use layercake_train::generative::{GeneratorLoss, try_real};
use layercake_train::{Metrics, Pass, Step, Task, TrainError};
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::pictures::{self, FOLLOWED, Maker, SIZE, Slope, noise_size};
use super::real::Real;
use crate::tasks::machine::{Machine, shaped};
use crate::tasks::pair::Gan;
use crate::tasks::{Gray, normal, on_device};

/// The parts of the model, as players and in files.
pub(super) const DISCRIMINATOR: &str = "discriminator";
pub(super) const GENERATOR: &str = "generator";

/// The steps at whose beginning the generator's gradients by both losses are measured, every so many.
const MEASURED: usize = 400;
const EVERY: usize = 8;

/// A discriminator's logits.
type Logits<D> = Tensor<(usize, Const<1>), f32, D, OwnedTape<f32, D>>;

/// The task of both networks.
pub(super) struct Adversarial<D: Machine> {
    real: Real<D>,
    loss: GeneratorLoss,
    seed: u64,
    /// Images of the same noise before each epoch.
    frames: Vec<Vec<f32>>,
    slopes: Vec<Slope>,
}

impl<D: Machine> Adversarial<D> {
    pub(super) fn new(real: Real<D>, loss: GeneratorLoss, seed: u64) -> Self {
        Self { real, loss, seed, frames: Vec::new(), slopes: Vec::new() }
    }

    /// The noise of a pass, a function of the run's seed and its position.
    fn noise(&self, pass: &Pass<D>, items: usize, size: usize) -> Result<DynTensor<f32, D>, TrainError> {
        let mut seed = [0; 32];
        let player = u64::from(pass.player == GENERATOR);
        for (bytes, number) in seed.chunks_mut(8).zip([self.seed, pass.epoch as u64, pass.batch as u64, player]) {
            bytes.copy_from_slice(&number.to_le_bytes());
        }
        let noise = normal(&mut StdRng::from_seed(seed), items * size);
        Ok(Array::new(vec![items, size], noise).into_dynamic(&pass.device)?)
    }

    /// Measures the gradient of the generator by each loss, on a copy of both networks.
    fn measure(&mut self, gan: &Gan<D::Net>, noise: &DynTensor<f32, D>, step: usize) -> Result<(), TrainError> {
        let mut norms = [0.0; 2];
        for (norm, loss) in norms.iter_mut().zip(GeneratorLoss::ALL) {
            let Gan { mut generator, mut discriminator } = gan.clone();
            let gradients = on_device(generator.try_alloc_grads())?;
            let made = generator.try_train(vec![noise.clone()], gradients)?;
            let logits: Logits<D> = shaped(discriminator.try_train_on(made)?.swap_remove(0))?;
            let mut gradients = on_device(loss.try_mean(logits)?.try_backward())?;
            *norm = on_device(try_grad_norm(&generator, &mut gradients))? as f32;
        }
        let [non_saturating, minimax] = norms;
        self.slopes.push(Slope { step: step as f32, non_saturating, minimax });
        Ok(())
    }

    fn discriminate(&mut self, gan: &mut Gan<D::Net>, batch: Batch, pass: Pass<D>) -> Result<Step<D>, TrainError> {
        let items = batch.images.batch_size();
        let noise = self.noise(&pass, items, noise_size(gan.generator.network_graph()))?;
        // Without the tape of the generator, which does not learn from this.
        let made: Gray<D, OwnedTape<f32, D>> = shaped(gan.generator.try_train(vec![noise], Gradients::leaky())?.swap_remove(0))?;
        let made = on_device(DynTensor::try_from_tensor(made.retaped::<NoneTape>()))?;
        let images = batch.images.into_dynamic(&pass.device)?;
        // Batches of their own, as in the paper: batch normalization must not tell the two apart for the network.
        let on_real: Logits<D> = shaped(gan.discriminator.try_train(vec![images], pass.gradients)?.swap_remove(0))?;
        let on_made: Logits<D> = shaped(gan.discriminator.try_train(vec![made], Gradients::leaky())?.swap_remove(0))?;
        let [real, fake] = [mean_probability(&on_real), mean_probability(&on_made)];
        let loss = on_device(try_real(on_real, true)?.try_add(try_real(on_made, false)?))?;
        let late = |probability: Box<dyn FnOnce() -> f64>| move || (probability(), items as f64);
        Ok(Step::new(loss, items).with_late_metric("real", late(real)).with_late_metric("made", late(fake)))
    }

    fn generate(&mut self, gan: &mut Gan<D::Net>, batch: &Batch, pass: Pass<D>) -> Result<Step<D>, TrainError> {
        let items = batch.images.batch_size();
        let noise = self.noise(&pass, items, noise_size(gan.generator.network_graph()))?;
        if pass.step < MEASURED && pass.step.is_multiple_of(EVERY) {
            self.measure(gan, &noise, pass.step)?;
        }
        let made = gan.generator.try_train(vec![noise], pass.gradients)?;
        // The gradient passes through the discriminator, which stays as it is.
        let logits = shaped(gan.discriminator.try_train_on(made)?.swap_remove(0))?;
        Ok(Step::new(self.loss.try_mean(logits)?, items))
    }
}

/// The mean of `sigmoid` of logits, when it is asked for.
fn mean_probability<D: Machine>(logits: &Logits<D>) -> Box<dyn FnOnce() -> f64> {
    let logits = logits.retaped::<NoneTape>();
    Box::new(move || {
        let probabilities = crate::tasks::sigmoid(&logits.as_vec());
        probabilities.iter().map(|&p| f64::from(p)).sum::<f64>() / probabilities.len() as f64
    })
}

impl<D: Machine> Task<Gan<D::Net>, D> for Adversarial<D> {
    type Batch = Batch;
    const UNIT: &'static str = "images";

    fn loss(&mut self, gan: &mut Gan<D::Net>, batch: Batch, pass: Pass<D>) -> Result<Step<D>, TrainError> {
        if pass.player == GENERATOR {
            return self.generate(gan, &batch, pass);
        }
        if pass.batch == 0 && self.frames.len() < pass.epoch {
            self.frames.push(Maker::new(gan.generator.clone(), &pass.device).followed()?);
        }
        self.discriminate(gan, batch, pass)
    }

    fn evaluate(&mut self, gan: &Gan<D::Net>, device: &D) -> Result<Metrics, TrainError> {
        self.real.compare(|count| Maker::new(gan.generator.clone(), device).samples(count, 0))
    }

    /// `samples.png`; `progress.png`, the same noise before each epoch and now; `walk.png`, from one noise to another; `gradients.svg`, the generator's gradient by both
    /// losses in the first steps.
    fn draw(&mut self, gan: &Gan<D::Net>, device: &D, folder: &Path, _: bool) -> Result<(), TrainError> {
        let maker = Maker::new(gan.generator.clone(), device);
        maker.grid()?.save(&folder.join("samples.png"))?;
        maker.progress(&self.frames)?.save(&folder.join("progress.png"))?;
        maker.walk()?.save(&folder.join("walk.png"))?;
        pictures::slopes(&self.slopes, self.loss, &folder.join("gradients.svg"))
    }

    fn state(&self) -> Vec<(String, Array<f32>)> {
        let frames = Array::new(vec![self.frames.len(), FOLLOWED * SIZE], self.frames.concat());
        let slopes: Vec<f32> = self.slopes.iter().flat_map(|slope| [slope.step, slope.non_saturating, slope.minimax]).collect();
        vec![("frames".to_owned(), frames), ("slopes".to_owned(), Array::new(vec![self.slopes.len(), 3], slopes))]
    }

    fn load_state(&mut self, state: Vec<(String, Array<f32>)>, _: &D) -> Result<(), String> {
        let of = |name: &str, width: usize| {
            let found = state.iter().find(|(key, array)| key == name && array.shape().len() == 2 && array.shape()[1] == width);
            found.map(|(_, array)| array.as_slice().to_vec()).ok_or(format!("expected `{name}`, rows of {width} numbers"))
        };
        self.frames = of("frames", FOLLOWED * SIZE)?.chunks(FOLLOWED * SIZE).map(<[f32]>::to_vec).collect();
        let slope = |row: &[f32; 3]| Slope { step: row[0], non_saturating: row[1], minimax: row[2] };
        self.slopes = of("slopes", 3)?.as_chunks().0.iter().map(slope).collect();
        Ok(())
    }
}
