//! The graphs of the networks that the fixtures are of, in `pytorch/graphs/`: for tests that run them without compiling a type for each.
//!
//! One file for each fixture: a JSON object with the graph of each case, in the format of [`layercake::io::graph_to_json`]. The networks themselves are
//! declared in `tests/parity/`, whose tests compare the files with them, and write them if `LAYERCAKE_WRITE` is set.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use layercake::io::{graph_from_json, graph_to_json};
use layercake::ir::Graph;

use crate::folder;

fn path(kind: &str) -> PathBuf {
    folder().with_file_name("graphs").join(format!("{kind}.json"))
}

fn parsed(path: &Path) -> BTreeMap<String, serde_json::Value> {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The graphs of a fixture by case.
///
/// # Panics
/// If the file cannot be read.
pub fn graphs(kind: &str) -> BTreeMap<String, Graph> {
    let path = path(kind);
    let graph =
        |value: &serde_json::Value| graph_from_json(&value.to_string()).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    parsed(&path).iter().map(|(case, value)| (case.clone(), graph(value))).collect()
}

/// The names of all fixtures.
///
/// # Panics
/// If their folder cannot be read.
pub fn fixtures() -> Vec<String> {
    let entries = fs::read_dir(folder()).expect("the folder of the fixtures").map(|entry| entry.expect("readable").path());
    let mut names: Vec<String> = entries.filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned())).collect();
    names.sort_unstable();
    names
}

/// Compares the file of a fixture with the graphs of its networks, or writes it.
///
/// # Panics
/// If they differ, or the file cannot be written.
pub(crate) fn keep(kind: &str, networks: &[(&str, &'static Graph)]) {
    let path = path(kind);
    if crate::table::writes() {
        let cases =
            networks.iter().map(|(case, graph)| format!("\"{case}\": {}", graph_to_json(graph).expect("a graph of operations").trim_end()));
        let text = format!("{{\n{}\n}}\n", cases.collect::<Vec<_>>().join(",\n"));
        fs::create_dir_all(path.parent().expect("a folder")).and_then(|()| fs::write(&path, text)).expect("the folder can be written");
    }
    let kept = graphs(kind);
    let names: Vec<&str> = kept.keys().map(String::as_str).collect();
    assert_eq!(names.len(), networks.len(), "{}: it has {names:?}", path.display());
    for (case, graph) in networks {
        let same = kept.get(*case) == Some(*graph);
        assert!(
            same,
            "{}: `{case}` is another graph; LAYERCAKE_WRITE=1 cargo test -p layercake-tests --test parity writes it",
            path.display()
        );
    }
}
