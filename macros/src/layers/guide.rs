//! The guide's list of layers, made of the table and of what `layercake-ir` says of each operation, so that it cannot be out of date.
//!
//! After a change: `LAYERCAKE_WRITE=1 cargo test -p layercake-macros guide`.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use super::tests::{network, node};
use super::{Choice, Default, Kind, Positions, Row, all, is_join, is_unpool};
use crate::testing::with_model;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate lies in the workspace").to_path_buf()
}

#[test]
fn the_guide_lists_every_layer() {
    let path = root().join("core/guide/layers.md");
    let expected = list();
    if std::env::var_os("LAYERCAKE_WRITE").is_some() {
        fs::write(&path, &expected).unwrap();
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert!(found == expected, "{} is out of date; the head of this test's file says how to write it again", path.display());
}

fn list() -> String {
    let mut out = String::from(
        "# The layers\n\nThis page is written by a test from the macro's own table. Shapes are those of one sample; `[channels, height, width]` for images.\n\
         Options stand behind the sizes, by name. A pair is `(height, width)`, or one number for both.\n",
    );
    let sources = sources();
    for row in all() {
        let about = about(row, &sources);
        assert!(!about.is_empty(), "`{}` has no documentation in layercake-ir", row.kind);
        write!(out, "\n## {}\n\n{about}\n\n", row.kind).unwrap();
        let block = network(row, row.example);
        let shapes = with_model(&block, |model, _| {
            let node = node(model, row);
            let input = if is_unpool(row) { "[6, 4, 4]".to_owned() } else { model.inputs[0].flow.text() };
            format!("`{}` makes `{}` of `{input}`.", row.example, node.output.text())
        });
        writeln!(out, "{shapes}").unwrap();
        let positions = match row.positions {
            Positions::InOut { what, .. } => format!("Sizes: the {what} it gives, or `in -> out`, where `in` is checked."),
            Positions::Features(_) => "Size: the number of features, which may be left out.".to_owned(),
            Positions::Option(_) if is_unpool(row) => {
                "The name of an earlier `MaxPool2d` stands in brackets; its options are the pool's.".to_owned()
            }
            Positions::Option(name) => format!("`{name}` may stand first, without its name."),
            Positions::List(name) => format!("`{name}` may stand first, without its name, one number after the other."),
            Positions::None if is_join(row) => "The tags to join the current tensor with stand first; or branches behind it.".to_owned(),
            Positions::None => String::new(),
        };
        if !positions.is_empty() {
            write!(out, "\n{positions}\n").unwrap();
        }
        if (!row.options.is_empty() || row.field.is_some()) && !is_unpool(row) {
            out.push_str("\n| option | value | default |\n|--|--|--|\n");
            for option in row.options {
                writeln!(out, "| `{}` | {} | {} |", option.name, kind(option.kind), default(option)).unwrap();
            }
            if row.kind == "Linear" {
                out.push_str("| `drop_connect` | a number | none is dropped |\n");
            }
            if row.field.is_some() {
                out.push_str("| `init` | how the weights begin | PyTorch's default |\n");
            }
        }
    }
    out
}

fn kind(kind: Kind) -> String {
    match kind {
        Kind::Size => "a whole number".to_owned(),
        Kind::Pair => "a pair of whole numbers".to_owned(),
        Kind::Float => "a number".to_owned(),
        Kind::Bool => "`true` or `false`".to_owned(),
        Kind::Word(words) => words.list.iter().map(|(word, _)| format!("`{word}`")).collect::<Vec<_>>().join(", "),
        Kind::List { inferred: true } => "a list of whole numbers, one of which may be `_`".to_owned(),
        Kind::List { inferred: false } => "a list of whole numbers".to_owned(),
    }
}

fn default(option: &Choice) -> String {
    match option.default {
        Default::Required => "must be given".to_owned(),
        Default::Infer => "what the input suggests".to_owned(),
        Default::Size(size) => format!("`{size}`"),
        Default::Float(number) => format!("`{number:?}`"),
        Default::Bool(value) => format!("`{value}`"),
        Default::Word(word) => format!("`{word}`"),
        Default::Same(other) => format!("that of `{other}`"),
    }
}

/// All sources of the operations.
fn sources() -> Vec<String> {
    let folder = fs::read_dir(root().join("ir/src/ops")).unwrap();
    let mut files: Vec<PathBuf> = folder.map(|entry| entry.unwrap().path()).filter(|path| path.is_file()).collect();
    files.sort();
    files.iter().map(|path| fs::read_to_string(path).unwrap()).collect()
}

/// What the operation's documentation says: that of its struct, or of its line in the table of operations.
fn about(row: &Row, sources: &[String]) -> String {
    let heads = [format!("pub struct {} {{", row.variant), format!("pub struct {};", row.variant), format!("{}: \"", row.variant)];
    for head in heads {
        for source in sources {
            let Some(at) = source.lines().position(|line| line.trim_start().starts_with(&head)) else { continue };
            let before: Vec<&str> = source.lines().take(at).collect();
            let docs: Vec<&str> = before
                .iter()
                .rev()
                .map(|line| line.trim_start())
                .take_while(|line| line.starts_with("///") || line.starts_with("#["))
                .filter_map(|line| line.strip_prefix("///").map(str::trim))
                .collect();
            if !docs.is_empty() {
                return plain(&docs.into_iter().rev().collect::<Vec<_>>().join("\n"));
            }
        }
    }
    String::new()
}

/// Links to items of `layercake-ir` lead nowhere from the guide.
fn plain(text: &str) -> String {
    let mut out = text.to_owned();
    while let Some(begin) = out.find("[`") {
        let Some(end) = out[begin..].find("`]") else { break };
        let after = begin + end + 2;
        let target = if out[after..].starts_with('(') { out[after..].find(')').map_or(after, |close| after + close + 1) } else { after };
        let word = out[begin + 1..begin + end + 1].to_owned();
        let word = word.rsplit("::").next().map_or(word.clone(), |last| format!("`{}", last.trim_start_matches('`')));
        out.replace_range(begin..target, &word);
    }
    out
}
