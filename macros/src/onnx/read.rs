//! Reads the file while the macro expands.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use layercake_onnx::{BatchAxis, Folder, ImportError, LoadOptions, import_beside};

use super::Found;
use crate::ast::{File, FileValue};
use crate::report::Report;

/// The most lines of a message.
const MOST: usize = 40;

/// The graph in a file; None if there is none, which is reported.
pub fn graph(file: &File, report: &mut Report) -> Option<Found> {
    let path = file.path.as_ref().filter(|_| !file.illegible)?;
    let name = path.value();
    let place = place(&name);
    let bytes = match bytes(&place) {
        Ok(bytes) => bytes,
        Err(error) => {
            report.add(path, format_args!("cannot read `{name}`: {error}\nnote: the path begins at the folder of the crate's Cargo.toml"));
            return None;
        }
    };
    let error = match import_beside(&bytes, &options(file), &mut Folder::of(&place)) {
        Ok(found) => return Some((found.graph, found.files)),
        Err(error) => error,
    };
    match error {
        ImportError::Options(wrong) => {
            for unfit in wrong {
                let option = file.options.iter().find(|option| option.name == unfit.option);
                match option {
                    Some(option) => report.add(&option.key, unfit.reason),
                    None => report.add(path, unfit.reason),
                }
            }
        }
        ImportError::Nodes(refusals) => {
            let count = refusals.0.len();
            let what = if count == 1 { "a node that has no layer here" } else { "nodes that have no layer here" };
            report.add(path, format_args!("`{name}` has {what}:\n{}", first_lines(&refusals.to_string())));
        }
        ImportError::Open(sizes) => {
            let text = format!(
                "`{name}` leaves sizes open: {}\nnote: they are given after the path, by name: `sequence = 128`, or for an input as a whole: `x = [_, 3, 32, 32]`",
                sizes.join("; ")
            );
            report.add(path, text);
        }
        error => report.add(path, format_args!("`{name}`: {}", first_lines(&error.to_string()))),
    }
    None
}

/// Where the file lies: the paths of a crate begin at its manifest.
fn place(name: &str) -> PathBuf {
    std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(PathBuf::new, PathBuf::from).join(name)
}

fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a file"));
    }
    fs::read(path)
}

/// What the options of the declaration say to the reader.
fn options(file: &File) -> LoadOptions {
    let mut options = LoadOptions::default();
    for option in &file.options {
        match &option.value {
            FileValue::Size(size) => _ = options.sizes.insert(option.name.clone(), *size),
            FileValue::Shape(sizes) => _ = options.shapes.insert(option.name.clone(), sizes.clone()),
            FileValue::Word(word) if word == "first" => options.batch = BatchAxis::First,
            FileValue::Word(word) if word == "absent" => options.batch = BatchAxis::Absent,
            FileValue::Word(_) => {}
        }
    }
    options
}

fn first_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    match lines.len().checked_sub(MOST) {
        None | Some(0) => text.to_owned(),
        Some(more) => format!("{}\nand {more} more", lines[..MOST].join("\n")),
    }
}
