//! Validation of a folder of data sets.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::readers::{Channels, ImageFiles, ImageFolder, MaskFolder, Table, Target, VocFolder, entries};
use super::{DataError, Dataset, HasImage, ImageMut, Images, KnownDataset, Split, error::text};

/// A data set that was found.
#[derive(Debug)]
pub struct CheckedDataset {
    /// The name of its folder.
    pub name: String,
    /// A description of its contents, line by line, or the first error.
    pub contents: Result<Vec<String>, DataError>,
}

/// Reads every item of every data set in a folder and describes what was found. Besides the [`KnownDataset`]s, a folder is a data set if it
/// contains a table (`*.csv`), a subfolder of images per class (also within `train`, `val` and `test`), or a folder `JPEGImages` or `images`.
/// Other folders are skipped.
///
/// # Errors
/// Returns an error if the folder cannot be read. Errors in a data set are part of the result.
pub fn check(folder: &Path) -> Result<Vec<CheckedDataset>, DataError> {
    let folders: Vec<PathBuf> = entries(folder)?.into_iter().filter(|path| path.is_dir()).collect();
    let named = |path: &PathBuf| path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let checked = folders.iter().filter_map(|path| {
        let name = named(path);
        let contents = check_set(folder, path, &name).transpose()?;
        Some(CheckedDataset { name, contents })
    });
    Ok(checked.collect())
}

/// The contents of a data set's folder; `None` if it is not a data set.
fn check_set(parent: &Path, folder: &Path, name: &str) -> Result<Option<Vec<String>>, DataError> {
    if let Some(table) = table(folder)? {
        return Ok(Some(vec![of_table(&table)?]));
    }
    // A folder with the name of a data set that is built in is not that data set.
    if let Some(set) = KnownDataset::from_name(name).filter(|set| !set.is_built_in()) {
        return of_named(set, parent).map(Some);
    }
    for images in ["JPEGImages", "images"] {
        let path = folder.join(images);
        if path.is_dir() {
            return Ok(Some(vec![format!("{images}: {}", of_pictures(&ImageFiles::open(&path, Channels::Rgb)?)?)]));
        }
    }
    if let Some(found) = of_parts(folder)? {
        return Ok(Some(found));
    }
    // Without any subfolder of images it is not a data set; with some, other subfolders are errors.
    if !has_classes(folder)? {
        return Ok(None);
    }
    of_labeled("", &ImageFolder::open(folder, Channels::Rgb)?).map(Some)
}

/// The contents of `train` and the folders beside it, with a subfolder of images per class; `None` without such a folder.
fn of_parts(folder: &Path) -> Result<Option<Vec<String>>, DataError> {
    let train = folder.join("train");
    if !train.is_dir() || !has_classes(&train)? {
        return Ok(None);
    }
    let train = ImageFolder::open(&train, Channels::Rgb)?;
    let mut found = vec![of_labeled("train: ", &train)?];
    for name in ["val", "valid", "test"] {
        let part = folder.join(name);
        if part.is_dir() {
            found.push(of_labeled(&format!("{name}: "), &ImageFolder::open_like(&part, &train)?)?);
        }
    }
    Ok(Some(found.concat()))
}

fn of_labeled(part: &str, set: &ImageFolder) -> Result<Vec<String>, DataError> {
    let labels: Vec<usize> = set.files().iter().map(|(_, label)| *label).collect();
    Ok(vec![format!("{part}{}", of_pictures(set)?), format!("{part}{}", of_classes(set.classes(), &labels))])
}

fn of_named(set: KnownDataset, parent: &Path) -> Result<Vec<String>, DataError> {
    match set {
        KnownDataset::TinyShakespeare => {
            let text = set.load_text(Some(parent))?;
            Ok(vec![format!("{} characters, vocabulary of {}", text.characters().len(), text.vocabulary().len())])
        }
        KnownDataset::CamvidSmall => {
            let [train, test] = set.load_masks(Some(parent))?;
            Ok([of_masks("train", &train)?, of_masks("test", &test)?].concat())
        }
        KnownDataset::Bccd => {
            let [train, test] = set.load_objects(Some(parent))?;
            Ok(vec![of_objects("train", &train)?, of_objects("test", &test)?])
        }
        set => {
            let Split { train, test } = set.read(Some(parent))?;
            Ok([of_images("train", &train), of_images("test", &test)].concat())
        }
    }
}

