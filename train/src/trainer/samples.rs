//! The pictures that a classifier does best and worst on.

use std::path::Path;

use crate::TrainError;
use crate::run::{Canvas, LETTER, cut};

/// Maximum number of images drawn.
const SHOWN: usize = 50;
/// Approximate width of an image grid in pixels.
pub(super) const WIDE: usize = 1000;
/// Maximum length of class names in characters.
pub(super) const NAME: usize = 12;

/// A prediction.
#[derive(Clone, Copy, Debug)]
pub(super) struct Judged {
    /// The item's index in the data set.
    pub index: usize,
    pub truth: usize,
    pub predicted: usize,
    /// The probability of the predicted class.
    pub sure: f64,
}

/// The predictions of a test that are shown.
#[derive(Clone, Debug, Default)]
pub(super) struct Judgments {
    /// All wrong ones.
    wrong: Vec<Judged>,
    /// The surest right one of each class.
    right: Vec<Judged>,
}

impl Judgments {
    pub fn add(&mut self, judged: Judged) {
        if judged.truth != judged.predicted {
            self.wrong.push(judged);
            return;
        }
        match self.right.iter_mut().find(|known| known.truth == judged.truth) {
            Some(known) if known.sure < judged.sure => *known = judged,
            Some(_) => {}
            None => self.right.push(judged),
        }
    }

    /// `surest.png`: of each class the image that the network is surest of. `mistakes.png`: the wrong predictions, the surest first.
    pub fn draw(&self, folder: &Path, classes: &[String], picture: impl Fn(usize) -> Result<Canvas, TrainError>) -> Result<(), TrainError> {
        let pictures = |shown: &[Judged]| shown.iter().map(|judged| picture(judged.index)).collect::<Result<Vec<_>, _>>();
        let mut right = self.right.clone();
        right.sort_by_key(|judged| judged.truth);
        right.truncate(SHOWN);
        if !right.is_empty() {
            let name = |judged: &Judged| {
                let percent = format!("{:.1}", 100.0 * judged.sure);
                format!("{} {} %", cut(&classes[judged.truth], NAME), percent.strip_suffix(".0").unwrap_or(&percent))
            };
            let names: Vec<String> = right.iter().map(name).collect();
            let width = names.iter().map(|name| LETTER * name.chars().count()).max().unwrap_or(0) + LETTER;
            let pictures = pictures(&right)?;
            let width = pictures.iter().map(|picture| picture.size()[1]).fold(width, usize::max);
            let named = pictures.iter().zip(&names).map(|(picture, name)| picture.named(name, width)).collect();
            let grid = Canvas::grid(&same_height(named), (WIDE / width).clamp(1, 10));
            grid.captioned("the image of each class that the network is surest of").save(&folder.join("surest.png"))?;
        }
        let mut wrong = self.wrong.clone();
        wrong.sort_by(|a, b| b.sure.total_cmp(&a.sure));
        wrong.truncate(SHOWN);
        if wrong.is_empty() {
            return Ok(());
        }
        misclassified(&pictures(&wrong)?, &wrong, classes).save(&folder.join("mistakes.png"))
    }
}

/// A grid of misclassified images, each above its true and predicted class.
fn misclassified(pictures: &[Canvas], shown: &[Judged], classes: &[String]) -> Canvas {
    let name = |class: usize| cut(&classes[class], NAME);
    let lengths = shown.iter().flat_map(|judged| [name(judged.truth).chars().count(), 3 + name(judged.predicted).chars().count()]);
    // On one line if the names are short, otherwise on two.
    let longest = lengths.max().unwrap_or(0);
    let width = pictures.iter().map(|picture| picture.size()[1]).fold(LETTER * longest, usize::max) + LETTER / 2;
    let label = |(picture, judged): (&Canvas, &Judged)| picture.misclassified(&name(judged.truth), &name(judged.predicted), width);
    let pictures = same_height(pictures.iter().zip(shown).map(label).collect());
    Canvas::grid(&pictures, (WIDE / width).max(1)).captioned("true class as predicted class, the surest mistakes first")
}

/// Pads all pictures to the height of the highest.
fn same_height(pictures: Vec<Canvas>) -> Vec<Canvas> {
    let high = pictures.iter().map(|picture| picture.size()[0]).max().unwrap_or(0);
    pictures.into_iter().map(|picture| picture.padded(high)).collect()
}
