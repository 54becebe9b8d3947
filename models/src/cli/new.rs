//! Writes a crate with a network of the user's own.

use std::fs;
use std::io::{self, Write, stdout};
use std::path::{Path, PathBuf};

use clap::Args;

use crate::commands::Outcome;
use crate::error::CommandError;

/// The program; a test compiles and runs it.
const MAIN: &str = include_str!("new/main.rs");
const MANIFEST: &str = include_str!("new/Cargo.toml.in");
const IGNORED: &str = include_str!("new/gitignore");
/// The clone of the repository that built the command.
const BUILT_FROM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
/// Names that mean something else in a program.
const TAKEN: [&str; 9] = ["alloc", "core", "layercake", "layercake-train", "layercake_train", "main", "proc_macro", "std", "test"];

/// Write a crate with a network of your own, a program that trains, evaluates, draws and exports it.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  layercake new digits
  cd digits
  cargo test
  cargo run --release -- train")]
pub(crate) struct New {
    /// The name of the crate; its folder must not exist yet.
    name: PathBuf,
    /// The clone of Layercake's repository that the crate depends on [default: the one that this command was built from].
    #[arg(long = "path", value_name = "DIR")]
    layercake: Option<PathBuf>,
}

pub(crate) fn run(args: &New) -> Outcome {
    let folder = &args.name;
    let name = crate_name(folder)?;
    let layercake = layercake(args.layercake.as_deref())?;
    if folder.symlink_metadata().is_ok() {
        return Err(CommandError::Option(format!("{}: it exists already; expected the name of a new folder", folder.display())));
    }
    let manifest = MANIFEST.replace("{name}", name).replace("{layercake}", &layercake);
    write(folder, &manifest).map_err(|reason| CommandError::Write { path: folder.clone(), reason })?;
    writeln!(
        stdout(),
        "{}: a crate with a network in src/main.rs; next: cd {} && cargo run --release -- train",
        folder.display(),
        folder.display()
    )?;
    Ok(())
}

/// The last part of the path, if it is a name for a crate.
fn crate_name(folder: &Path) -> Result<&str, CommandError> {
    let name = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let begins = name.starts_with(|c: char| c.is_ascii_alphabetic());
    if !begins || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_') || TAKEN.contains(&name) {
        let expected = "expected the name of a crate: a letter, then letters, digits, `-` and `_`, and no name of a crate that it uses";
        return Err(CommandError::Option(format!("`{}`: {expected}", folder.display())));
    }
    Ok(name)
}

/// The path of the repository, as it stands in a TOML string.
fn layercake(given: Option<&Path>) -> Result<String, CommandError> {
    let path = given.unwrap_or(Path::new(BUILT_FROM));
    let found = path.join("train/Cargo.toml").is_file() && path.join("core/Cargo.toml").is_file();
    let absolute = fs::canonicalize(path).ok().filter(|_| found);
    let text = absolute.as_ref().and_then(|path| path.to_str()).filter(|text| !text.contains(['"', '\\', '\n']));
    text.map(str::to_owned).ok_or_else(|| {
        let remedy = if given.is_none() { "; name it with --path" } else { "" };
        CommandError::Option(format!(
            "{}: expected a clone of Layercake's repository, with the folders core and train{remedy}",
            path.display()
        ))
    })
}

/// Writes the crate under a temporary name first, so that it is there whole or not at all.
fn write(folder: &Path, manifest: &str) -> io::Result<()> {
    let temporary = folder.with_file_name(format!(".{}.{}.tmp", folder.file_name().unwrap_or_default().display(), std::process::id()));
    let written = fs::create_dir_all(temporary.join("src"))
        .and_then(|()| fs::write(temporary.join("src/main.rs"), MAIN))
        .and_then(|()| fs::write(temporary.join("Cargo.toml"), manifest))
        .and_then(|()| fs::write(temporary.join(".gitignore"), IGNORED))
        .and_then(|()| fs::rename(&temporary, folder));
    if written.is_err() {
        let _ = fs::remove_dir_all(&temporary);
    }
    written
}
