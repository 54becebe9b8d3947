//! Models whose numbers are in files beside them.

use std::fs;
use std::path::{Path, PathBuf};

use layercake_onnx::{Beside, Folder, Imported, InMemory, LoadOptions, Section, import, import_beside};

use crate::run::{difference, numbers, run};

fn models() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/onnx/models")
}

fn read(bytes: &[u8], model: &Path) -> Result<Imported, String> {
    import_beside(bytes, &LoadOptions::default(), &mut Folder::of(model)).map_err(|error| error.to_string())
}

/// The model with one text in place of another of the same length.
fn with(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut bytes = bytes.to_vec();
    let places: Vec<usize> = (0..bytes.len() - from.len()).filter(|&at| bytes[at..].starts_with(from.as_bytes())).collect();
    assert!(!places.is_empty());
    places.into_iter().for_each(|at| bytes[at..at + to.len()].copy_from_slice(to.as_bytes()));
    bytes
}

#[test]
fn numbers_from_the_folder() {
    let path = models().join("beside.onnx");
    let bytes = fs::read(&path).expect("a committed file");
    let expected = numbers(&path.with_extension("safetensors"));
    let other = fs::read(path.with_extension("bin")).expect("a committed file");
    let from_folder = read(&bytes, &path).expect("a file as ONNX writes it");
    let from_memory = import_beside(&bytes, &LoadOptions::default(), &mut InMemory(&[("beside.bin", &other)])).expect("the same");
    for imported in [from_folder, from_memory] {
        assert_eq!(imported.files, ["beside.bin"]);
        // One initializer that two nodes use is one tensor of the graph.
        assert_eq!(imported.graph.nodes().iter().map(|node| node.shares).collect::<Vec<_>>(), [None, None, Some(0), None]);
        let outputs = run(&imported, &[expected["in.x"].clone()]);
        assert!(difference(&outputs[0], &expected["out.y"].data) < 1e-5);
    }
    let refused = import(&bytes, &LoadOptions::default()).expect_err("a model in memory has no folder").to_string();
    assert!(refused.starts_with("the tensor `fc.weight`: its numbers are in the file `beside.bin`, which a model in memory"), "{refused}");
}

#[test]
fn nothing_but_what_is_beside() {
    let path = models().join("beside.onnx");
    let bytes = fs::read(&path).expect("a committed file");
    let refused = |bytes: &[u8]| read(bytes, &path).expect_err("a file that asks for too much");
    for location in ["../side.bin", "/etc/passwd", "..\\side.bin", "a/../../b.c"] {
        let from = "beside.bin";
        let location = &location[..from.len()];
        let text = refused(&with(&bytes, from, location));
        assert!(text.contains("not beside the model"), "{location}: {text}");
    }
    assert!(refused(&with(&bytes, "beside.bin", "absent.bin")).contains("`absent.bin`: No such file"));
    assert!(refused(&with(&bytes, "144", "190")).contains("24 bytes from 190 on, but the file has 192"));
    assert!(refused(&with(&bytes, "144", "999")).contains("999 bytes from 0 on, but the file has 192"));
    assert!(refused(&with(&bytes, "144", "-44")).contains("is `-44`"));
    assert!(refused(&with(&bytes, "144", "140")).contains("has 36 elements, but the file holds 35"));
}

/// However many tensors ask for it, no more is read of a file than it has.
#[test]
fn a_file_is_read_once() {
    let mut folder = Folder::of(&models().join("beside.onnx"));
    let section = Section { location: "beside.bin".to_owned(), offset: 0, length: Some(100) };
    assert_eq!(folder.read(&section).map(|bytes| bytes.len()), Ok(100));
    assert!(folder.read(&section).expect_err("200 of 192 bytes").contains("overlap"));
}

/// A link in the folder that leads out of it.
#[cfg(unix)]
#[test]
fn links_lead_nowhere() {
    let folder = std::env::temp_dir().join(format!("layercake-links-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder");
    let model = folder.join("beside.onnx");
    fs::copy(models().join("beside.onnx"), &model).expect("a copy");
    std::os::unix::fs::symlink(models().join("beside.bin").canonicalize().expect("a file"), folder.join("beside.bin")).expect("a link");
    let refused = read(&fs::read(&model).expect("the copy"), &model).expect_err("the link leads out of the folder");
    fs::remove_dir_all(&folder).expect("it was there");
    assert!(refused.contains("not beside the model"), "{refused}");
}
