//! Errors of the command, each on one line.

use std::io;
use std::path::PathBuf;

use layercake::io::IoError;
use layercake_models::ModelError;
use layercake_train::TrainError;

/// The exit code of a command that was interrupted, as the shell has it: 128 and the number of SIGINT.
pub(crate) const INTERRUPTED: u8 = 130;
/// The exit code of a command that was misspelt, as clap and most of Unix have it. Other failures give 1.
const MISSPELT: u8 = 2;

/// Why the command failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommandError {
    /// The arguments make no sense.
    #[error(transparent)]
    Arguments(clap::Error),
    /// There is no such model or data set.
    #[error("unknown {what} `{name}`{}; there are: {known}", guess(.nearest.as_deref()))]
    Unknown { what: &'static str, name: String, nearest: Option<String>, known: String },
    /// So many threads cannot be had.
    #[error("cannot run on {threads} threads: {reason}")]
    Threads { threads: usize, reason: String },
    /// The variable that names an instruction set names none of this machine.
    #[error(transparent)]
    InstructionSet(#[from] layercake::EngineError),
    /// Ctrl-C cannot be heard.
    #[error("cannot listen for signals: {reason}")]
    Signals { reason: String },
    /// Nothing to look through.
    #[error("{}: holds no data set; each has a folder of its own in it", .path.display())]
    NoSets { path: PathBuf },
    /// Data sets that cannot be used.
    #[error("there are faults in {sets}")]
    Faults { sets: String },
    /// A drawing of no known kind.
    #[error("{}: expected a name that ends in .svg, .dot or .mmd", .path.display())]
    Ending { path: PathBuf },
    /// A drawing.
    #[error("{}: cannot write it: {reason}", .path.display())]
    Write { path: PathBuf, reason: io::Error },
    /// A graph file.
    #[error(transparent)]
    Graph(#[from] IoError),
    /// The work itself.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// Stdout.
    #[error("cannot write to stdout: {0}")]
    Output(#[from] io::Error),
}

fn guess(nearest: Option<&str>) -> String {
    nearest.map_or(String::new(), |name| format!("; did you mean `{name}`?"))
}

impl CommandError {
    /// The exit code.
    pub(crate) fn code(&self) -> u8 {
        match self {
            Self::Arguments(_) => MISSPELT,
            Self::Model(ModelError::Train(TrainError::Interrupted { .. })) => INTERRUPTED,
            _ => 1,
        }
    }

    /// That there is no such thing, with the one of the nearest spelling.
    pub(crate) fn unknown<'a>(what: &'static str, name: &str, known: impl Iterator<Item = &'a str>) -> Self {
        let known: Vec<&str> = known.collect();
        // Further away than a third of its letters, a word was meant to be something else.
        let near = |candidate: &&str| 3 * strsim::damerau_levenshtein(name, candidate) <= name.len().max(candidate.len());
        let nearest = known.iter().copied().filter(near).min_by_key(|candidate| strsim::damerau_levenshtein(name, candidate));
        Self::Unknown { what, name: name.to_owned(), nearest: nearest.map(str::to_owned), known: known.join(", ") }
    }

    /// `error: ...`, without line breaks: clap's advice on further lines is joined, its usage is left out, and whatever else would
    /// break the line (a file may be named so) becomes a space.
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
    fn the_nearest_spelling() {
        let message = |name| CommandError::unknown("model", name, ["lenet5", "vgg16"].into_iter()).line();
        assert_eq!(message("lenet"), "error: unknown model `lenet`; did you mean `lenet5`?; there are: lenet5, vgg16");
        assert_eq!(message("gvg16"), "error: unknown model `gvg16`; did you mean `vgg16`?; there are: lenet5, vgg16");
        assert_eq!(message("unet"), "error: unknown model `unet`; there are: lenet5, vgg16");
    }

    #[test]
    fn always_one_line() {
        let error = CommandError::Threads { threads: 1, reason: "a\nb\r\n\tc".into() };
        assert_eq!(error.line(), "error: cannot run on 1 threads: a b c");
    }
}
