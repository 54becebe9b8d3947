//! The command that lays out the blocks of files.

use std::fs;
use std::io::{Read, Write, stdin, stdout};
use std::path::{Path, PathBuf};

use layercake::io::write_atomically;

use crate::error::CommandError;

/// The width of `rustfmt` without a configuration.
const WIDTH: usize = 100;

/// Lays out files in place and prints the names of those that change, or lists those that would change. `-` is standard input, laid out to standard output.
pub(crate) fn run(files: &[PathBuf], check: bool) -> Result<(), CommandError> {
    let mut changed = Vec::new();
    for path in files {
        let source = read(path).map_err(|reason| CommandError::Read { path: path.clone(), reason })?;
        let source = String::from_utf8(source)
            .map_err(|error| CommandError::Source { path: path.clone(), reason: format!("not a text in UTF-8: {}", error.utf8_error()) })?;
        let laid_out = layercake_fmt::format(&source, width(path))
            .map_err(|error| CommandError::Source { path: path.clone(), reason: error.to_string() })?;
        match is_stdin(path) {
            true if !check => stdout().write_all(laid_out.as_bytes())?,
            _ if laid_out == source => {}
            _ => {
                if !check {
                    write_atomically(path, laid_out.as_bytes()).map_err(|reason| CommandError::Write { path: path.clone(), reason })?;
                }
                writeln!(stdout(), "{}", path.display())?;
                changed.push(path);
            }
        }
    }
    if check && !changed.is_empty() { Err(CommandError::NotLaidOut { files: changed.len() }) } else { Ok(()) }
}

fn is_stdin(path: &Path) -> bool {
    path == Path::new("-")
}

fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    if !is_stdin(path) {
        return fs::read(path);
    }
    let mut bytes = Vec::new();
    stdin().read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// `max_width` of the `rustfmt.toml` that `rustfmt` would use: the nearest one above the file.
fn width(path: &Path) -> usize {
    let Ok(path) = std::path::absolute(path) else { return WIDTH };
    let configured = path.ancestors().skip(1).find_map(|folder| {
        let files = ["rustfmt.toml", ".rustfmt.toml"].map(|name| fs::read_to_string(folder.join(name)));
        files.into_iter().find_map(Result::ok)
    });
    let width = configured.as_deref().and_then(|text| {
        let values = text.lines().filter_map(|line| line.split('#').next()?.split_once('='));
        values.filter(|(key, _)| key.trim() == "max_width").find_map(|(_, value)| value.trim().parse().ok())
    });
    width.unwrap_or(WIDTH)
}
