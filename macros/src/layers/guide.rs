//! The guide's list of layers, generated from the specifications in `layercake-ir`, so that it is never out of date.
//!
//! After a change: `LAYERCAKE_WRITE=1 cargo test -p layercake-macros guide`.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use layercake_ir::spec::Family;

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
    assert!(found == expected, "{} is out of date; the first lines of this test's file say how to regenerate it", path.display());
}

fn list() -> String {
    let mut out = String::from(
        "# The layers\n\nThis page is generated from the specifications of the layers. Shapes are those of one sample, without the batch: \
         `[channels, height, width]` for images. Options follow the sizes, by name. A pair is `(height, width)`, or one number for both.\n\n\
         | | |\n|--|--|\n",
    );
    let mut families: Vec<Family> = Vec::new();
    for row in all() {
        if !families.contains(&row.family) {
            families.push(row.family);
        }
    }
    for &family in &families {
        let links: Vec<String> = of(family).map(|row| format!("[`{0}`](#{1})", row.kind, row.kind.to_lowercase())).collect();
        writeln!(out, "| {} | {} |", title(family), links.join(", ")).unwrap();
    }
    for &family in &families {
        write!(out, "\n## {}\n", title(family)).unwrap();
        for row in of(family) {
            layer(&mut out, row);
        }
    }
    out
}

fn of(family: Family) -> impl Iterator<Item = &'static Row> {
    all().filter(move |row| row.family == family)
}

/// The heading of a chapter.
fn title(family: Family) -> &'static str {
    match family {
        Family::Linear => "Linear",
        Family::Convolution => "Convolution",
        Family::Pooling => "Pooling and resizing",
        Family::Activation => "Activation",
        Family::Normalization => "Normalization",
        Family::Regularization => "Regularization",
        Family::Recurrent => "Recurrent",
        Family::Attention => "Embedding and attention",
        Family::Shape => "Shape and reduction",
        Family::Join => "Joins",
        Family::Network | Family::Other => "Other",
    }
}

/// The section of one layer.
fn layer(out: &mut String, row: &'static Row) {
    let about = plain(&row.about());
    assert!(!about.is_empty(), "`{}` has no documentation", row.kind);
    write!(out, "\n### {}\n\n{about}\n\n", row.kind).unwrap();
    let block = network(row, row.example);
    let shapes = with_model(&block, |model, _| {
        let node = node(model, row);
        let input = if is_unpool(row) { "[6, 4, 4]".to_owned() } else { model.inputs[0].flow.text() };
        format!(
            "`{}` turns `{input}` into `{}`.",
            row.example,
            node.outputs.iter().map(crate::flow::Flow::text).collect::<Vec<_>>().join("` and `")
        )
    });
    writeln!(out, "{shapes}").unwrap();
    let positions = match row.positions() {
        Positions::InOut { what, .. } => format!("Sizes: the output {what}, or `in -> out`, where `in` is checked."),
        Positions::Features(_) => "Size: the number of features, which is inferred if left out.".to_owned(),
        Positions::Option(_) if is_unpool(row) => "The argument is the name of an earlier `MaxPool2d`, whose options it uses.".to_owned(),
        Positions::Option(name) => format!("`{name}` may be given first, without its name."),
        Positions::List(name) => format!("`{name}` may be given first, without its name, as a list of numbers."),
        Positions::None if is_join(row) => {
            "The arguments are the tags of the tensors to join with the current one; branches in braces may replace them.".to_owned()
        }
        Positions::None => String::new(),
    };
    if !positions.is_empty() {
        write!(out, "\n{positions}\n").unwrap();
    }
    if (!row.has_no_options() || row.module.is_some()) && !is_unpool(row) {
        out.push_str("\n| option | value | default |\n|--|--|--|\n");
        for option in row.options() {
            writeln!(out, "| `{}` | {} | {} |", option.name, kind(option.kind), default(option)).unwrap();
        }
        for (other, variation) in super::variations(row) {
            let field = other.option(variation.field).expect("a variation names an option of its operation");
            writeln!(out, "| `{}` | {} | {} |", variation.option, kind(field.kind), variation.without).unwrap();
        }
        if row.module.is_some() {
            out.push_str("| `init` | an initialization rule | PyTorch's default |\n");
        }
    }
}

fn kind(kind: Kind) -> String {
    match kind {
        Kind::Size => "an integer".to_owned(),
        Kind::Pair => "a pair of integers".to_owned(),
        Kind::Float => "a number".to_owned(),
        Kind::Bool => "`true` or `false`".to_owned(),
        Kind::Word(words) => words.list.iter().map(|(word, _)| format!("`{word}`")).collect::<Vec<_>>().join(", "),
        Kind::List { inferred: true, .. } => "a list of integers, one of which may be `_`".to_owned(),
        Kind::List { inferred: false, .. } => "a list of integers".to_owned(),
    }
}

fn default(option: &Choice) -> String {
    match option.default {
        Default::Required => "required".to_owned(),
        Default::Infer => "inferred".to_owned(),
        Default::Size(size) => format!("`{size}`"),
        Default::Float(number) => format!("`{number:?}`"),
        Default::Bool(value) => format!("`{value}`"),
        Default::Word(word) => format!("`{word}`"),
        Default::Same(other) => format!("the value of `{other}`"),
    }
}

/// Removes links to items of `layercake-ir`, which do not resolve in the guide.
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
