//! Errors of the command, each printed on one line.

use std::io;
use std::path::PathBuf;

use layercake::io::IoError;
use layercake_models::ModelError;
use layercake_train::TrainError;
use layercake_train::cli::INTERRUPTED;

/// The exit code of a usage error, as in clap. Other failures exit with 1.
const USAGE: u8 = 2;

/// Why the command failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommandError {
    /// The arguments are invalid.
    #[error(transparent)]
    Arguments(clap::Error),
    /// The model or data set does not exist.
    #[error("unknown {what} `{name}`{}; known: {known}", suggestion(.nearest.as_deref()))]
    Unknown { what: &'static str, name: String, nearest: Option<String>, known: String },
    /// The thread pool cannot be created.
    #[error("cannot run on {threads} threads: {reason}")]
    Threads { threads: usize, reason: String },
    /// `LAYERCAKE_SIMD` names an instruction set that is unknown or not available.
    #[error(transparent)]
    InstructionSet(#[from] layercake::EngineError),
    /// The folder contains no data set.
    #[error("{}: no data set found; expected a folder for each data set", .path.display())]
    NoSets { path: PathBuf },
    /// Some data sets have errors.
    #[error("errors in {sets}")]
    InvalidSets { sets: String },
    /// The extension of the output file is not a supported format.
    #[error("{}: expected the extension .svg, .dot or .mmd", .path.display())]
    Extension { path: PathBuf },
    /// A drawing or a source file cannot be written.
    #[error("{}: cannot write it: {reason}", .path.display())]
    Write { path: PathBuf, reason: io::Error },
    /// A source file cannot be read.
    #[error("{}: cannot read it: {reason}", .path.display())]
    Read { path: PathBuf, reason: io::Error },
    /// A source file cannot be laid out.
    #[error("{}: {reason}", .path.display())]
    Source { path: PathBuf, reason: String },
    /// `--check` found files that would change.
    #[error("{files} {}not laid out; run `layercake fmt` on {}", if *files == 1 { "file is " } else { "files are " }, if *files == 1 { "it" } else { "them" })]
    NotLaidOut { files: usize },
    /// A graph file or a file of tensors cannot be read or written.
    #[error(transparent)]
    File(#[from] IoError),
    /// An ONNX file cannot be read or written.
    #[cfg(feature = "onnx")]
    #[error(transparent)]
    Onnx(#[from] layercake::io::onnx::OnnxError),
    /// An ONNX file leaves sizes open.
    #[cfg(feature = "onnx")]
    #[error("{0}; they are given by name, `--size length=128`, or for an input as a whole, `--size x=_,3,32,32`")]
    Open(layercake::io::onnx::OnnxError),
    /// Options that do not go together.
    #[error("{0}")]
    Option(String),
    /// The network cannot be built or run.
    #[cfg(feature = "onnx")]
    #[error("{0}")]
    Network(String),
    /// A file of tensors is not what the model takes.
    #[cfg(feature = "onnx")]
    #[error("{}: {reason}", .path.display())]
    Tensors { path: PathBuf, reason: String },
    /// The operation on the model failed.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// Another rank has told what is wrong.
    #[error("rank 0 tells what is wrong")]
    Told { code: u8 },
    /// Stdout cannot be written.
    #[error("cannot write to stdout: {0}")]
    Output(#[from] io::Error),
}

fn suggestion(nearest: Option<&str>) -> String {
    nearest.map_or(String::new(), |name| format!("; did you mean `{name}`?"))
}

impl CommandError {
    /// The exit code.
    pub(crate) fn code(&self) -> u8 {
        match self {
            Self::Arguments(_) => USAGE,
            Self::Told { code } => *code,
            Self::Model(ModelError::Train(TrainError::Interrupted { .. })) => INTERRUPTED,
            _ => 1,
        }
    }

    /// An unknown name, with the closest known name as a suggestion.
    pub(crate) fn unknown<'a>(what: &'static str, name: &str, known: impl Iterator<Item = &'a str>) -> Self {
        let known: Vec<&str> = known.collect();
        // No suggestion if more than a third of the characters differ.
        let near = |candidate: &&str| 3 * strsim::damerau_levenshtein(name, candidate) <= name.len().max(candidate.len());
        let nearest = known.iter().copied().filter(near).min_by_key(|candidate| strsim::damerau_levenshtein(name, candidate));
        Self::Unknown { what, name: name.to_owned(), nearest: nearest.map(str::to_owned), known: known.join(", ") }
    }

    /// The message as one line, `error: ...`: clap's tips are joined, its usage is dropped, and other control characters, for example from file
    /// names, become spaces.
    pub(crate) fn line(&self) -> String {
        let text = self.to_string();
        let lines = text.lines().map(str::trim);
        let lines = lines.take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more information"));
        let line = lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ").replace(" tip: ", "; ");
        let line = line.replace(|c: char| c.is_control(), " ");
        if line.starts_with("error: ") { line } else { format!("error: {line}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closest_name_is_suggested() {
        let message = |name| CommandError::unknown("model", name, ["lenet5", "vgg16_bn"].into_iter()).line();
        assert_eq!(message("lenet"), "error: unknown model `lenet`; did you mean `lenet5`?; known: lenet5, vgg16_bn");
        assert_eq!(message("vgg16-bn"), "error: unknown model `vgg16-bn`; did you mean `vgg16_bn`?; known: lenet5, vgg16_bn");
        assert_eq!(message("unet"), "error: unknown model `unet`; known: lenet5, vgg16_bn");
    }

    #[test]
    fn always_one_line() {
        let error = CommandError::Threads { threads: 1, reason: "a\nb\r\n\tc".into() };
        assert_eq!(error.line(), "error: cannot run on 1 threads: a b c");
    }
}
