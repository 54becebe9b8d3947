//! Reads the user's arrays.

use std::path::{Path, PathBuf};

use super::data::{OwnSet, normalized};
use super::load::{DataOptions, Loaded, absolute};
use super::parts::{Parts, class_of};
use crate::arrays::{ArraySchema, ArraySet, Named, Pairs, Rows, measure_targets};
use crate::data::{Array, Image, Normalize, listed, sizes};
use crate::run::OwnData;
use crate::tables::{TableOptions, TableTask};
use crate::{Goal, TrainError};

/// The parts of the arrays in a file or folder.
pub(super) fn of_file(path: &Path, options: &DataOptions, parts: &Parts<'_>) -> Result<Loaded, TrainError> {
    let TableOptions { targets, task, categories, ignored, group } = &options.table;
    if !categories.is_empty() {
        return Err(TrainError::Setting("`--categories` has no effect on arrays: it is for columns of a table".to_owned()));
    }
    let named = Named::open(path)?;
    let known = parts.known.and_then(|known| known.arrays.as_ref());
    // Of a run that goes on, the names that it has found.
    let group = known.map_or(group, |known| &known.group);
    let (train, inside) = match known {
        Some(known) => named.parts(&known.inputs, &known.target)?,
        None => {
            let (targets, ignored, group) = (targets.clone(), ignored.clone(), group.clone());
            named.pairs(&TableOptions { targets, ignored, group, ..TableOptions::default() })?
        }
    };
    let groups = group.as_deref().map(|group| named.groups(group, train.inputs.len())).transpose()?;
    let test = match &options.test {
        Some(test) => Some(Named::open(test)?.like(train.inputs.stem(), train.targets.stem())?),
        None => inside,
    };
    let mut loaded = of_pairs(&train, test.as_ref(), groups.as_deref(), *task, parts)?;
    if let Some(arrays) = &mut loaded.own.arrays {
        arrays.group.clone_from(group);
    }
    (loaded.own.path, loaded.own.test) = (Some(absolute(path)), options.test.as_deref().map(absolute));
    Ok(loaded)
}

/// The parts of arrays; without a test part, a fifth is held out.
pub(super) fn of_pairs(
    all: &Pairs,
    test: Option<&Pairs>,
    groups: Option<&[usize]>,
    task: Option<TableTask>,
    parts: &Parts<'_>,
) -> Result<Loaded, TrainError> {
    let known = parts.known.and_then(|known| Some((known.arrays.clone()?, known.goal.clone(), known.input.clone())));
    let is_new = known.is_none();
    let (mut schema, mut goal, input) = match known {
        Some(known) => known,
        None => ArraySchema::of(all, task, parts.input)?,
    };
    let labels: Vec<usize> = schema.targets(&goal, &all.targets)?.iter().map(class_of).collect();
    let [rows, held_out] = match test {
        Some(_) => {
            parts.without_folds()?;
            [(0..labels.len()).collect(), Vec::new()]
        }
        None => parts.test(&labels, groups)?,
    };
    let [rows, held] = parts.validation(rows, &labels, groups)?;
    let mut warnings = Vec::new();
    if is_new {
        schema.measure(&all.inputs, &rows, &input)?;
        measure_targets(&mut goal, &all.targets, &rows)?;
        warnings.extend(unseen(&goal, &labels, &rows, all));
    }
    let whole = ArraySet::new(schema.clone(), &goal, &input, all)?;
    let set = |rows: &[usize]| OwnSet::Arrays(whole.subset(rows));
    let test = match test {
        Some(test) => OwnSet::Arrays(ArraySet::new(schema.clone(), &goal, &input, test)?),
        None => set(&held_out),
    };
    let own = OwnData { goal, input, arrays: Some(schema), fold: parts.fold, ..OwnData::default() };
    let validation = (!held.is_empty()).then(|| set(&held));
    Ok(Loaded { own, normalize: None, train: set(&rows), validation, test, warnings })
}

/// The arrays of other data.
pub(super) fn all_of(path: &Path, schema: &ArraySchema, own: &OwnData) -> Result<OwnSet, TrainError> {
    let pairs = Named::open(path)?.like(&schema.inputs, &schema.target)?;
    Ok(OwnSet::Arrays(ArraySet::new(schema.clone(), &own.goal, &own.input, &pairs)?))
}

/// Inputs `[samples, ..]` as the network takes them: standardized as in training.
pub(super) fn of_given(inputs: Array<f32>, own: &OwnData, normalize: Option<&Normalize>) -> Result<Array<f32>, TrainError> {
    if let Some(schema) = &own.arrays {
        let rows = Rows::of(&schema.inputs, &inputs);
        return Ok(schema.inputs(&rows, &own.input, 0, rows.len())?);
    }
    if inputs.shape().get(1..) != Some(&own.input[..]) {
        let (expected, found) = (sizes(&own.input), sizes(inputs.shape().get(1..).unwrap_or_default()));
        return Err(TrainError::Setting(format!("expected inputs of {expected} behind the samples, found {found}")));
    }
    let Some(normalize) = normalize.filter(|_| own.input.len() == 3) else { return Ok(inputs) };
    let (shape, channels) = (inputs.shape().to_vec(), [own.input[0], own.input[1], own.input[2]]);
    let size = channels.iter().product::<usize>();
    let mut numbers = Vec::with_capacity(inputs.as_slice().len());
    for pixels in inputs.as_slice().chunks(size.max(1)) {
        let mut image = Image { shape: channels, pixels: pixels.to_vec() };
        normalized(normalize, &mut image)?;
        numbers.extend(image.pixels);
    }
    Ok(Array::new(shape, numbers))
}

/// Classes that the training rows do not have.
fn unseen(goal: &Goal, labels: &[usize], rows: &[usize], all: &Pairs) -> Option<String> {
    let Goal::Classes(names) = goal else { return None };
    let mut seen = vec![false; names.len()];
    rows.iter().for_each(|&row| seen[labels[row]] = true);
    let unseen: Vec<&String> = names.iter().zip(seen).filter(|(_, seen)| !seen).map(|(name, _)| name).collect();
    let path: PathBuf = all.targets.path().to_owned();
    (!unseen.is_empty())
        .then(|| format!("{}: classes of `{}` that no training row has: {}", path.display(), all.targets.name(), listed(&unseen)))
}
