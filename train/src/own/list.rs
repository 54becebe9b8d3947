//! Pictures that a CSV file lists, each with its class.

use std::collections::BTreeSet;
use std::path::Path;

use super::load::{DataOptions, Loaded, channels, picture_shape, pictures};
use super::parts::Parts;
use crate::data::readers::{is_picture, read_image};
use crate::data::{DataError, Images, Split, listed};
use crate::run::{OwnData, PictureList};
use crate::tables::{Frame, TableOptions, TableTask};
use crate::{Goal, TrainError};

/// Whether a file is a list of pictures: for a network that takes pictures, any CSV file is one.
pub(super) fn is_one(path: &Path, parts: &Parts<'_>) -> bool {
    let input = match parts.known {
        Some(known) if known.table.is_some() || known.arrays.is_some() => return false,
        Some(known) => Some(&known.input[..]),
        None => parts.input,
    };
    path.is_file() && input.is_some() && picture_shape(input, path).is_ok()
}

/// The parts of the pictures in a list.
pub(super) fn of_file(path: &Path, options: &DataOptions, parts: &Parts<'_>) -> Result<Loaded, TrainError> {
    let frame = Frame::read(path)?;
    let shape = picture_shape(parts.known.map(|known| &known.input[..]).or(parts.input), path)?;
    let known = parts.known.and_then(|known| Some((known.list.clone()?, &known.goal)));
    let (list, classes) = match &known {
        Some((list, Goal::Classes(classes))) => (list.clone(), classes.clone()),
        _ => {
            let list = columns(&frame, &options.table)?;
            let classes = classes(&frame, &list)?;
            (list, classes)
        }
    };
    let all = images(&frame, &list, &classes, shape)?;
    let groups = list.group.as_ref().map(|group| frame.groups(group)).transpose()?;
    let (split, rows) = match &options.test {
        Some(test) => {
            parts.without_folds()?;
            let rows = (0..all.len()).collect();
            (Split { test: images(&Frame::read(test)?, &list, &classes, shape)?, train: all }, rows)
        }
        None => {
            let [train, test] = parts.test(all.labels(), groups.as_deref())?;
            (Split { train: all.subset(&train), test: all.subset(&test) }, train)
        }
    };
    let groups: Option<Vec<usize>> = groups.map(|groups| rows.iter().map(|&row: &usize| groups[row]).collect());
    let warnings = if known.is_none() { unused(&frame, &list, &options.table).into_iter().collect() } else { Vec::new() };
    let loaded = pictures(split, (Some(path), options.test.as_deref()), groups.as_deref(), parts)?;
    Ok(Loaded { own: OwnData { list: Some(list), ..loaded.own }, warnings, ..loaded })
}

/// All pictures of another list, with the classes of a run.
pub(super) fn all_of(path: &Path, own: &OwnData, classes: &[String], shape: [usize; 3]) -> Result<Images, TrainError> {
    let frame = Frame::read(path)?;
    let list = match &own.list {
        Some(list) => list.clone(),
        None => columns(&frame, &TableOptions::default())?,
    };
    Ok(images(&frame, &list, classes, shape)?)
}

/// The column of files is that whose cells end as pictures do; that of the classes is named, or the only other one.
fn columns(frame: &Frame, options: &TableOptions) -> Result<PictureList, TrainError> {
    let unfit =
        [("--categories", !options.categories.is_empty()), ("--task", options.task.is_some_and(|task| task != TableTask::Classification))];
    if let Some((option, _)) = unfit.into_iter().find(|(_, given)| *given) {
        return Err(TrainError::Setting(format!("`{option}` has no effect on a list of pictures, which have a class each")));
    }
    let are_pictures = |column: usize| (0..frame.rows()).all(|row| is_picture(Path::new(frame.cell(row, column))));
    let names = frame.columns();
    let files: Vec<&String> = (0..names.len()).filter(|&column| are_pictures(column)).map(|column| &names[column]).collect();
    let [files] = files[..] else {
        let expected = "expected a column of PNG or JPEG files, since the network takes pictures".to_owned();
        let found = if files.is_empty() { listed(names) } else { format!("several, {}; leave one out with `--ignore`", listed(&files)) };
        return Err(frame.wrong(expected, found).into());
    };
    let others: Vec<&String> =
        names.iter().filter(|name| *name != files && options.group.as_ref() != Some(name) && !options.ignored.contains(name)).collect();
    let target = match (&options.targets[..], &others[..]) {
        ([target], _) => target,
        ([], [only]) => *only,
        ([], _) => {
            let text = format!("{}: expected `--target`, the column of the classes; there are {}", frame.path().display(), listed(names));
            return Err(TrainError::Setting(text));
        }
        (several, _) => {
            let text = format!("`--target` is given {} times; pictures have a class each, in one column", several.len());
            return Err(TrainError::Setting(text));
        }
    };
    frame.column(target)?;
    Ok(PictureList { files: files.clone(), target: target.clone(), group: options.group.clone() })
}

/// The words of the target's column, sorted.
fn classes(frame: &Frame, list: &PictureList) -> Result<Vec<String>, DataError> {
    let column = frame.column(&list.target)?;
    let all: BTreeSet<&str> = (0..frame.rows()).map(|row| frame.cell(row, column)).collect();
    if all.len() < 2 {
        let found = listed(&all.iter().map(|&name| name.to_owned()).collect::<Vec<_>>());
        return Err(frame.wrong(format!("expected at least two classes in column `{}`", list.target), found));
    }
    Ok(all.into_iter().map(str::to_owned).collect())
}

/// Reads all pictures, resized to `shape`. Files are named from the folder of the list.
fn images(frame: &Frame, list: &PictureList, classes: &[String], shape: [usize; 3]) -> Result<Images, DataError> {
    let (files, target) = (frame.column(&list.files)?, frame.column(&list.target)?);
    let folder = frame.path().parent().unwrap_or(Path::new(""));
    let (mut pixels, mut labels) = (Vec::new(), Vec::new());
    for row in 0..frame.rows() {
        let (file, class, line) = (frame.cell(row, files), frame.cell(row, target), frame.line(row));
        if class.is_empty() {
            return Err(frame.wrong(format!("expected a class in row {line}, column `{}`", list.target), "nothing".to_owned()));
        }
        let Some(label) = classes.iter().position(|known| known == class) else {
            let expected = format!("expected a class of the training data ({}) in row {line}, column `{}`", listed(classes), list.target);
            return Err(frame.wrong(expected, format!("`{class}`")));
        };
        let path = folder.join(file);
        if !path.is_file() {
            return Err(
                frame.wrong(format!("expected a picture in row {line}, column `{}`", list.files), format!("`{file}`, which is not there"))
            );
        }
        pixels.extend(read_image(&path, channels(shape))?.resized([shape[1], shape[2]]).to_bytes());
        labels.push(label);
    }
    Images::new("the pictures", shape, pixels, labels, classes.to_vec())
}

/// Columns that are neither of the list's nor left out by name.
fn unused(frame: &Frame, list: &PictureList, options: &TableOptions) -> Option<String> {
    let used = |name: &&String| {
        **name == list.files || **name == list.target || list.group.as_ref() == Some(name) || options.ignored.contains(name)
    };
    let others: Vec<&String> = frame.columns().iter().filter(|name| !used(name)).collect();
    (!others.is_empty()).then(|| format!("{}: not used: columns {}", frame.path().display(), listed(&others)))
}
