//! Folders of images.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::hidden::entries;
use super::picture::{Channels, is_picture, read_image, read_mask};
use crate::data::error::{listed, text};
use crate::data::{DataError, Dataset, Image, Labeled, Masked};

/// A folder with a subfolder of images per class; torchvision's `ImageFolder`. Images are read on access.
#[derive(Clone, Debug, PartialEq)]
pub struct ImageFolder {
    files: Vec<(PathBuf, usize)>,
    classes: Vec<String>,
    channels: Channels,
}

impl ImageFolder {
    /// Lists the PNG and JPEG files in the subfolders of `folder`. Classes and files are sorted by name. Other files and hidden files
    /// (`.ipynb_checkpoints`, `._1.png`, `__MACOSX`) are skipped.
    ///
    /// Open the test part with [`ImageFolder::open_like`], so that the labels mean the same.
    ///
    /// # Errors
    /// Returns an error if a folder cannot be read, there is no subfolder, or a subfolder contains no images.
    pub fn open(folder: &Path, channels: Channels) -> Result<Self, DataError> {
        let (mut files, mut classes) = (Vec::new(), Vec::new());
        for (class, images) in class_folders(folder)? {
            files.extend(images.into_iter().map(|path| (path, classes.len())));
            classes.push(class);
        }
        Ok(Self { files, classes, channels })
    }

    /// Opens another part of a data set, such as the test part, with the classes of the training part. Subfolders are matched by name; classes may
    /// be missing.
    ///
    /// # Errors
    /// The same as [`ImageFolder::open`]; also if a subfolder is not a class of the training part.
    pub fn open_like(folder: &Path, train: &Self) -> Result<Self, DataError> {
        Self::open_with_classes(folder, &train.classes, train.channels)
    }

    /// [`ImageFolder::open_like`] with the names of the classes, which a model keeps.
    ///
    /// # Errors
    /// The same as [`ImageFolder::open_like`].
    pub fn open_with_classes(folder: &Path, classes: &[String], channels: Channels) -> Result<Self, DataError> {
        let mut files = Vec::new();
        for (class, images) in class_folders(folder)? {
            let Some(label) = classes.iter().position(|known| *known == class) else {
                return Err(empty(folder, &format!("expected only folders of the classes {}", listed(classes)), &format!("`{class}`")));
            };
            files.extend(images.into_iter().map(|path| (path, label)));
        }
        Ok(Self { files, classes: classes.to_vec(), channels })
    }

    /// The names of the classes: the subfolders of the training part.
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// The file and label of each image.
    pub fn files(&self) -> &[(PathBuf, usize)] {
        &self.files
    }
}

impl Dataset for ImageFolder {
    type Item = Labeled;

    fn len(&self) -> usize {
        self.files.len()
    }

    fn get(&self, index: usize) -> Result<Labeled, DataError> {
        let (path, label) = &self.files[index];
        Ok(Labeled { image: read_image(path, self.channels)?, label: *label })
    }
}

/// A folder of unlabeled images. Images are read on access.
#[derive(Clone, Debug, PartialEq)]
pub struct ImageFiles {
    files: Vec<PathBuf>,
    channels: Channels,
}

impl ImageFiles {
    /// Lists the PNG and JPEG files of a folder, sorted by name.
    ///
    /// # Errors
    /// Returns an error if the folder cannot be read or contains no images.
    pub fn open(folder: &Path, channels: Channels) -> Result<Self, DataError> {
        let files = pictures(folder)?;
        if files.is_empty() { Err(empty(folder, "expected PNG or JPEG images", "none")) } else { Ok(Self { files, channels }) }
    }

    /// The files.
    pub fn files(&self) -> &[PathBuf] {
        &self.files
    }
}

impl Dataset for ImageFiles {
    type Item = Image;

    fn len(&self) -> usize {
        self.files.len()
    }

    fn get(&self, index: usize) -> Result<Image, DataError> {
        read_image(&self.files[index], self.channels)
    }
}

/// A folder of images and a folder of masks with the same names. Both are read on access.
#[derive(Clone, Debug, PartialEq)]
pub struct MaskFolder {
    files: Vec<(PathBuf, PathBuf)>,
    classes: Vec<String>,
    channels: Channels,
}

impl MaskFolder {
    /// Matches PNG or JPEG files in `images` with PNG masks in `masks` by their names without extension.
    ///
    /// # Errors
    /// Returns an error if a folder cannot be read, there are no images, or an image or mask has no counterpart.
    pub fn open(images: &Path, masks: &Path, channels: Channels, classes: Vec<String>) -> Result<Self, DataError> {
        let (image_files, mask_files) = (pictures(images)?, pictures(masks)?);
        if image_files.is_empty() {
            return Err(empty(images, "expected PNG or JPEG images", "none"));
        }
        let stem = |path: &PathBuf| path.file_stem().map(std::ffi::OsStr::to_owned);
        let mut unused: BTreeMap<_, _> = mask_files.into_iter().map(|mask| (stem(&mask), mask)).collect();
        let mut files = Vec::new();
        for image in image_files {
            let mask = unused.remove(&stem(&image));
            let mask =
                mask.ok_or_else(|| empty(masks, &format!("expected a mask with the name of the image `{}`", name(&image)), "none"))?;
            files.push((image, mask));
        }
        if let Some(mask) = unused.values().next() {
            return Err(empty(images, "expected an image for each mask", &format!("none for the mask `{}`", name(mask))));
        }
        Ok(Self { files, classes, channels })
    }

    /// The names of the classes.
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// The files of each image and its mask.
    pub fn files(&self) -> &[(PathBuf, PathBuf)] {
        &self.files
    }
}

impl Dataset for MaskFolder {
    type Item = Masked;

    fn len(&self) -> usize {
        self.files.len()
    }

    fn get(&self, index: usize) -> Result<Masked, DataError> {
        let (image, mask) = &self.files[index];
        let item = Masked { image: read_image(image, self.channels)?, mask: read_mask(mask, self.classes.len())? };
        if item.image.size() != item.mask.size {
            let expected = format!("expected a mask of {}, the size of `{}`", text(&item.image.size()), name(image));
            return Err(DataError::Content { path: mask.clone(), expected, found: text(&item.mask.size) });
        }
        Ok(item)
    }
}

/// The subfolders of a folder, with their images.
fn class_folders(folder: &Path) -> Result<Vec<(String, Vec<PathBuf>)>, DataError> {
    let mut classes = Vec::new();
    for class in entries(folder)?.into_iter().filter(|path| path.is_dir()) {
        let images = pictures(&class)?;
        if images.is_empty() {
            return Err(empty(&class, "expected PNG or JPEG images", "none"));
        }
        classes.push((name(&class), images));
    }
    if classes.is_empty() { Err(empty(folder, "expected a folder for each class", "none")) } else { Ok(classes) }
}

fn pictures(folder: &Path) -> Result<Vec<PathBuf>, DataError> {
    Ok(entries(folder)?.into_iter().filter(|path| is_picture(path) && !path.is_dir()).collect())
}

fn name(path: &Path) -> String {
    path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

fn empty(folder: &Path, expected: &str, found: &str) -> DataError {
    DataError::Content { path: folder.to_owned(), expected: expected.to_owned(), found: found.to_owned() }
}
