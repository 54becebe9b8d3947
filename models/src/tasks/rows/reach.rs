//! How far back the gradient of a recurrent network reaches (Pascanu et al., 2013, *On the difficulty of training recurrent neural networks*): its norm by the number of
//! steps back, for recurrent weights of a given largest singular value.

use std::path::Path;

use layercake::AnyNetwork;
use layercake::hook::{At, HookError, Hooks};
use layercake::loss::{CrossEntropy, Loss};
use layercake::prelude::*;
use layercake_train::TrainError;
use layercake_train::data::{Images, Loader};
use layercake_train::run::{Line, draw_line_panels};

use crate::tasks::machine::{Machine, shaped};
use crate::tasks::{on_device, save_text};
use crate::zoo::Variant;

/// The largest singular values of the recurrent weights: below, at and above 1.
const SINGULAR: [f64; 3] = [0.5, 1.0, 2.0];
/// Truncated backpropagation through time ends after this number of steps.
const TRUNCATED: usize = 10;
/// The images whose gradients are averaged.
const IMAGES: usize = 64;
/// The layer whose output is the sequence of rows.
const ROWS: &str = "squeeze_1";
/// The hidden units, and the tensor of their recurrent weights: a square matrix for each gate.
const HIDDEN: usize = 128;
const RECURRENT: &str = "rnn.weight_hh_l0";

/// Draws the norm of the gradient of each row by how many rows before the last it is: a panel for each cell, with its initial parameters. A truncated gradient is the
/// full one up to the last step that it reaches, and 0 behind it.
pub(super) fn draw<D: Machine>(cells: &[Variant], device: &D, test: &Loader<Images>, path: &Path) -> Result<(), TrainError> {
    let mut panels: Vec<(String, Vec<Line>)> = Vec::new();
    for cell in cells {
        let mut lines: Vec<Line> = Vec::new();
        for largest in SINGULAR {
            let mut net = device.build(cell.graph)?;
            scale::<D>(&mut net, largest);
            let norms = norms::<D>(&net, device, test)?;
            lines.push((format!("{largest}"), norms.into_iter().enumerate().map(|(back, norm)| (back as f64, norm)).collect()));
        }
        let truncated: Vec<Line> =
            lines.iter().map(|(name, line)| (format!("{name}, truncated"), line.iter().take(TRUNCATED).copied().collect())).collect();
        lines.extend(truncated);
        panels.push((format!("{}: gradient norm", cell.name), lines));
    }
    let title = "Gradients of rows, by the largest singular value of the recurrent weights";
    save_text(path, &draw_line_panels(title, "rows back", &panels).map_err(TrainError::Test)?)
}

/// Scales the recurrent weights of each gate to a largest singular value.
fn scale<D: Machine>(net: &mut D::Net, largest: f64) {
    net.for_each_tensor_mut(|mut tensor| {
        if tensor.path() == RECURRENT {
            let mut weights = tensor.to_vec();
            for gate in weights.chunks_exact_mut(HIDDEN * HIDDEN) {
                let factor = (largest / singular(gate, HIDDEN)) as f32;
                gate.iter_mut().for_each(|weight| *weight *= factor);
            }
            tensor.copy_from(&weights);
        }
    });
}

/// The largest singular value of a square matrix, by power iteration on `A^T A`.
fn singular(matrix: &[f32], side: usize) -> f64 {
    const ITERATIONS: usize = 300;
    // No singular vector is orthogonal to this one but by chance.
    let mut vector: Vec<f64> = (0..side).map(|i| 1.0 + (i as f64 * 0.7).sin()).collect();
    let mut value = 0.0;
    for _ in 0..ITERATIONS {
        let image: Vec<f64> = matrix.chunks_exact(side).map(|row| row.iter().zip(&vector).map(|(&a, v)| f64::from(a) * v).sum()).collect();
        let mut back = vec![0.0; side];
        for (row, y) in matrix.chunks_exact(side).zip(&image) {
            row.iter().zip(&mut back).for_each(|(&a, x)| *x += f64::from(a) * y);
        }
        let norm = |vector: &[f64]| vector.iter().map(|x| x * x).sum::<f64>().sqrt();
        value = norm(&image) / norm(&vector);
        let length = norm(&back).max(f64::MIN_POSITIVE);
        vector = back.into_iter().map(|x| x / length).collect();
    }
    value
}

/// The root mean square over images of the norm of the loss's gradient with respect to each row, the last row first.
fn norms<D: Machine>(net: &D::Net, device: &D, test: &Loader<Images>) -> Result<Vec<f64>, TrainError> {
    let Some(batch) = test.spread(IMAGES, IMAGES).epoch(1).next() else { return Ok(Vec::new()) };
    let batch = batch?;
    let mut hooks = Hooks::new();
    let rows = hooks.keep(At::output(ROWS));
    let input: Tensor<(usize, usize, usize, usize), f32, D> = batch.images.into_tensor(device)?;
    let input = on_device(DynTensor::try_from_tensor(input.leaky_traced()))?;
    let mut outputs: Vec<DynTensor<f32, D, OwnedTape<f32, D>>> = hooks.try_forward_eval(net.as_hookable(), vec![input]).map_err(hooked)?;
    let scores = outputs.pop().ok_or_else(|| TrainError::Network("the network has no output".to_owned()))?;
    let loss = on_device(CrossEntropy::default().try_mean(shaped::<(usize, usize), D, _>(scores)?, &batch.labels))?;
    on_device(loss.try_backward())?;
    let gradient = rows.gradient().ok_or_else(|| TrainError::Network(format!("`{ROWS}` has no gradient")))?;
    let [images, steps, width] = gradient.dims()[..] else {
        return Err(TrainError::Network(format!("`{ROWS}` gives {:?}; expected rows of images", gradient.dims())));
    };
    let numbers = gradient.to_vec();
    // The gradient of the mean loss is that of an image's own loss, divided by the number of images.
    let square = |step: usize| -> f64 {
        let of_step = numbers.chunks_exact(steps * width).flat_map(|image| &image[step * width..][..width]);
        of_step.map(|&g| (f64::from(g) * images as f64).powi(2)).sum::<f64>() / images as f64
    };
    Ok((0..steps).rev().map(|step| square(step).sqrt()).collect())
}

fn hooked<E: std::fmt::Display>(error: HookError<E>) -> TrainError {
    TrainError::Network(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::networks::RowRnn;

    #[test]
    fn singular_values_by_hand() {
        assert!((singular(&[3.0, 0.0, 0.0, -4.0], 2) - 4.0).abs() < 1e-6);
        // The golden ratio.
        assert!((singular(&[1.0, 1.0, 0.0, 1.0], 2) - f64::midpoint(1.0, 5f64.sqrt())).abs() < 1e-6);
        let mut net = Cpu::seed_from_u64(1).build(RowRnn::<f32, Cpu>::GRAPH).unwrap();
        scale::<Cpu>(&mut net, 1.5);
        assert!((singular(&net.tensor_at(RECURRENT).unwrap().to_vec(), HIDDEN) - 1.5).abs() < 1e-3);
    }
}
