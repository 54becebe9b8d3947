//! Folders of images.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::picture_file::{Channels, is_picture, read_image, read_mask};
use crate::data::{DataError, Dataset, Image, Labelled, Masked, error::text};

/// A folder for each class, with its images in it: torchvision's `ImageFolder`. Images are read when they are asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct ImageFolder {
    files: Vec<(PathBuf, usize)>,
    classes: Vec<String>,
    channels: Channels,
}

impl ImageFolder {
    /// Looks for PNG and JPEG files in the folders of `folder`. Classes and files are sorted by name; other files are passed over.
    ///
    /// # Errors
    /// If a folder cannot be read, there is no folder in it, or one of them holds no image.
    pub fn open(folder: &Path, channels: Channels) -> Result<Self, DataError> {
        let mut folders: Vec<PathBuf> = entries(folder)?.into_iter().filter(|path| path.is_dir()).collect();
        folders.sort();
        let (mut files, mut classes) = (Vec::new(), Vec::new());
        for class in folders {
            let images = pictures(&class)?;
            if images.is_empty() {
                return Err(empty(&class, "expected PNG or JPEG images", "none"));
            }
            files.extend(images.into_iter().map(|path| (path, classes.len())));
            classes.push(name(&class));
        }
        if classes.is_empty() {
            return Err(empty(folder, "expected a folder for each class", "none"));
        }
        Ok(Self { files, classes, channels })
    }

    /// The names of the classes: those of the folders.
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// The file and the class of each image.
    pub fn files(&self) -> &[(PathBuf, usize)] {
        &self.files
    }
}

impl Dataset for ImageFolder {
    type Item = Labelled;

    fn len(&self) -> usize {
        self.files.len()
    }

    fn get(&self, index: usize) -> Result<Labelled, DataError> {
        let (path, label) = &self.files[index];
        Ok(Labelled { image: read_image(path, self.channels)?, label: *label })
    }
}

/// A folder of images without classes. Images are read when they are asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct ImageFiles {
    files: Vec<PathBuf>,
    channels: Channels,
}

impl ImageFiles {
    /// All PNG and JPEG files of a folder, sorted by name.
    ///
    /// # Errors
    /// If the folder cannot be read or holds none.
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

/// Images in one folder, and for each of them a mask of the same name in another. Both are read when they are asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct MaskFolder {
    files: Vec<(PathBuf, PathBuf)>,
    classes: Vec<String>,
    channels: Channels,
}

impl MaskFolder {
    /// Pairs each PNG or JPEG file of `images` with the PNG file of the same name (whatever their endings) in `masks`.
    ///
    /// # Errors
    /// If a folder cannot be read, there are no images, or an image has no mask or a mask no image.
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
            let mask = mask.ok_or_else(|| empty(masks, &format!("expected a mask named as the image `{}`", name(&image)), "none"))?;
            files.push((image, mask));
        }
        if let Some(mask) = unused.values().next() {
            return Err(empty(images, "expected an image for each mask", &format!("none named as the mask `{}`", name(mask))));
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
            let expected = format!("expected a mask of {}, as `{}` has it", text(&item.image.size()), name(image));
            return Err(DataError::Content { path: mask.clone(), expected, found: text(&item.mask.size) });
        }
        Ok(item)
    }
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, DataError> {
    let io = |source| DataError::Io { path: folder.to_owned(), source };
    fs::read_dir(folder).map_err(io)?.map(|entry| entry.map(|entry| entry.path()).map_err(io)).collect()
}

fn pictures(folder: &Path) -> Result<Vec<PathBuf>, DataError> {
    let mut files: Vec<PathBuf> = entries(folder)?.into_iter().filter(|path| is_picture(path)).collect();
    files.sort();
    Ok(files)
}

fn name(path: &Path) -> String {
    path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

fn empty(folder: &Path, expected: &str, found: &str) -> DataError {
    DataError::Content { path: folder.to_owned(), expected: expected.to_owned(), found: found.to_owned() }
}
