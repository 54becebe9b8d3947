//! An annotation file: the objects of one image.

use std::path::Path;

use roxmltree::{Document, Node, ParsingOptions};

use super::limits;
use crate::data::readers::text_file;
use crate::data::{DataError, contained::contained_quietly};
use crate::detection::BBox;

/// Maximum size of a file. Those of Pascal VOC have a few kilobytes.
const LARGEST: u64 = 16 << 20;

/// What an annotation file of Pascal VOC says.
#[derive(Clone, Debug, PartialEq)]
pub struct Annotation {
    /// Height and width of the image.
    pub size: [usize; 2],
    /// The objects that have an area within the image, with their boxes clipped to it.
    pub objects: Vec<NamedObject>,
    /// The number of objects that have none, and are left out.
    pub skipped: usize,
}

/// An object with the name of its class.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedObject {
    /// The name of its class.
    pub name: String,
    /// Where it is. The numbers of the file are taken as edges in pixels, without an offset.
    pub bbox: BBox,
    /// Whether it is marked as difficult, so that it does not count in an evaluation.
    pub difficult: bool,
}

/// Reads an annotation file of Pascal VOC: `size` with `width` and `height`, and for each `object` its `name`, its `bndbox` with `xmin`, `ymin`, `xmax` and `ymax`, and
/// whether it is `difficult`. All other elements are ignored.
///
/// # Errors
/// Returns an error with the line if the file is not XML, an element is missing or its text is not a number, or there is a document type definition.
pub fn read_annotation(path: &Path) -> Result<Annotation, DataError> {
    let bytes = text_file::read(path, LARGEST)?;
    let wrong = |expected: &str, found: String| DataError::Content { path: path.to_owned(), expected: expected.to_owned(), found };
    let text = std::str::from_utf8(&bytes)
        .map_err(|error| wrong("expected text in UTF-8", format!("another byte at byte {}", error.valid_up_to())))?;
    if let Some(found) = limits::exceeded(text) {
        return Err(wrong("expected XML of Pascal VOC", found));
    }
    let options = ParsingOptions { allow_dtd: false, ..ParsingOptions::default() };
    let document = contained_quietly(|| Document::parse_with_options(text, options))
        .map_err(|panic| wrong("expected XML", format!("a file on which the reader panics: {panic}")))?
        .map_err(|error| wrong(&format!("line {}: expected XML", error.pos().row), format!("an error: {error}")))?;
    let fields = Fields { path, document: &document };
    let root = document.root_element();
    if !root.has_tag_name("annotation") {
        return Err(fields.wrong(root, "expected the element `annotation`", format!("`{}`", root.tag_name().name())));
    }
    let size = fields.child(root, "size")?;
    let size = [fields.pixels(size, "height")?, fields.pixels(size, "width")?];
    let mut found = Annotation { size, objects: Vec::new(), skipped: 0 };
    for object in root.children().filter(|child| child.has_tag_name("object")) {
        let object = fields.object(object)?;
        let bbox = object.bbox.clipped(size);
        if bbox.has_area() { found.objects.push(NamedObject { bbox, ..object }) } else { found.skipped += 1 }
    }
    Ok(found)
}

/// Elements by their names, with errors that name file and line.
struct Fields<'a> {
    path: &'a Path,
    document: &'a Document<'a>,
}

impl Fields<'_> {
    fn wrong(&self, at: Node<'_, '_>, expected: &str, found: String) -> DataError {
        let line = self.document.text_pos_at(at.range().start).row;
        DataError::Content { path: self.path.to_owned(), expected: format!("line {line}: {expected}"), found }
    }

    fn child<'b>(&self, of: Node<'b, 'b>, name: &str) -> Result<Node<'b, 'b>, DataError> {
        let parent = of.tag_name().name();
        let wrong = |found: &str| self.wrong(of, &format!("expected one element `{name}` in `{parent}`"), found.to_owned());
        let mut all = of.children().filter(|child| child.has_tag_name(name));
        let child = all.next().ok_or_else(|| wrong("none"))?;
        if all.next().is_some() { Err(wrong("several")) } else { Ok(child) }
    }

    fn text<'b>(&self, of: Node<'b, 'b>, name: &str) -> Result<(Node<'b, 'b>, &'b str), DataError> {
        let child = self.child(of, name)?;
        Ok((child, child.text().unwrap_or_default().trim()))
    }

    fn number(&self, of: Node<'_, '_>, name: &str) -> Result<f32, DataError> {
        let (child, text) = self.text(of, name)?;
        let number = text.parse().ok().filter(|number: &f32| number.is_finite());
        number.ok_or_else(|| self.wrong(child, &format!("expected a number in `{name}`"), format!("`{}`", shortened(text))))
    }

    fn pixels(&self, of: Node<'_, '_>, name: &str) -> Result<usize, DataError> {
        let (child, text) = self.text(of, name)?;
        let number = text.parse().ok().filter(|number| (1..=1 << 20).contains(number));
        number.ok_or_else(|| self.wrong(child, &format!("expected a number of pixels in `{name}`"), format!("`{}`", shortened(text))))
    }

    fn object(&self, object: Node<'_, '_>) -> Result<NamedObject, DataError> {
        let (child, name) = self.text(object, "name")?;
        if name.is_empty() {
            return Err(self.wrong(child, "expected the name of a class in `name`", "nothing".to_owned()));
        }
        let difficult = match object.children().find(|child| child.has_tag_name("difficult")) {
            None => false,
            Some(child) => match child.text().unwrap_or_default().trim() {
                "0" => false,
                "1" => true,
                text => return Err(self.wrong(child, "expected 0 or 1 in `difficult`", format!("`{}`", shortened(text)))),
            },
        };
        let bbox = self.child(object, "bndbox")?;
        let edge = |name| self.number(bbox, name);
        let bbox = BBox::new(edge("xmin")?, edge("ymin")?, edge("xmax")?, edge("ymax")?);
        Ok(NamedObject { name: name.to_owned(), bbox, difficult })
    }
}

/// The beginning of a text from a file, for a message.
fn shortened(text: &str) -> String {
    const SHOWN: usize = 40;
    let mut short: String = text.chars().take(SHOWN).collect();
    if short.len() < text.len() {
        short.push_str("..");
    }
    short
}
