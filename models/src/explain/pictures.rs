//! Pictures that the model makes: gradient ascent, DeepDream, feature inversion.

use layercake::explain::{self, AscentOptions, DreamOptions, InversionOptions, Jitter, Target};

use super::panels::{beside, image};
use super::subject::Subject;
use super::{ExplainOptions, Made};
use crate::zoo::ModelError;

/// The standard deviation of the noise at the beginning.
const NOISE: f64 = 0.1;

/// The picture that a class or unit wants: with the restraints that were asked for, or with each one beside the others.
pub(super) fn ascent(subject: &Subject, options: &ExplainOptions) -> Result<Made, ModelError> {
    let settings = &options.settings;
    let (target, name) = options.unit().unwrap_or_else(|| {
        let class = options.class.expect("checked before");
        (Target::class(class), subject.class_name(class))
    });
    let seed = settings.seed.unwrap_or(0);
    let [lower_bound, upper_bound] = subject.bounds();
    let plain = AscentOptions {
        iterations: settings.iterations.unwrap_or(200),
        lr: settings.lr.unwrap_or(0.5),
        lower_bound,
        upper_bound,
        ..Default::default()
    };
    let jitter = |most| Jitter::Random { most, seed };
    let variants = if settings.restrains() {
        let asked = AscentOptions {
            l2_decay: settings.l2.unwrap_or(0.0),
            blur_every: settings.blur_every.unwrap_or(0),
            norm_percentile: settings.small_values.unwrap_or(0.0),
            contribution_percentile: settings.small_gradients.unwrap_or(0.0),
            jitter: settings.jitter.map_or(Jitter::None, jitter),
            ..plain
        };
        vec![("ascent", asked)]
    } else {
        vec![
            ("plain", plain.clone()),
            ("l2", AscentOptions { l2_decay: 0.02, ..plain.clone() }),
            ("blur", AscentOptions { blur_every: 4, ..plain.clone() }),
            ("small values", AscentOptions { norm_percentile: 20.0, ..plain.clone() }),
            ("small grads", AscentOptions { contribution_percentile: 20.0, ..plain.clone() }),
            ("jitter", AscentOptions { jitter: jitter(2), ..plain.clone() }),
            ("l2+blur+jitter", AscentOptions { l2_decay: 0.01, blur_every: 4, jitter: jitter(2), ..plain }),
        ]
    };
    let start = explain::noise(&subject.network, &subject.device, 1, NOISE, seed)?;
    let (mut panels, mut lines) = (Vec::new(), vec![format!("ascent of {name}, from noise")]);
    for (variant, options) in &variants {
        let made = explain::gradient_ascent(&subject.network, &start, &target, options)?;
        lines.push(format!("  {variant:14} from {:.2} to {:.2}", made.scores[0], made.scores[made.scores.len() - 1]));
        panels.push((image(&subject.picture_of(&made.picture)), (*variant).to_owned()));
    }
    Ok(Made { picture: Some(beside(&panels, 4)), text: lines.join("\n") })
}

/// What a layer or a channel of it sees, strengthened in the picture.
pub(super) fn dream(subject: &Subject, options: &ExplainOptions) -> Result<Made, ModelError> {
    let (settings, defaults) = (&options.settings, DreamOptions::default());
    let layer = options.layer.as_deref().expect("checked before");
    let (target, name) = options.unit().unwrap_or_else(|| (Target::layer(layer), layer.to_owned()));
    let [lower_bound, upper_bound] = subject.bounds();
    let most = settings.jitter.unwrap_or(4);
    let settings = DreamOptions {
        octaves: settings.octaves.unwrap_or(3),
        iterations: settings.iterations.unwrap_or(defaults.iterations),
        lr: settings.lr.unwrap_or(0.05),
        jitter: Jitter::Random { most, seed: settings.seed.unwrap_or(0) },
        lower_bound,
        upper_bound,
        ..defaults
    };
    let x = subject.tensor(subject.image())?;
    let dreamed = explain::deep_dream(&subject.network, &x, &target, &settings)?;
    let panels = [(image(subject.image()), "picture".to_owned()), (image(&subject.picture_of(&dreamed)), "dream".to_owned())];
    let text = format!("dream of {name} in {} sizes, {} steps at each", settings.octaves, settings.iterations);
    Ok(Made { picture: Some(beside(&panels, 2)), text })
}

/// A picture for which a layer gives the same.
pub(super) fn inversion(subject: &Subject, options: &ExplainOptions) -> Result<Made, ModelError> {
    let (settings, defaults) = (&options.settings, InversionOptions::default());
    let layer = options.layer.as_deref().expect("checked before");
    let settings = InversionOptions {
        iterations: settings.iterations.unwrap_or(defaults.iterations),
        lr: settings.lr.unwrap_or(defaults.lr),
        l2: settings.l2.unwrap_or(0.0),
        tv: settings.tv.unwrap_or(0.0),
    };
    let x = subject.tensor(subject.image())?;
    let start = explain::noise(&subject.network, &subject.device, 1, NOISE, options.settings.seed.unwrap_or(0))?;
    let made = explain::invert_features(&subject.network, &x, &start, layer, settings)?;
    let panels = [(image(subject.image()), "picture".to_owned()), (image(&subject.picture_of(&made.picture)), layer.to_owned())];
    let (first, last) = (made.scores[0], made.scores[made.scores.len() - 1]);
    Ok(Made { picture: Some(beside(&panels, 2)), text: format!("inversion of {layer}: the loss falls from {first:.3} to {last:.4}") })
}
