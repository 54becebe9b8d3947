//! Files of PyTorch, NumPy and safetensors that `tests/pytorch/files.py` wrote.

mod convert;
mod elsewhere;
mod load;
mod read;
mod refused;

use std::path::PathBuf;

fn fixture(name: &str) -> PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/pytorch/files").join(name)
}

/// A file of a test in a folder for all of them.
fn temporary(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("layercake-files-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder.join(name)
}
