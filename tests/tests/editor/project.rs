//! A user's project, made for the editor.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Whether rust-analyzer runs here. Without its component, rustup's link fails.
pub fn has_analyzer() -> bool {
    let run = Command::new("rust-analyzer").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    run.is_ok_and(|status| status.success())
}

/// Where everything that is built for the editor lies, beside what the tests are built of.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("editor")
}

/// Creates the project with this source. It has the repository's versions of all dependencies.
pub fn create(source: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the repository");
    let project = folder().join("project");
    fs::create_dir_all(project.join("src")).expect("a folder for the project");
    let layercake = root.join("core").display().to_string();
    let manifest = format!(
        "[package]\nname = \"project\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\nlayercake = {{ path = {layercake:?} }}\n\n[workspace]\n"
    );
    fs::write(project.join("Cargo.toml"), manifest).expect("writable");
    fs::copy(root.join("Cargo.lock"), project.join("Cargo.lock")).expect("the repository has a lock file");
    fs::write(project.join("src/lib.rs"), source).expect("writable");
    project
}
