//! Folders of images with boxes, as the Pascal VOC challenge has them.

mod annotation;
mod limits;

use std::path::{Path, PathBuf};

use super::picture::{Channels, read_image};
use super::text_file;
use crate::data::error::{listed, text};
use crate::data::{DataError, Dataset, Scene};
use crate::detection::Object;
pub use annotation::{Annotation, NamedObject, read_annotation};

/// Maximum size of a list of names.
const LARGEST_LIST: u64 = 64 << 20;

/// Images with boxes in the folders of Pascal VOC: `ImageSets/Main/PART.txt` lists names, and each has an image `JPEGImages/NAME.jpg` and a file
/// `Annotations/NAME.xml`. The annotations are read at once, images on access.
#[derive(Clone, Debug, PartialEq)]
pub struct VocFolder {
    folder: PathBuf,
    names: Vec<String>,
    sizes: Vec<[usize; 2]>,
    objects: Vec<Vec<Object>>,
    classes: Vec<String>,
    skipped: usize,
}

impl VocFolder {
    /// Opens a part, such as `train` or `test`. The classes are those that occur, sorted by name; open another part with [`VocFolder::open_like`], so that their
    /// indices mean the same.
    ///
    /// # Errors
    /// Returns an error if a file is missing or malformed, or the list is empty.
    pub fn open(folder: &Path, part: &str) -> Result<Self, DataError> {
        let (names, annotations) = read_part(folder, part)?;
        let mut classes: Vec<String> = annotations.iter().flat_map(|found| &found.objects).map(|object| object.name.clone()).collect();
        classes.sort();
        classes.dedup();
        Self::of(folder, names, annotations, &classes)
    }

    /// Opens a part with these classes.
    ///
    /// # Errors
    /// Returns an error if a file is missing or malformed, the list is empty, or an object is of another class.
    pub fn open_with(folder: &Path, part: &str, classes: &[String]) -> Result<Self, DataError> {
        let (names, annotations) = read_part(folder, part)?;
        Self::of(folder, names, annotations, classes)
    }

    /// Opens another part of the same folder with the same classes.
    ///
    /// # Errors
    /// As [`VocFolder::open_with`].
    pub fn open_like(&self, part: &str) -> Result<Self, DataError> {
        Self::open_with(&self.folder, part, &self.classes)
    }

    fn of(folder: &Path, names: Vec<String>, annotations: Vec<Annotation>, classes: &[String]) -> Result<Self, DataError> {
        let mut found =
            Self { folder: folder.to_owned(), names, classes: classes.to_vec(), sizes: Vec::new(), objects: Vec::new(), skipped: 0 };
        for (name, Annotation { size, objects, skipped }) in found.names.iter().zip(annotations) {
            let place = |NamedObject { name: class, bbox, difficult }| match classes.iter().position(|known| *known == class) {
                Some(class) => Ok(Object { bbox, class, ignore: difficult }),
                None => Err(DataError::Content {
                    path: annotation_file(folder, name),
                    expected: format!("expected objects of the classes {}", listed(classes)),
                    found: listed(&[class]),
                }),
            };
            found.objects.push(objects.into_iter().map(place).collect::<Result<_, _>>()?);
            found.sizes.push(size);
            found.skipped += skipped;
        }
        Ok(found)
    }

    /// The names of the classes.
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// The number of objects that have no area within their image, and are left out.
    pub fn skipped(&self) -> usize {
        self.skipped
    }

    /// The objects of an image, which need not be read for it.
    ///
    /// # Panics
    /// Panics if the index is out of range.
    pub fn objects(&self, index: usize) -> &[Object] {
        &self.objects[index]
    }

    /// The file of an image.
    ///
    /// # Panics
    /// Panics if the index is out of range.
    pub fn image_file(&self, index: usize) -> PathBuf {
        self.folder.join("JPEGImages").join(format!("{}.jpg", self.names[index]))
    }

    /// The images with these indices, in this order.
    ///
    /// # Panics
    /// Panics if an index is out of range.
    #[must_use]
    pub fn subset(&self, indices: &[usize]) -> Self {
        Self {
            names: indices.iter().map(|&index| self.names[index].clone()).collect(),
            sizes: indices.iter().map(|&index| self.sizes[index]).collect(),
            objects: indices.iter().map(|&index| self.objects[index].clone()).collect(),
            ..self.clone()
        }
    }
}

impl Dataset for VocFolder {
    type Item = Scene;

    fn len(&self) -> usize {
        self.names.len()
    }

    fn get(&self, index: usize) -> Result<Scene, DataError> {
        let path = self.image_file(index);
        let image = read_image(&path, Channels::Rgb)?;
        if image.size() != self.sizes[index] {
            let expected = format!("expected an image of {} (height x width), as its annotation says", text(&self.sizes[index]));
            return Err(DataError::Content { path, expected, found: text(&image.size()) });
        }
        Ok(Scene { image, objects: self.objects[index].clone() })
    }
}

fn annotation_file(folder: &Path, name: &str) -> PathBuf {
    folder.join("Annotations").join(format!("{name}.xml"))
}

/// The names of a part, and what is known of each.
fn read_part(folder: &Path, part: &str) -> Result<(Vec<String>, Vec<Annotation>), DataError> {
    let path = folder.join("ImageSets/Main").join(format!("{part}.txt"));
    let wrong = |expected: &str, found: String| DataError::Content { path: path.clone(), expected: expected.to_owned(), found };
    let bytes = text_file::read(&path, LARGEST_LIST)?;
    let list = String::from_utf8(bytes).map_err(|_| wrong("expected text in UTF-8", "other bytes".to_owned()))?;
    let mut names = Vec::new();
    for (number, line) in list.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let name = line.trim();
        // A name is part of a path.
        if name.contains(['/', '\\']) || name.starts_with('.') {
            return Err(wrong(&format!("line {}: expected the name of an image", number + 1), format!("`{name}`")));
        }
        names.push(name.to_owned());
    }
    if names.is_empty() {
        return Err(wrong("expected the names of images", "none".to_owned()));
    }
    let annotations = names.iter().map(|name| read_annotation(&annotation_file(folder, name))).collect::<Result<_, _>>()?;
    Ok((names, annotations))
}
