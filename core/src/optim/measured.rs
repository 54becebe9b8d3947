//! How far an optimizer's step moves each parameter.

use dfdx::nn::tensor_collection::TensorCollection;
use dfdx::tensor::Gradients;
use dfdx::tensor_ops::Device;

use super::clip::Squares;
use super::presence;
use crate::Scalar;
use crate::host::wide;
use crate::model::any_tensor::each;

/// A step of a parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct ParameterStep {
    /// The parameter's path: `conv1.weight`.
    pub path: String,
    /// Its sizes.
    pub shape: Vec<usize>,
    /// The Euclidean norm of its values before the step.
    pub norm: f64,
    /// The norm of its gradient, as it was given; 0 without one.
    pub gradient_norm: f64,
    /// The norm of the difference that the step made.
    pub update_norm: f64,
}

/// The parameters before a step of an optimizer, to measure it. The ratio of update and value is a check of the learning rate: about 1e-3 is usual.
///
/// ```
/// use layercake::optim::{BeforeStep, Sgd, SgdConfig};
/// use layercake::prelude::*;
///
/// network! { Net: [2] -> [1] { fc: Linear(1) } }
///
/// let device = Cpu::seed_from_u64(0);
/// let mut net = Net::new(&device);
/// let mut optimizer = Sgd::new(&net, SgdConfig { lr: 1e-2, ..Default::default() });
/// let x: Tensor<Rank2<3, 2>, f32, _> = device.sample_normal();
/// let mut gradients = net.forward_mut(x.traced(net.alloc_grads())).square().mean().backward();
/// let before = BeforeStep::new(&net, &mut gradients)?;
/// optimizer.step(&mut net, &mut gradients)?;
/// let [weight, bias] = &before.steps(&net)[..] else { unreachable!() };
/// assert_eq!((&*weight.path, &*bias.path), ("fc.weight", "fc.bias"));
/// assert!((weight.update_norm - 1e-2 * weight.gradient_norm).abs() < 1e-6);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct BeforeStep<E> {
    parameters: Vec<(ParameterStep, Vec<E>)>,
}

impl<E: Scalar> BeforeStep<E> {
    /// Copies the trained parameters of a model, and measures their gradients.
    ///
    /// # Errors
    /// Returns an error if the device fails.
    pub fn new<M: TensorCollection<E, D>, D: Device<E>>(model: &M, gradients: &mut Gradients<E, D>) -> Result<Self, D::Err> {
        let present = presence::of_model(model, gradients)?;
        let (mut present, mut parameters) = (present.into_iter(), Vec::new());
        each(model, |place, tensor| {
            if !place.trained {
                return Ok(());
            }
            let mut squares = Squares::default();
            if present.next() == Some(true) {
                squares.add(gradients, tensor)?;
            }
            let values = tensor.read();
            let step = ParameterStep {
                path: place.path.to_owned(),
                shape: tensor.shape(),
                norm: E::sum_of_squares(&values).sqrt(),
                gradient_norm: squares.total().sqrt(),
                update_norm: 0.0,
            };
            parameters.push((step, values));
            Ok(())
        })?;
        Ok(Self { parameters })
    }

    /// The step of each parameter, in the order of their declaration. `model` is the same one after the step.
    pub fn steps<M: TensorCollection<E, D>, D: Device<E>>(self, model: &M) -> Vec<ParameterStep> {
        let (mut before, mut steps) = (self.parameters.into_iter(), Vec::new());
        let walked: Result<(), std::convert::Infallible> = each(model, |place, tensor| {
            if place.trained
                && let Some((step, values)) = before.next()
            {
                let squares = tensor.read().iter().zip(values).map(|(&now, before)| (wide(now) - wide(before)).powi(2)).sum::<f64>();
                steps.push(ParameterStep { update_norm: squares.sqrt(), ..step });
            }
            Ok(())
        });
        let Ok(()) = walked;
        steps
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optim::{Sgd, SgdConfig};
    use crate::prelude::*;
    use dfdx::nn::BuildModule;

    network! {
        Two: [1] -> [1] { a: Linear(1, bias = false), b: Linear(1, bias = false) }
    }

    /// y = b a x with a = 2, b = 3, x = 1: the gradients of y are 3 and 2.
    #[test]
    fn hand_worked() {
        let device = Cpu::default();
        let mut net = Two::<f64, _>::build(&device);
        net.a.weight.copy_from(&[2.0]);
        net.b.weight.copy_from(&[3.0]);
        let x: Tensor<Rank2<1, 1>, f64, _> = device.ones();
        let mut gradients = net.forward_mut(x.traced(net.alloc_grads())).sum().backward();
        let mut optimizer = Sgd::new(&net, SgdConfig { lr: 0.5, ..Default::default() });
        optimizer.freeze(&net, "b").unwrap();
        let before = BeforeStep::new(&net, &mut gradients).unwrap();
        optimizer.step(&mut net, &mut gradients).unwrap();
        let of = |path: &str, norm, gradient_norm, update_norm| ParameterStep {
            path: path.to_owned(),
            shape: vec![1, 1],
            norm,
            gradient_norm,
            update_norm,
        };
        assert_eq!(before.steps(&net), [of("a.weight", 2.0, 3.0, 1.5), of("b.weight", 3.0, 2.0, 0.0)]);
    }

    /// A parameter without a gradient is not moved.
    #[test]
    fn without_gradients() {
        let device = Cpu::default();
        let net = Two::<f64, _>::build(&device);
        let before = BeforeStep::new(&net, &mut net.alloc_grads()).unwrap();
        assert!(before.steps(&net).iter().all(|step| step.gradient_norm == 0.0 && step.update_norm == 0.0 && step.norm > 0.0));
    }
}
