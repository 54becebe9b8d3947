//! Which rows are for training, for validation and for the test.

use crate::TrainError;
use crate::data::{Target, folds, folds_grouped, split_grouped, split_stratified};
use crate::run::{OwnData, Recipe};

/// The share of the data that is held out for the test.
const HELD_OUT: f64 = 0.2;

/// How the parts are made.
pub(super) struct Parts<'a> {
    pub recipe: &'a Recipe,
    /// The sizes that the network takes, if they are known.
    pub input: Option<&'a [usize]>,
    /// What an earlier run learned about the data.
    pub known: Option<&'a OwnData>,
    /// Which of how many folds is held out.
    pub fold: Option<[usize; 2]>,
}

impl Parts<'_> {
    /// The training rows and those that are held out for the test: groups as a whole, otherwise the same share of each class.
    pub fn test(&self, labels: &[usize], groups: Option<&[usize]>) -> Result<[Vec<usize>; 2], TrainError> {
        let seed = self.recipe.seed;
        match (self.fold, groups) {
            (Some([fold, count]), None) => Ok(folds(labels, count, seed)?.swap_remove(fold)),
            (Some([fold, count]), Some(groups)) => Ok(folds_grouped(groups, count, seed)?.swap_remove(fold)),
            (None, None) => split_stratified(labels, HELD_OUT, seed),
            (None, Some(groups)) => split_grouped(groups, HELD_OUT, seed),
        }
    }

    /// Splits the validation rows off the training rows, in the same manner, and draws from the others if the recipe says so.
    pub fn validation(&self, rows: Vec<usize>, labels: &[usize], groups: Option<&[usize]>) -> Result<[Vec<usize>; 2], TrainError> {
        let at = |places: Vec<usize>, rows: &[usize]| -> Vec<usize> { places.into_iter().map(|place| rows[place]).collect() };
        let held = self.recipe.held_out(rows.len());
        if held == 0 || held >= rows.len() {
            return Ok(self.recipe.parts(rows.len())?.map(|part| at(part, &rows)));
        }
        let ratio = held as f64 / rows.len() as f64;
        let of = |all: &[usize]| rows.iter().map(|&row| all[row]).collect::<Vec<_>>();
        let [train, held] = match groups {
            Some(groups) => split_grouped(&of(groups), ratio, self.recipe.seed)?,
            None => split_stratified(&of(labels), ratio, self.recipe.seed)?,
        };
        let [drawn, _] = Recipe { validation: Some(0), ..*self.recipe }.parts(train.len())?;
        Ok([at(at(drawn, &train), &rows), at(held, &rows)])
    }

    /// Rejects folds of data with a test part of their own.
    pub fn without_folds(&self) -> Result<(), TrainError> {
        match self.fold {
            Some(_) => Err(TrainError::Setting("`--folds` needs data without a test part: each fold is the test part once".to_owned())),
            None => Ok(()),
        }
    }
}

/// The class of a target, for a split that keeps the shares of the classes; 0 for targets of other kinds.
pub(super) fn class_of(target: &Target) -> usize {
    if let Target::Class(class) = target { *class } else { 0 }
}
