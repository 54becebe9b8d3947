//! Feature inversion.

use super::ascent::plane_of;
use super::error::check;
use super::probe::{Network, Outcome, Probe, tensor, value};
use super::{Ascent, ExplainError};
use crate::hook::At;
use crate::host::{number, wide};
use crate::run::backend::Backend;
use crate::{DynTensor, Scalar};

/// Options of [`invert_features`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct InversionOptions {
    /// The number of steps of Adam; 200 by default.
    pub iterations: usize,
    /// The learning rate of Adam; 0.05 by default.
    pub lr: f64,
    /// The weight of the mean square of the picture; 0 by default.
    pub l2: f64,
    /// The weight of the total variation: the sum of the squares of the differences of neighbors, divided by the number of elements; 0 by default.
    pub tv: f64,
}

impl Default for InversionOptions {
    fn default() -> Self {
        Self { iterations: 200, lr: 0.05, l2: 0.0, tv: 0.0 }
    }
}

/// A picture for which a layer gives what it gives for another one (Mahendran and Vedaldi, 2015): from `start`, Adam lowers the squared distance of the two
/// outputs, divided by the square of the norm of the one that is sought, plus the two penalties. [`Ascent::scores`] has the losses, which fall.
///
/// # Shapes
/// - `picture`, `start`: one sample, of the same shape
///
/// # Errors
/// Returns an error if the layer does not exist or gives only zeros for the picture, if the shapes differ or are not of one sample, if an option is out of range, if
/// the picture becomes infinite, or if the device fails.
pub fn invert_features<E: Scalar, D: Backend<E>>(
    network: Network<'_, E, D>,
    picture: &DynTensor<E, D>,
    start: &DynTensor<E, D>,
    layer: impl Into<At>,
    options: InversionOptions,
) -> Outcome<Ascent<E, D>, D> {
    for (option, number) in [("lr", options.lr), ("l2", options.l2), ("tv", options.tv)] {
        check(number.is_finite() && number >= 0.0, option, "a number of at least 0", number)?;
    }
    let expected = [&[1], &picture.dims()[1..]].concat();
    for (what, sample) in [("the picture to invert", picture), ("the picture to begin with", start)] {
        if sample.dims() != expected {
            return Err(ExplainError::Sizes { what, expected, found: sample.dims().to_vec() });
        }
    }
    let layer = layer.into();
    let probe = Probe::new(network, Some(&layer))?;
    let sought = probe.value(picture.value())?.to_vec();
    let norm: f64 = sought.iter().map(|&x| wide(x) * wide(x)).sum();
    if norm == 0.0 {
        let (layer, found) = (layer.layer().to_owned(), vec![sought.len()]);
        return Err(ExplainError::Layer { layer, method: "inversion", expected: "an output that is not 0 everywhere", found });
    }
    let (device, dims) = (start.value().device(), start.dims());
    let mut now: Vec<f64> = start.to_vec().into_iter().map(wide).collect();
    let (mut first, mut second) = (vec![0.0; now.len()], vec![0.0; now.len()]);
    let mut losses = Vec::new();
    for step in 0..=options.iterations {
        let (mut loss, gradient) = penalties(&now, plane_of(dims), options);
        let x = value(device, now.iter().map(|&x| number(x)).collect(), dims)?;
        let pulled = probe.pull(&x, |found| {
            let differences: Vec<f64> = found.list.iter().zip(&sought).map(|(&a, &b)| wide(a) - wide(b)).collect();
            loss += differences.iter().map(|d| d * d).sum::<f64>() / norm;
            Ok(differences.iter().map(|d| number(2.0 * d / norm)).collect())
        })?;
        losses.push(loss);
        if step == options.iterations {
            break;
        }
        // Adam (Kingma and Ba, 2014) with its default decays.
        let (decay, square_decay) = (0.9, 0.999);
        let count = step as i32 + 1;
        for (i, (own, pulled)) in gradient.iter().zip(pulled).enumerate() {
            let g = own + wide(pulled);
            first[i] = decay * first[i] + (1.0 - decay) * g;
            second[i] = square_decay * second[i] + (1.0 - square_decay) * g * g;
            let (mean, square) = (first[i] / (1.0 - f64::powi(decay, count)), second[i] / (1.0 - f64::powi(square_decay, count)));
            now[i] -= options.lr * mean / (square.sqrt() + 1e-8);
        }
        if !now.iter().all(|x| x.is_finite()) {
            return Err(ExplainError::Diverged { step: step + 1 });
        }
    }
    Ok(Ascent { picture: tensor(device, now.into_iter().map(number).collect(), dims)?, scores: losses })
}

/// The penalties of a picture, and their gradient.
fn penalties(x: &[f64], [height, width]: [usize; 2], InversionOptions { l2, tv, .. }: InversionOptions) -> (f64, Vec<f64>) {
    let len = x.len() as f64;
    let mut loss = l2 / len * x.iter().map(|x| x * x).sum::<f64>();
    let mut gradient: Vec<f64> = x.iter().map(|x| 2.0 * l2 / len * x).collect();
    for (x, gradient) in x.chunks_exact(height * width).zip(gradient.chunks_exact_mut(height * width)) {
        for i in 0..height * width {
            let right = (i % width + 1 < width).then_some(i + 1);
            let below = (i / width + 1 < height).then_some(i + width);
            for next in [right, below].into_iter().flatten() {
                let difference = x[next] - x[i];
                loss += tv / len * difference * difference;
                gradient[next] += 2.0 * tv / len * difference;
                gradient[i] -= 2.0 * tv / len * difference;
            }
        }
    }
    (loss, gradient)
}
