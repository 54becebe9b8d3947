//! The dependencies that each crate, each module of `core/src/run/` and each stage of the macro may have, where `unsafe` code is allowed,
//! and whether the files and tests in the map of `docs/architecture.md` exist.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Each crate with the names that its `[dependencies]` must not contain. The members of the workspace are in the order in which they may
/// depend on each other: a crate depends only on those before it.
const CRATES: [(&str, &str, &[&str]); 10] = [
    ("ir", "layercake-ir", &["dfdx", "syn", "quote", "proc-macro2", "rayon", "serde_json"]),
    ("engine", "layercake-engine", &["dfdx", "syn", "quote", "proc-macro2", "serde", "layercake-macros"]),
    ("engine-cuda", "layercake-engine-cuda", &["dfdx", "cudarc", "syn", "quote", "proc-macro2", "serde", "layercake-macros"]),
    ("draw", "layercake-draw", &["dfdx", "syn", "quote", "proc-macro2", "rayon", "serde", "layercake-macros", "layercake-engine"]),
    (
        "onnx",
        "layercake-onnx",
        &["dfdx", "syn", "quote", "proc-macro2", "rayon", "serde", "layercake-macros", "layercake-engine", "layercake-draw"],
    ),
    (
        "fmt",
        "layercake-fmt",
        &["dfdx", "syn", "quote", "proc-macro2", "rayon", "serde", "layercake-ir", "layercake-macros", "layercake-engine"],
    ),
    ("macros", "layercake-macros", &["dfdx", "rayon", "serde", "layercake-engine"]),
    ("core", "layercake", &["syn", "quote", "proc-macro2"]),
    ("train", "layercake-train", &["syn", "dfdx", "layercake-ir", "layercake-macros", "layercake-engine"]),
    ("models", "layercake-models", &["syn", "dfdx", "layercake-ir", "layercake-macros", "layercake-engine"]),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The names in the `[dependencies]` section of a manifest, and whether each is optional.
fn dependencies(manifest: &str) -> Vec<(String, bool)> {
    let section = manifest.lines().skip_while(|line| line.trim() != "[dependencies]").skip(1).take_while(|line| !line.starts_with('['));
    let lines = section.filter(|line| !line.trim_start().starts_with('#') && line.contains('='));
    lines.map(|line| (line.split(['.', ' ', '=']).next().unwrap().to_owned(), line.contains("optional = true"))).collect()
}

#[test]
fn dependencies_point_down() {
    let mut wrong = Vec::new();
    for (index, (folder, name, strangers)) in CRATES.iter().enumerate() {
        let found = dependencies(&fs::read_to_string(root().join(folder).join("Cargo.toml")).unwrap());
        assert!(!found.is_empty(), "{name} has no dependencies at all: the manifest is not read as it is written");
        let above: BTreeSet<&str> = CRATES[index..].iter().map(|&(_, name, _)| name).collect();
        let refused = found.iter().filter(|(name, _)| above.contains(name.as_str()) || strangers.contains(&name.as_str()));
        wrong.extend(refused.map(|(dependency, _)| format!("{name} depends on {dependency}")));
        if *folder == "ir" {
            let needed = found.iter().filter(|(_, optional)| !optional);
            wrong.extend(needed.map(|(dependency, _)| format!("{name} depends on {dependency} without being asked to")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn unsafe_code_is_in_kernels_only() {
    let mut files = Vec::new();
    for (folder, ..) in CRATES {
        gather(&root().join(folder).join("src"), &mut files);
    }
    let allowed: Vec<_> = files.iter().filter(|file| fs::read_to_string(file).unwrap().contains("allow(unsafe_code")).collect();
    assert!(!allowed.is_empty(), "the kernels have some");
    let kernels = root().join("engine/src/kernels");
    // Finds the functions of the CUDA libraries by name, and launches kernels.
    let calls = ["loader", "launch"].map(|file| root().join(format!("core/src/cuda/{file}.rs")));
    let outside: Vec<_> = allowed.into_iter().filter(|file| !file.starts_with(&kernels) && !calls.contains(file)).collect();
    assert!(outside.is_empty(), "unsafe code outside engine/src/kernels and core/src/cuda/{{loader,launch}}.rs: {outside:?}");
    let workspace = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    assert!(workspace.contains("unsafe_code = \"deny\""), "elsewhere the compiler refuses it");
}

/// The table of `core/src/run/mod.rs` lists its modules in the order in which they may depend on each other.
/// Otherwise a closure may be compiled for the plain instruction set, with the right numbers at a fraction of the speed.
#[test]
fn closures_are_compiled_for_each_instruction_set() {
    let mut files = Vec::new();
    gather(&root().join("engine/src"), &mut files);
    let mut closures = 0;
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        assert!(!text.contains("dispatch(|") && !text.contains("dispatch(move |"), "{}: use `vectorized`", file.display());
        for (call, _) in text.match_indices(" vectorized(") {
            let inside = text[call..].trim_start_matches(" vectorized(").trim_start();
            assert!(inside.starts_with("#[inline(always)]"), "{}: {}", file.display(), &text[call..][..60]);
            closures += 1;
        }
    }
    assert!(closures > 20, "found {closures}");
}

#[test]
fn running_a_network_has_no_circles() {
    let folder = root().join("core/src/run");
    let front = fs::read_to_string(folder.join("mod.rs")).unwrap();
    let order: Vec<&str> = front.lines().filter_map(|line| line.strip_prefix("//! | `")?.split('`').next()).collect();
    let mut files = Vec::new();
    gather(&folder, &mut files);
    assert_eq!(files.len(), order.len() + 1, "a row for each module");
    let mut wrong = Vec::new();
    for (index, name) in order.iter().enumerate() {
        let source = fs::read_to_string(folder.join(format!("{name}.rs"))).unwrap();
        assert!(!source.contains("super::{") && !source.contains("crate::run::{"), "{name} names each module in a line of its own");
        let words: BTreeSet<&str> = source.split(|c: char| !c.is_alphanumeric() && c != '_' && c != ':').collect();
        for other in &order[index..] {
            let paths = [format!("super::{other}"), format!("crate::run::{other}")];
            let uses = |word: &&str| paths.iter().any(|path| *word == path || word.starts_with(&format!("{path}::")));
            wrong.extend(words.iter().find(|word| uses(word)).map(|_| format!("{name} uses {other}")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The stages of the macro and their modules have no dependency cycles. `super::` stays within a module.
#[test]
fn the_macro_has_no_circles() {
    let folder = root().join("macros/src");
    let mut files = Vec::new();
    gather(&folder, &mut files);
    let module =
        |file: &Path| file.strip_prefix(&folder).unwrap().iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs").to_owned();
    let modules: BTreeSet<String> = files.iter().map(|file| module(file)).collect();
    // Modules that only tests use may depend on anything.
    let tested = |file: &Path| {
        let name = file.file_name().unwrap().to_str().unwrap();
        matches!(module(file).as_str(), "advice" | "fuzz" | "testing") || name == "tests.rs" || name == "guide.rs"
    };
    let mut uses: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in files.iter().filter(|file| !tested(file)) {
        let source = fs::read_to_string(file).unwrap();
        let source = source.split("#[cfg(test)]\nmod tests {").next().unwrap();
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        for path in source.split("crate::").skip(1) {
            let end = if path.starts_with('{') { path.find('}') } else { path.find(|c| !is_word(c)) };
            let names = path[..end.unwrap_or(path.len())].split(|c| !is_word(c)).map(str::to_owned);
            uses.entry(module(file)).or_default().extend(names.filter(|name| modules.contains(name) && *name != module(file)));
        }
    }
    assert!(uses.values().map(BTreeSet::len).sum::<usize>() >= 60, "the uses are not read as they are written: {uses:?}");
    // Repeatedly remove a module that depends on none of the remaining ones.
    while let Some(free) = uses.iter().find(|(_, used)| !used.iter().any(|used| uses.contains_key(used))).map(|(name, _)| name.clone()) {
        uses.remove(&free);
    }
    assert!(uses.is_empty(), "these modules use each other in a circle: {uses:?}");
}

/// The rows of the map's tables: a file or folder, optionally others in the same folder, optionally tests in these files.
#[test]
fn the_map_names_what_there_is() {
    let map = fs::read_to_string(root().join("docs/architecture.md")).unwrap();
    let (mut paths, mut tests, mut wrong) = (0, 0, Vec::new());
    for row in map.lines().filter(|line| line.starts_with('|')) {
        let mut last: Option<PathBuf> = None;
        for word in row.split('`').skip(1).step_by(2).filter(|word| !word.contains('<')) {
            let is_name = word.chars().all(|c| c.is_ascii_lowercase() || c == '_' || c.is_ascii_digit());
            if word.contains('/') || word.ends_with(".rs") {
                let beside = last.as_ref().and_then(|last| last.parent()).map(|folder| folder.join(word));
                match [Some(root().join(word)), beside].into_iter().flatten().find(|path| path.exists()) {
                    Some(path) => (paths, last) = (paths + 1, Some(path)),
                    None => wrong.push(format!("no file or folder {word}: {row}")),
                }
            } else if let (true, Some(file)) = (is_name, last.as_ref().filter(|file| file.is_file())) {
                tests += 1;
                if !fs::read_to_string(file).unwrap_or_default().contains(&format!("fn {word}()")) {
                    wrong.push(format!("no test {word} in {}", file.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(paths >= 60 && tests >= 20, "only {paths} paths and {tests} tests were found");
}

fn gather(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            gather(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}
