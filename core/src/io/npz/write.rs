//! Writing `.npz`, without compression, as `numpy.savez` does.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Write;

use rawzip::ZipArchiveWriter;
use rawzip::path::ZipFilePath;

use super::header::description;
use super::{ENDING, MAGIC};
use crate::io::arrays::{NumberType, View};

/// Where the numbers begin is a multiple of this, as NumPy has it.
const ALIGNED: usize = 64;

/// The bytes of a file with these arrays, or the reason why there can be none. NumPy has no bfloat16: such numbers are written as F32.
pub(crate) fn to_bytes(views: BTreeMap<&str, Cow<'_, View<'_>>>) -> Result<Vec<u8>, String> {
    let mut archive = ZipArchiveWriter::new(Vec::new());
    for (name, view) in &views {
        // An archive keeps paths, and others are written than `a/../b`.
        if ZipFilePath::from_str(name).as_ref() != *name {
            return Err(format!("`{name}` cannot be the name of an array in an archive"));
        }
        add(&mut archive, name, view).map_err(|error| format!("`{name}`: {error}"))?;
    }
    archive.finish().map_err(|error| error.to_string())
}

fn add(archive: &mut ZipArchiveWriter<Vec<u8>>, name: &str, view: &View<'_>) -> Result<(), rawzip::Error> {
    let (mut entry, config) = archive.new_file(format!("{name}{ENDING}")).start()?;
    let mut writer = config.wrap(&mut entry);
    writer.write_all(&header(view))?;
    if view.kind() == NumberType::BF16 {
        let numbers = view.decode::<f32>();
        numbers.iter().try_for_each(|number| writer.write_all(&number.to_le_bytes()))?;
    } else {
        writer.write_all(&view.in_order())?;
    }
    let (_, descriptor) = writer.finish()?;
    entry.finish(descriptor).map(drop)
}

fn header(view: &View<'_>) -> Vec<u8> {
    let sizes: Vec<String> = view.shape().iter().map(usize::to_string).collect();
    // A tuple of one has a comma.
    let comma = if sizes.len() == 1 { "," } else { "" };
    let (descr, shape) = (description(view.kind()), sizes.join(", "));
    let mut text = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({shape}{comma}), }}");
    let before = MAGIC.len() + 4;
    let whole = (before + text.len() + 1).next_multiple_of(ALIGNED);
    text.extend(std::iter::repeat_n(' ', whole - before - text.len() - 1));
    text.push('\n');
    let length = u16::try_from(text.len()).expect("32 sizes of 20 digits are no long text");
    [MAGIC, &[1, 0], &length.to_le_bytes(), text.as_bytes()].concat()
}