/// Each photo is read.
fn of_objects(part: &str, set: &VocFolder) -> Result<String, DataError> {
    let mut labels = Vec::new();
    for index in 0..set.len() {
        labels.extend(set.get(index)?.objects.iter().map(|object| object.class));
    }
    let (photos, objects, skipped) = (set.len(), labels.len(), set.skipped());
    Ok(format!(
        "{part}: {photos} photos with {objects} objects ({skipped} without area are left out), {}",
        of_classes(set.classes(), &labels)
    ))
}

/// The table in a folder, if there is one.
fn table(folder: &Path) -> Result<Option<PathBuf>, DataError> {
    let is_table = |path: &PathBuf| path.to_str().is_some_and(|name| name.ends_with(".csv") || name.ends_with(".csv.gz"));
    Ok(entries(folder)?.into_iter().find(is_table))
}

fn of_table(path: &Path) -> Result<String, DataError> {
    let table = Table::read(path, &Target::Last)?;
    let (rows, columns) = (table.len(), table.columns().len());
    Ok(format!("{rows} rows of {columns} numbers, {}", of_classes(table.classes(), table.labels())))
}

fn of_images(part: &str, images: &Images) -> Vec<String> {
    vec![format!("{part}: {} images of {}, {}", images.len(), text(&images.shape()), of_classes(images.classes(), images.labels()))]
}

/// `10 classes (5421 to 6742 items each)`
fn of_classes(classes: &[String], labels: &[usize]) -> String {
    let mut counts = vec![0usize; classes.len()];
    labels.iter().for_each(|&label| counts[label] += 1);
    let (least, most) = (counts.iter().min().copied().unwrap_or(0), counts.iter().max().copied().unwrap_or(0));
    format!("{} classes ({least} to {most} items each)", classes.len())
}

/// Reads all images and counts their sizes.
fn of_pictures<S: Dataset>(set: &S) -> Result<String, DataError>
where
    S::Item: HasImage,
{
    let mut sizes: BTreeMap<[usize; 3], usize> = BTreeMap::new();
    for index in 0..set.len() {
        let mut item = set.get(index)?;
        let ImageMut { image, .. } = item.image_mut();
        *sizes.entry(image.shape).or_default() += 1;
    }
    let all: Vec<String> = sizes.iter().take(LISTED).map(|(size, count)| format!("{count} images of {}", text(size))).collect();
    let more = if sizes.len() > LISTED { format!(", {} more sizes", sizes.len() - LISTED) } else { String::new() };
    Ok(all.join(", ") + &more)
}

const LISTED: usize = 4;

fn of_masks(part: &str, set: &MaskFolder) -> Result<Vec<String>, DataError> {
    let sizes = of_pictures(set)?;
    let mut pixels = vec![0u64; set.classes().len()];
    for index in 0..set.len() {
        set.get(index)?.mask.classes.iter().for_each(|&class| pixels[usize::from(class)] += 1);
    }
    let total: u64 = pixels.iter().sum();
    let shares = set.classes().iter().zip(&pixels).map(|(name, &count)| format!("{name} {:.1} %", 100.0 * count as f64 / total as f64));
    Ok(vec![format!("{part}: {sizes} with masks of {} classes: {}", pixels.len(), shares.collect::<Vec<_>>().join(", "))])
}

/// Whether the folder has a subfolder with images.
fn has_classes(folder: &Path) -> Result<bool, DataError> {
    Ok(entries(folder)?.into_iter().any(|path| path.is_dir() && ImageFiles::open(&path, Channels::Rgb).is_ok()))
}
