//! Batch normalization, where lanes wait for each other.

use super::{lane::Lane, together::Team};
use crate::{
    kernels::batch_norm::Moments,
    layers::{Norm, Normalization},
    plan::{Plan, Step},
};

fn normalization(step: &Step) -> &Normalization {
    step.layer.normalization().expect("only batch normalizations are merged")
}

/// Forward: merges the statistics of the lanes into those of the batch and updates the running ones; or uses the running ones unchanged.
pub fn merge_forward(plan: &Plan, step: usize, lanes: &[Lane], params: &mut [Vec<f32>], norms: &mut [Norm], team: Option<&Team>) {
    let step = &plan.steps[step];
    let norm = normalization(step);
    let all = team.filter(|_| norm.train).map(|team| team.moments(plan, norm.index, lanes));
    let of_lane = |lane: usize, channel: usize| match &all {
        Some(all) => all[lane * norm.channels + channel],
        None => lanes[lane].moments[norm.index][channel],
    };
    let of = &mut norms[norm.index];
    let (affine, rest) = params[step.first_param..].split_at_mut(if norm.affine { 2 } else { 0 });
    let [running_mean, running_var, ..] = rest else { unreachable!("a batch normalization has running statistics") };
    for channel in 0..norm.channels {
        let (mean, variance) = if norm.train {
            let mut count = 0;
            let mut moments = Moments::default();
            for (lane, span) in plan.lanes.iter().enumerate() {
                let more = span.images * norm.positions;
                moments = moments.merge(count, of_lane(lane, channel), more);
                count += more;
            }
            let update = |running: &mut f32, new: f64| {
                *running = ((1.0 - norm.momentum) * f64::from(*running) + norm.momentum * new) as f32;
            };
            update(&mut running_mean[channel], moments.mean);
            update(&mut running_var[channel], moments.squares / (count - 1) as f64);
            (moments.mean, moments.squares / count as f64)
        } else {
            (f64::from(running_mean[channel]), f64::from(running_var[channel]))
        };
        let deviation = 1.0 / (variance + norm.eps).sqrt();
        of.mean[channel] = mean as f32;
        of.deviation[channel] = deviation;
        let weight = affine.first().map_or(1.0, |weight| f64::from(weight[channel]));
        of.scale[channel] = (deviation * weight) as f32;
        of.shift[channel] = affine.get(1).map_or(0.0, |bias| bias[channel]);
    }
}

/// Backward: adds the gradients of weight and bias, and computes the coefficients of the input's gradient.
///
/// With `h = (x - mean) s`, `s` the inverse standard deviation, `g` the weight and `n` elements per channel: `dx = g s (dy - mean(dy) - h mean(dy
/// h))`; with running statistics, which do not depend on `x`, `dx = g s dy`.
pub fn merge_backward(
    plan: &Plan,
    step: usize,
    lanes: &[Lane],
    params: &[Vec<f32>],
    norms: &mut [Norm],
    grads: &mut [Vec<f32>],
    team: Option<&Team>,
) {
    let step = &plan.steps[step];
    let norm = normalization(step);
    let all = team.map(|team| team.sums(plan, norm.index, lanes));
    let of_lane = |lane: usize, channel: usize| match &all {
        Some(all) => all[lane * norm.channels + channel],
        None => lanes[lane].sums[norm.index][channel],
    };
    let of = &mut norms[norm.index];
    let count = (plan.batch * norm.positions) as f64;
    for channel in 0..norm.channels {
        let mut sums = [0.0; 2];
        for lane in 0..plan.lanes.len() {
            let [grad, product] = of_lane(lane, channel);
            sums = [sums[0] + grad, sums[1] + product];
        }
        let deviation = of.deviation[channel];
        if norm.affine {
            for (grad, new) in grads[step.first_param..].iter_mut().zip([sums[1] * deviation, sums[0]]) {
                grad[channel] += new as f32;
            }
        }
        let weight = if norm.affine { f64::from(params[step.first_param][channel]) } else { 1.0 };
        let by_grad = weight * deviation;
        of.gradient.by_grad[channel] = by_grad as f32;
        if norm.train {
            of.gradient.by_input[channel] = (-by_grad * deviation * deviation * sums[1] / count) as f32;
            of.gradient.constant[channel] = (-by_grad * sums[0] / count) as f32;
        }
    }
}
