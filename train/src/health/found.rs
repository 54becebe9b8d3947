//! The signs of trouble that a course on deep learning teaches to look for.

use std::collections::BTreeSet;
use std::fmt;

use super::LayerHealth;
use crate::Epoch;

/// A loss this many times above what chance gives, or a first loss this many times below it, is suspicious.
const FIRST_LOSS: f64 = 2.0;
/// The share of dead units from which a layer is suspicious.
const DEAD: f64 = 0.9;
/// How many times smaller than that of the last layer the gradient of a layer with vanishing gradients is, relative to its weight.
const VANISHING: f64 = 1e-4;
/// How many times larger it is if gradients explode.
const EXPLODING: f64 = 1e4;
/// How many times the median norm so far the norm of all gradients is if they explode.
const BLOWN_UP: f64 = 100.0;
/// The most epochs of that median.
const RECENT: usize = 100;
/// The usual ratios of a step to a weight.
pub(crate) const UPDATE: std::ops::RangeInclusive<f64> = 1e-5..=1e-2;
/// The epochs in a row in which the ratio of most layers is outside.
const UPDATE_EPOCHS: usize = 3;
/// Steps whose learning rate is below this share of the highest one so far say nothing of it.
const LOWERED: f64 = 0.1;
/// The epochs without progress that make a plateau.
const PLATEAU: usize = 5;
/// The share of the loss that counts as progress.
const PROGRESS: f64 = 1e-3;
/// The share of the first epoch's loss above which a plateau is one of a model that has not learned much.
const HIGH: f64 = 0.7;
/// How many times its lowest value the loss on held-out data is in overfitting.
const OVERFIT: f64 = 1.3;
/// The epochs for which it has been that high.
const OVERFIT_EPOCHS: usize = 3;

/// A kind of sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Symptom {
    /// The first loss is far from that of a model that knows nothing.
    FirstLoss,
    /// The training loss of an epoch is far above that of a model that knows nothing.
    WorseThanChance,
    /// Many units of a ReLU are 0 for all inputs.
    DeadUnits,
    /// The gradient of a layer is tiny compared with that of the last one.
    VanishingGradients,
    /// The gradient of a layer is huge compared with that of the last one, or all gradients have suddenly grown.
    ExplodingGradients,
    /// The steps are too small or too large for the weights.
    UpdateRatio,
    /// The training loss has stopped falling while it is high.
    Plateau,
    /// The loss on held-out data grows while the training loss falls.
    Overfitting,
}

/// A sign of trouble, with the figure and the layer. It is displayed as one line.
#[derive(Clone, Debug, PartialEq)]
pub struct Warning {
    symptom: Symptom,
    epoch: usize,
    text: String,
}

impl Warning {
    pub(crate) fn new(symptom: Symptom, epoch: usize, text: String) -> Self {
        Self { symptom, epoch, text }
    }

    /// The kind.
    pub fn symptom(&self) -> Symptom {
        self.symptom
    }

