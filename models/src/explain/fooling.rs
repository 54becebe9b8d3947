//! Pictures that the model takes for something else, with how little was changed.

use layercake::explain::{self, FgsmOptions, FoolOptions};
use layercake::prelude::*;
use layercake_train::data::Image;

use super::panels::{around_gray, beside, image};
use super::subject::Subject;
use super::{ExplainOptions, Made};
use crate::zoo::ModelError;

/// The step between two values of a pixel in a file: smaller changes are rounding.
const STEP: f32 = 1.0 / 255.0;

/// One step of the fast gradient sign method.
pub(super) fn fgsm(subject: &Subject, options: &ExplainOptions) -> Result<Made, ModelError> {
    let x = subject.tensor(subject.image())?;
    let class = match options.class {
        Some(class) => class,
        None => best(&probabilities(subject, &x)?),
    };
    let [lower_bound, upper_bound] = subject.bounds();
    let epsilon = options.settings.epsilon.unwrap_or(FgsmOptions::default().epsilon);
    let options = FgsmOptions { epsilon, lower_bound, upper_bound, ..Default::default() };
    let changed = explain::fgsm(&subject.network, &x, &[class], options)?;
    shown(subject, &changed, &format!("fgsm with epsilon {epsilon} away from {}", subject.class_name(class)))
}

/// Small steps to a class.
pub(super) fn fool(subject: &Subject, options: &ExplainOptions) -> Result<Made, ModelError> {
    let class = options.class.expect("checked before");
    let x = subject.tensor(subject.image())?;
    let [lower_bound, upper_bound] = subject.bounds();
    let defaults = FoolOptions::default();
    let settings = FoolOptions {
        lr: options.settings.lr.unwrap_or(0.1),
        iterations: options.settings.iterations.unwrap_or(500),
        confidence: options.settings.confidence.unwrap_or(defaults.confidence),
        lower_bound,
        upper_bound,
    };
    let fooled = explain::fool(&subject.network, &x, class, settings)?;
    let end = if fooled.succeeded { "" } else { ", which did not reach it" };
    shown(subject, &fooled.picture, &format!("{} steps to {}{end}", fooled.steps, subject.class_name(class)))
}

/// The picture, what was added, and the sum, which is looked at again as a picture.
fn shown(subject: &Subject, changed: &DynTensor<f32, Cpu>, what: &str) -> Result<Made, ModelError> {
    let (before, after) = (subject.image(), subject.picture_of(changed));
    let named = |picture: &Image| -> Result<(String, f64), ModelError> {
        let list = probabilities(subject, &subject.tensor(picture)?)?;
        Ok((subject.class_name(best(&list)), list[best(&list)]))
    };
    let ((was, p), (is, q)) = (named(before)?, named(&after)?);
    let difference: Vec<f32> = after.pixels.iter().zip(&before.pixels).map(|(a, b)| a - b).collect();
    let linf = difference.iter().fold(0.0, |most: f32, d| most.max(d.abs()));
    let norm = |numbers: &[f32]| numbers.iter().map(|x| x * x).sum::<f32>().sqrt();
    let (l2, whole) = (norm(&difference), norm(&before.pixels).max(f32::MIN_POSITIVE));
    let panels = [
        (image(before), format!("{was} {:.0} %", 100.0 * p)),
        (around_gray(&difference, after.shape, STEP), "change, enlarged".to_owned()),
        (image(&after), format!("{is} {:.0} %", 100.0 * q)),
    ];
    let text = format!(
        "{what}: {was} with {:.1} % becomes {is} with {:.1} %; no pixel changed by more than {:.1} of 255, the L2 norm of the change is {:.1} % of the picture's",
        100.0 * p,
        100.0 * q,
        255.0 * linf,
        100.0 * l2 / whole
    );
    Ok(Made { picture: Some(beside(&panels, 3)), text })
}

fn probabilities(subject: &Subject, x: &DynTensor<f32, Cpu>) -> Result<Vec<f64>, ModelError> {
    let found = subject.probabilities(x)?;
    found.ok_or_else(|| ModelError::Option("a picture that fools needs a network that classifies".to_owned()))
}

fn best(list: &[f64]) -> usize {
    (0..list.len()).max_by(|&a, &b| list[a].total_cmp(&list[b])).unwrap_or(0)
}
