//! Draws networks of the gallery: `cargo run -p layercake-models --example gallery` writes `docs/pictures`; a test compares.

use std::fs;
use std::path::{Path, PathBuf};

use layercake::Drawing;

/// The names of the models in the zoo that have a picture in the documentation.
pub const DRAWN: [&str; 9] =
    ["inception", "resnet18", "dense-block", "unet-256", "siamese", "vae", "gated-block", "gru-cell", "mixer-block"];

/// The file of a model's picture, and what must be in it.
pub fn picture(name: &str) -> (PathBuf, String) {
    let model = layercake_models::zoo().into_iter().find(|model| model.name() == name).expect("a model of the zoo");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/pictures");
    (folder.join(name.replace('-', "_")).with_extension("svg"), Drawing::of(model.graph().expect("a network")).svg())
}

#[allow(dead_code, reason = "a test includes this file")]
fn main() -> std::io::Result<()> {
    for name in DRAWN {
        let (path, svg) = picture(name);
        fs::write(&path, svg)?;
        println!("{}", path.display());
    }
    Ok(())
}