    /// The epoch in which it was seen.
    pub fn epoch(&self) -> usize {
        self.epoch
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// All warnings about a run, each kind once, in the order in which they are given: those of the first epochs are not changed by later ones.
pub fn warnings(history: &[Epoch]) -> Vec<Warning> {
    let (mut all, mut known) = (Vec::new(), BTreeSet::new());
    for end in 1..=history.len() {
        let found = found(&history[..end]);
        all.extend(found.into_iter().filter(|warning| known.insert(warning.symptom)));
    }
    all
}

/// What the last of these epochs shows.
pub(crate) fn found(history: &[Epoch]) -> Vec<Warning> {
    let Some(last) = history.last() else { return Vec::new() };
    let signs = [
        (Symptom::FirstLoss, if history.len() == 1 { first_loss(last.first_loss, last.chance_loss) } else { None }),
        (Symptom::WorseThanChance, worse_than_chance(history)),
        (Symptom::DeadUnits, dead_units(&last.layers)),
        (Symptom::VanishingGradients, vanishing(&last.layers)),
        (Symptom::ExplodingGradients, exploding(&last.layers).or_else(|| blown_up(history))),
        (Symptom::UpdateRatio, update_ratio(history)),
        (Symptom::Plateau, plateau(history)),
        (Symptom::Overfitting, overfitting(history)),
    ];
    signs.into_iter().filter_map(|(symptom, text)| Some(Warning::new(symptom, last.epoch, text?))).collect()
}

/// The warning about a first loss.
pub(crate) fn first_loss(first: Option<f64>, chance: Option<f64>) -> Option<String> {
    let (first, chance) = (first?, chance.filter(|chance| *chance > 0.0)?);
    let cause = if first > FIRST_LOSS * chance {
        "check the initial values and the normalization of the inputs"
    } else if first < chance / FIRST_LOSS {
        "check that the inputs do not contain the targets, unless the parameters are trained already"
    } else {
        return None;
    };
    Some(format!("the loss of the first batch is {first:.3}, but a model that knows nothing has about {chance:.3}: {cause}"))
}

fn worse_than_chance(history: &[Epoch]) -> Option<String> {
    let (chance, loss) = (history.first()?.chance_loss?, history.last()?.train.get("loss")?);
    (loss > FIRST_LOSS * chance).then(|| {
        format!(
            "the training loss is {loss:.3}, but a model that knows nothing has {chance:.3}. Lower the learning rate, or clip the gradients"
        )
    })
}

fn dead_units(layers: &[LayerHealth]) -> Option<String> {
    let (layer, dead) = extreme(layers, |layer| layer.dead, f64::max)?;
    (dead > DEAD).then(|| {
        format!(
            "{:.0} % of the units of `{layer}` are dead: 0 for all of the test items that were tried. Lower the learning rate, or use LeakyReLU",
            100.0 * dead
        )
    })
}

fn vanishing(layers: &[LayerHealth]) -> Option<String> {
    let (last, reference) = last_gradient(layers)?;
    // A gradient of exactly 0 is that of a layer that the loss does not depend on.
    let (layer, smallest) = extreme(layers, |layer| layer.gradient.filter(|gradient| *gradient > 0.0), f64::min)?;
    (smallest < VANISHING * reference).then(|| {
        format!(
            "the gradients vanish: that of `{layer}` is {smallest:.1e} of its weight, that of the last layer `{last}` {reference:.1e}. \
             Use ReLU, normalization, residual connections or other initial values"
        )
    })
}

fn exploding(layers: &[LayerHealth]) -> Option<String> {
    let (last, reference) = last_gradient(layers)?;
    let (layer, largest) = extreme(layers, |layer| layer.gradient, f64::max)?;
    (largest > EXPLODING * reference).then(|| {
        format!(
            "the gradients explode: that of `{layer}` is {largest:.1e} of its weight, that of the last layer `{last}` {reference:.1e}. \
             Use other initial values, normalization or gradient clipping"
        )
    })
}

/// Compared with the epochs before.
fn blown_up(history: &[Epoch]) -> Option<String> {
    let (last, before) = history.split_last()?;
    let norm = last.gradient_norm?;
    let before = &before[before.len().saturating_sub(RECENT)..];
    let mut norms: Vec<f64> = before.iter().filter_map(|epoch| epoch.gradient_norm).collect();
    norms.sort_by(f64::total_cmp);
    let median = *norms.get(norms.len() / 2)?;
    (norm > BLOWN_UP * median && median > 0.0).then(|| {
        format!(
            "the gradients explode: their norm is {norm:.3}, and was {median:.3} (median of {} epochs). Lower the learning rate or clip the gradients",
            norms.len()
        )
    })
}

/// By the median over the layers: single layers of networks that learn well are outside. The first epoch, in which Adam's steps are large, does not count, nor do epochs
/// with a lowered learning rate. Steps become small too when there is nothing left to learn, and a small network on few data may learn well with large ones.
fn update_ratio(history: &[Epoch]) -> Option<String> {
    let highest = history.iter().map(|epoch| epoch.lr).fold(0.0, f64::max);
    let first = history.len().checked_sub(UPDATE_EPOCHS).filter(|first| *first > 0)?;
    let median = |epoch| median_step(epoch).filter(|_| epoch.lr >= LOWERED * highest);
    let medians: Vec<(f64, &str)> = history[first..].iter().map(median).collect::<Option<_>>()?;
    let (ratio, layer) = medians.last()?;
    let (least, most) = (UPDATE.start(), UPDATE.end());
    let loss = |epoch: &Epoch| epoch.train.get("loss");
    let falling = history[first..].iter().filter_map(loss).reduce(f64::min) < loss(&history[first - 1]);
    let (word, advice) = if !falling && medians.iter().all(|(ratio, _)| ratio > most) {
        ("large", "Lower")
    } else if history[0].chance_loss.is_some() && medians.iter().all(|(ratio, _)| ratio < least) && is_high(history) {
        ("small", "Raise")
    } else {
        return None;
    };
    Some(format!(
        "the steps are {word}: {ratio:.1e} of the weight in `{layer}`, the median of the layers; usual are {least:.0e} to {most:.0e}. {advice} the learning rate"
    ))
}

/// The ratio of step and weight in the median layer, and the layer.
pub(crate) fn median_step(epoch: &Epoch) -> Option<(f64, &str)> {
    let mut ratios: Vec<(f64, &str)> = epoch.layers.iter().filter_map(|layer| Some((layer.update?, &*layer.layer))).collect();
    ratios.sort_by(|a, b| a.0.total_cmp(&b.0));
    ratios.get(ratios.len() / 2).copied()
}

/// Only of a task with a chance: the loss of others, such as that of an agent, need not fall.
fn plateau(history: &[Epoch]) -> Option<String> {
    history.first()?.chance_loss?;
    let losses: Vec<f64> = history.iter().filter_map(|epoch| epoch.train.get("loss")).collect();
    let (before, since) = losses.split_at_checked(losses.len().checked_sub(PLATEAU)?)?;
    let best = before.iter().copied().reduce(f64::min)?;
    let (low, high) = (since.iter().copied().reduce(f64::min)?, since.iter().copied().reduce(f64::max)?);
    let lr = history.last()?.lr;
    (low > (1.0 - PROGRESS) * best && is_high(history)).then(|| {
        format!(
            "the training loss has stopped falling: {low:.3} to {high:.3} in the last {PLATEAU} epochs, at a learning rate of {lr}. Change the learning rate"
        )
    })
}

/// Whether the training loss is still about that of the first epoch.
fn is_high(history: &[Epoch]) -> bool {
    let loss = |epoch: Option<&Epoch>| epoch?.train.get("loss");
    loss(history.last()).zip(loss(history.first())).is_some_and(|(last, first)| last > HIGH * first)
}

/// By the validation data, or the test data without them.
fn overfitting(history: &[Epoch]) -> Option<String> {
    history.first()?.chance_loss?;
    let held = |epoch: &Epoch| epoch.validation.get("loss").or_else(|| epoch.test.get("loss"));
    let losses: Vec<f64> = history.iter().filter_map(held).collect();
    if losses.len() != history.len() {
        return None;
    }
    let (best, lowest) = losses.iter().copied().enumerate().min_by(|(_, a), (_, b)| a.total_cmp(b))?;
    let recent = &losses[losses.len().checked_sub(OVERFIT_EPOCHS)?..];
    let train = |epoch: &Epoch| epoch.train.get("loss");
    let (then, now) = (train(&history[best])?, train(history.last()?)?);
    let latest = *losses.last()?;
    let part = if history[0].validation.is_empty() { "test" } else { "validation" };
    (recent.iter().all(|&loss| loss > OVERFIT * lowest) && now < then).then(|| {
        format!(
            "overfitting: the {part} loss was {lowest:.3} after epoch {} and is {latest:.3}, while the training loss fell from {then:.3} to {now:.3}. \
             Stop early, or use more data, augmentation, dropout or weight decay",
            best + 1
        )
    })
}

/// The last layer with a gradient.
fn last_gradient(layers: &[LayerHealth]) -> Option<(&str, f64)> {
    layers.iter().rev().find_map(|layer| Some((&*layer.layer, layer.gradient.filter(|gradient| *gradient > 0.0)?)))
}

/// The layer with the smallest or largest number.
fn extreme(layers: &[LayerHealth], of: impl Fn(&LayerHealth) -> Option<f64>, choose: fn(f64, f64) -> f64) -> Option<(String, f64)> {
    let numbers = || layers.iter().filter_map(|layer| Some((layer, of(layer)?)));
    let chosen = numbers().map(|(_, number)| number).reduce(choose)?;
    numbers().find(|(_, number)| *number == chosen).map(|(layer, number)| (layer.layer.clone(), number))
}
