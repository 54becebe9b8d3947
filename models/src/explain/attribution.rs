//! What a target looks at in a picture.

use layercake::explain::{self, *};
use layercake::prelude::*;

use super::panels::{around_gray, beside, heat, image, signed_heat};
use super::subject::Subject;
use super::{CpuExplainError, ExplainMethod, ExplainOptions, Made, last_maps};
use crate::zoo::ModelError;

/// The standard deviation of SmoothGrad's noise, as a share of the input's range: Smilkov et al. recommend 0.1 to 0.2.
const NOISE: f64 = 0.15;
/// Its number of copies.
const COPIES: usize = 50;

/// A picture beside what a method finds in it.
pub(super) fn draw(subject: &Subject, options: &ExplainOptions) -> Result<Made, ModelError> {
    let x = subject.tensor(subject.image())?;
    let probabilities = subject.probabilities(&x)?;
    let best = |list: &Vec<f64>| (0..list.len()).max_by(|&a, &b| list[a].total_cmp(&list[b])).unwrap_or(0);
    let guess = probabilities.as_ref().map(|list| (best(list), list[best(list)]));
    let (target, name) = match (options.method, options.unit(), options.class, guess) {
        (ExplainMethod::GradCam, ..) | (_, None, ..) => match options.class.or(guess.map(|(class, _)| class)) {
            Some(class) => (Target::class(class), subject.class_name(class)),
            None => {
                let text =
                    format!("`--method {}` needs `--class` or `--layer` and `--channel`: the network does not classify", options.method);
                return Err(ModelError::Option(text));
            }
        },
        (_, Some(unit), ..) => unit,
    };
    let mut panels = vec![(image(subject.image()), "picture".to_owned())];
    let found = Found::of(subject, options, &x, &target)?;
    let [_, height, width] = subject.shape;
    if found.as_picture {
        panels.push((around_gray(&found.numbers, subject.shape, 0.0), "gradient".to_owned()));
    }
    let plane = height * width;
    let over = |combine: &dyn Fn(f32, f32) -> f32| -> Vec<f32> {
        (0..plane).map(|i| found.numbers.iter().skip(i).step_by(plane).copied().reduce(combine).unwrap_or_default()).collect()
    };
    let map = match found.signed {
        true => signed_heat(&over(&|a, b| a + b), width),
        false => heat(&over(&|a, b| if a.abs() > b.abs() { a } else { b }).iter().map(|x| x.abs()).collect::<Vec<_>>(), width),
    };
    panels.push((map, if found.signed { "for - against" } else { "size" }.to_owned()));
    let truth = subject.truth().map_or(String::new(), |truth| format!(", labeled {truth}"));
    let guess = guess.map_or(String::new(), |(class, p)| format!(", taken for {} with {:.1} %", subject.class_name(class), 100.0 * p));
    let text = format!("{} of {name}{}: picture{truth}{guess}", options.method, found.note);
    Ok(Made { picture: Some(beside(&panels, panels.len())), text })
}

/// What a method gives for a picture.
struct Found {
    /// `[channels, height, width]`, or one channel.
    numbers: Vec<f32>,
    /// Whether the sign says what speaks for the target and what against it.
    signed: bool,
    /// Whether it is also shown as a picture.
    as_picture: bool,
    /// More about it.
    note: String,
}

impl Found {
    fn of(subject: &Subject, options: &ExplainOptions, x: &DynTensor<f32, Cpu>, target: &Target) -> Result<Self, ModelError> {
        let (network, settings) = (&subject.network, &options.settings);
        let plain = |found: Result<DynTensor<f32, Cpu>, CpuExplainError>, signed, as_picture| {
            Ok(Self { numbers: found?.to_vec(), signed, as_picture, note: String::new() })
        };
        match options.method {
            ExplainMethod::InputXGradient => plain(explain::input_x_gradient(network, x, target), true, false),
            ExplainMethod::GuidedBackprop => plain(explain::guided_backprop(network, x, target), false, true),
            ExplainMethod::Deconvolution => plain(explain::deconvolution(network, x, target), false, true),
            ExplainMethod::IntegratedGradients => {
                let n_steps = settings.iterations.unwrap_or(50);
                let options = IntegratedGradientsOptions { n_steps, ..Default::default() };
                let found = explain::integrated_gradients(network, x, target, &options)?;
                let note = format!(" in {n_steps} steps, off by {:.1e}", found.convergence_delta[0].abs());
                Ok(Self { numbers: found.attributions.to_vec(), signed: true, as_picture: false, note })
            }
            ExplainMethod::SmoothGrad => {
                let [low, high] = subject.bounds();
                let options = NoiseTunnelOptions {
                    nt_samples: settings.samples.unwrap_or(COPIES),
                    stdevs: settings.stdevs.unwrap_or(NOISE * (high - low)),
                    seed: settings.seed.unwrap_or(0),
                    ..Default::default()
                };
                plain(explain::smooth_grad(network, x, target, options), false, false)
            }
            ExplainMethod::GradCam => {
                let layer = match &options.layer {
                    Some(layer) => layer.clone(),
                    None => last_maps(network.graph()).ok_or_else(|| {
                        ModelError::Option("`--method grad-cam` needs a layer with height and width, and the network has none".to_owned())
                    })?,
                };
                let cam = explain::grad_cam(network, x, target, layer.as_str(), GradCamOptions { relu_attributions: true })?;
                if cam.dims().len() != 4 {
                    let text = format!("`--layer {layer}`: grad-cam needs a layer with height and width");
                    return Err(ModelError::Option(text));
                }
                let size = [subject.shape[1], subject.shape[2]];
                let numbers = explain::interpolate(&cam, size, Interpolation::Bilinear)?.to_vec();
                Ok(Self { numbers, signed: false, as_picture: false, note: format!(" at {layer}") })
            }
            ExplainMethod::Occlusion => {
                let [channels, height, width] = subject.shape;
                let side = settings.window.unwrap_or((height.min(width) / 6).max(1));
                let stride = settings.stride.unwrap_or((side / 2).max(1));
                let options = OcclusionOptions {
                    strides: Some(vec![channels, stride, stride]),
                    perturbations_per_eval: 32,
                    ..OcclusionOptions::window([channels, side, side])
                };
                let found = explain::occlusion(network, x, target, &options)?.to_vec();
                // All channels are covered at once.
                let numbers = found[..height * width].to_vec();
                Ok(Self { numbers, signed: true, as_picture: false, note: format!(" by windows of {side}x{side}") })
            }
            _ => plain(explain::saliency(network, x, target, SaliencyOptions::default()), false, false),
        }
    }
}
