//! Draws networks of the zoo: `cargo run -p layercake-models --example zoo_pictures` writes `docs/pictures`. A test checks that they are up to date.

use std::fs;
use std::path::{Path, PathBuf};

use layercake::Drawing;

/// The models of the zoo with a picture in the documentation.
pub const DRAWN: [&str; 9] =
    ["inception", "resnet18", "dense_block", "unet_256", "siamese", "vae", "gated_block", "gru_cell", "mixer_block"];

/// The path of a model's picture, and its expected content.
pub fn picture(name: &str) -> (PathBuf, String) {
    let model = layercake_models::zoo().into_iter().find(|model| model.name() == name).expect("a model of the zoo");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/pictures");
    (folder.join(name).with_extension("svg"), Drawing::of(model.graph().expect("a network")).svg())
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
