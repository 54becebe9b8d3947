//! The advice of every case under `tests/tests/ui`.

use std::path::{Path, PathBuf};

use super::follow;

/// The sources below a folder.
fn sources(folder: &Path, into: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        // The twins of other cases, whose messages come from the compiler.
        if path.ends_with("symbolic") {
            continue;
        }
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
}

/// The blocks of `network!` in a source.
fn blocks(source: &str) -> Vec<String> {
    let Ok(tokens) = source.parse::<proc_macro2::TokenStream>() else { return Vec::new() };
    let tokens: Vec<proc_macro2::TokenTree> = tokens.into_iter().collect();
    let mut blocks = Vec::new();
    for window in tokens.windows(3) {
        if let [proc_macro2::TokenTree::Ident(word), _, proc_macro2::TokenTree::Group(group)] = window
            && word == "network"
        {
            blocks.push(group.stream().to_string());
        }
    }
    blocks
}

#[test]
fn all_advice_mends() {
    let mut paths = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/tests/ui"), &mut paths);
    let mut wrong = Vec::new();
    let mut followed = 0;
    for path in paths {
        for block in blocks(&std::fs::read_to_string(&path).unwrap()) {
            followed += 1;
            if let Err(why) = follow(&block) {
                wrong.push(format!("{}:\n  {why}", path.file_name().unwrap().display()));
            }
        }
    }
    assert!(followed > 250, "{followed}");
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}
