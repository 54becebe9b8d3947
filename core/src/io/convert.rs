//! From one file format to another.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fmt;
use std::path::Path;

use super::arrays::{Entry, NumberType, Source, write};
use super::report::by_type;
use super::{Converted, IoError, LeftOut, bytes};

/// Options of [`convert`].
#[derive(Clone, Debug, Default)]
pub struct ConvertOptions {
    /// Where a file of PyTorch has its tensors, such as `ema`; `None` chooses as `pytorch::load` does.
    pub key: Option<String>,
    /// Whether floats of other types become F32.
    pub to_f32: bool,
}

/// What [`convert`] did. `Display` prints a line for each number type, and one for each thing that was left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConvertReport {
    /// How many tensors of each type were written.
    pub written: BTreeMap<NumberType, usize>,
    /// The tensors whose type is F32 now.
    pub converted: Vec<Converted>,
    /// What was not written.
    pub left_out: Vec<LeftOut>,
}

/// Writes the tensors of a file in another format, which the extension of `to` names: `.safetensors` or `.npz`. Names and shapes stay, and so do number
/// types, unless the options say otherwise; NumPy has no bfloat16, so that BF16 becomes F32 in `.npz`. A tensor of a type that is not read is left out.
///
/// The file is written atomically. Memory: the two files, and twice the largest tensor.
///
/// # Errors
/// Returns an error if the file cannot be read, is damaged or is refused, if it has no tensors, or if the other cannot be written.
pub fn convert(from: impl AsRef<Path>, to: impl AsRef<Path>, options: &ConvertOptions) -> Result<ConvertReport, IoError> {
    let (from, to) = (from.as_ref(), to.as_ref());
    let bytes = bytes(from)?;
    let source = Source::open(from, &bytes, options.key.as_deref())?;
    let is_npz = to.extension() == Some(OsStr::new("npz"));
    let (mut report, mut views) = (ConvertReport::default(), BTreeMap::new());
    for (name, entry) in &source.tensors {
        let view = match entry {
            Entry::Read(view) => view,
            Entry::Unread { kind, .. } => {
                let reason = format!("a tensor of type {kind}, which is not read");
                report.left_out.push(LeftOut { name: name.clone(), reason });
                continue;
            }
        };
        let to_f32 = options.to_f32 && view.kind().is_float() || is_npz && view.kind() == NumberType::BF16;
        let view = if to_f32 && view.kind() != NumberType::F32 {
            report.converted.push(Converted { name: name.clone(), from: view.kind() });
            Cow::Owned(view.to_f32())
        } else {
            Cow::Borrowed(view)
        };
        *report.written.entry(view.kind()).or_default() += 1;
        views.insert(name.as_str(), view);
    }
    if views.is_empty() {
        let unread = source.tensors.keys().next().map(|name| source.view(from, name).expect("the name is one of the source's"));
        // All of them have types that are not read: the first one is named.
        unread.transpose()?;
        return Err(IoError::Refused { path: from.into(), reason: "it has no tensors".to_owned() });
    }
    write(to, views)?;
    report.left_out.extend(source.left_out);
    Ok(report)
}

impl fmt::Display for ConvertReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts: Vec<String> = self.written.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        let all = self.written.values().sum::<usize>();
        write!(f, "{all} tensor{}: {}", if all == 1 { "" } else { "s" }, counts.join(", "))?;
        for (from, count) in by_type(&self.converted) {
            write!(f, "\n{count} converted from {from} to F32")?;
        }
        for LeftOut { name, reason } in &self.left_out {
            write!(f, "\n`{name}` left out: {reason}")?;
        }
        Ok(())
    }
}
