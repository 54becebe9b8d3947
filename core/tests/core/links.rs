//! Every link in the repository's documents has a target: an existing file, a heading in it, or an item that has a page.
//!
//! rustdoc reports unresolved links itself, but not links to an item without a page, `#[doc(hidden)]`: it leaves such a link as it was
//! written.

use std::fs;
use std::path::{Path, PathBuf};

/// The folders that hold documents.
const FOLDERS: [&str; 14] = [
    "",
    "benches",
    "core",
    "core/guide",
    "core/src/model",
    "docs",
    "engine",
    "examples",
    "ir",
    "macros",
    "models",
    "tests",
    "tests/tables",
    "train",
];

#[test]
fn links_lead_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let (mut links, mut dead) = (0, Vec::new());
    for file in FOLDERS.iter().flat_map(|folder| documents(&root.join(folder))) {
        let text = fs::read_to_string(&file).unwrap();
        for target in targets(&text) {
            links += 1;
            if !leads_somewhere(root, &file, &target) {
                dead.push(format!("{}: {target}", file.strip_prefix(root).unwrap().display()));
            }
        }
    }
    assert!(dead.is_empty(), "links that lead nowhere:\n{}", dead.join("\n"));
    assert!(links >= 80, "only {links} links were found");
}

/// The check finds dead links.
#[test]
fn dead_links_are_found() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let file = root.join("core/guide/language.md");
    for (target, leads) in [
        ("layers.md", true),
        ("layers.md#lstm", true),
        ("layers.md#lsdm", false),
        ("nothing.md", false),
        ("../../README.md", true),
        ("#joins", true),
        ("#residual-connections", true),
        ("#joints", false),
        ("macro@crate::Model", false),
        ("derive@crate::Model", true),
        ("trait@crate::Model", true),
        ("crate::optim::Optim::freeze", true),
        ("crate::optim::Optim::freese", false),
        ("crate::model::Freezing", true),
        ("crate::model::part", false),
        ("crate::modell", false),
        ("crate::__private", false),
        ("crate::dfdx::nn::Module", true),
        ("https://arxiv.org/abs/1512.03385", true),
        ("Model", false),
    ] {
        assert_eq!(leads_somewhere(root, &file, target), leads, "{target}");
    }
}

fn documents(folder: &Path) -> Vec<PathBuf> {
    let Ok(files) = fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "md"));
    files.sort();
    files
}

/// The targets of `[text](target)` and `[text]: target`, outside code.
fn targets(text: &str) -> Vec<String> {
    let mut targets = Vec::new();
    let mut fence = None;
    for line in text.lines() {
        let mark = ["```", "~~~"].into_iter().find(|mark| line.trim_start().starts_with(mark));
        match (fence, mark) {
            (None, Some(mark)) => fence = Some(mark),
            (Some(open), Some(mark)) if open == mark => fence = None,
            (Some(_), _) => {}
            (None, None) => {
                let prose: String = line.split('`').step_by(2).collect();
                for rest in prose.split("](").skip(1) {
                    targets.extend(rest.split_once(')').map(|(target, _)| target.split(' ').next().unwrap_or(target).to_owned()));
                }
                if let (true, Some((_, target))) = (prose.starts_with('['), prose.split_once("]: ")) {
                    targets.push(target.trim().to_owned());
                }
            }
        }
    }
    targets
}

fn leads_somewhere(root: &Path, file: &Path, target: &str) -> bool {
    if target.starts_with("https://") || target.starts_with("http://") {
        return true;
    }
    let (kind, item) = target.split_once('@').map_or((None, target), |(kind, item)| (Some(kind), item));
    if let Some(path) = item.strip_prefix("crate::") {
        let path: Vec<&str> = path.split("::").collect();
        return has_page(&root.join("core/src"), kind, &path);
    }
    let (path, heading) = target.split_once('#').map_or((target, None), |(path, heading)| (path, Some(heading)));
    let file = if path.is_empty() { file.to_owned() } else { file.parent().unwrap().join(path) };
    file.exists() && heading.is_none_or(|heading| headings(&file).iter().any(|found| found == heading))
}

/// The anchors of a document's headings, and its explicit anchors.
fn headings(file: &Path) -> Vec<String> {
    let text = fs::read_to_string(file).unwrap_or_default();
    let heading = |line: &str| {
        let words = line.trim_start_matches('#').trim().to_lowercase();
        let kept = words.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect()
    };
    let anchors = text.split("id=\"").skip(1).filter_map(|rest| rest.split('"').next()).map(str::to_owned);
    text.lines().filter(|line| line.starts_with('#')).map(heading).chain(anchors).collect()
}

/// Whether the item with this path below `crate` has its own page, or a section on another.
fn has_page(sources: &Path, kind: Option<&str>, path: &[&str]) -> bool {
    let mut file = sources.join("lib.rs");
    let mut folder = sources.to_owned();
    for (i, word) in path.iter().enumerate() {
        let text = fs::read_to_string(&file).unwrap_or_default();
        // The pages of another crate are not checked.
        if *word == "dfdx" && i == 0 {
            return true;
        }
        if !declares(&text, word) {
            // A method, or an item re-exported from a private module: in a file of the same folder.
            return i > 0 && beside(&file).iter().any(|text| declares(text, word) && i + 1 >= path.len() - 1);
        }
        let module = [folder.join(format!("{word}.rs")), folder.join(word).join("mod.rs")].into_iter().find(|file| file.exists());
        match module {
            Some(module) if text.contains(&format!("pub mod {word};")) => {
                file = module;
                folder = folder.join(word);
            }
            // A type: the next word of the path is one of its methods.
            _ => {
                let derive = matches!(kind, Some("macro" | "derive")) && text.contains(&format!("pub use layercake_macros::{word};"));
                let right = kind != Some("macro") || !derive;
                let shown = kind.is_none_or(|kind| kind != "derive") || derive && derives(sources, word);
                let method = path.get(i + 1).is_none_or(|method| {
                    all(sources).iter().any(|text| ["(", "<"].iter().any(|end| text.contains(&format!("fn {method}{end}"))))
                });
                return right && shown && method && path.len() <= i + 2;
            }
        }
    }
    true
}

/// Whether a file declares a public item with this name that is not hidden.
fn declares(text: &str, word: &str) -> bool {
    let mut hidden = false;
    for line in text.lines().map(str::trim) {
        if line.starts_with("#[doc(hidden)]") {
            hidden = true;
            continue;
        }
        let words: Vec<&str> = line.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| !word.is_empty()).collect();
        let public = line.starts_with("pub ") || line.starts_with("macro_rules!");
        if public && words.contains(&word) {
            return !hidden;
        }
        hidden &= line.starts_with("#[");
    }
    false
}

/// Whether the derive macro with this name is public and not hidden.
fn derives(sources: &Path, word: &str) -> bool {
    let text = fs::read_to_string(sources.join("../../macros/src/lib.rs")).unwrap_or_default();
    let before = text.split(&format!("#[proc_macro_derive({word}")).next().unwrap_or_default();
    before.len() < text.len() && !before.lines().rev().take_while(|line| !line.is_empty()).any(|line| line.contains("doc(hidden)"))
}

/// The texts of the files of a module.
fn beside(file: &Path) -> Vec<String> {
    all(file.parent().unwrap())
}

fn all(folder: &Path) -> Vec<String> {
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    files.flat_map(|file| if file.is_dir() { all(&file) } else { vec![fs::read_to_string(file).unwrap_or_default()] }).collect()
}
