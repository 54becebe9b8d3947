//! Drawings in the language of Mermaid.

use std::collections::BTreeSet;

use super::diagram::{Block, Diagram, Form};
use super::family::Family;
use super::text;
use super::walk::Met;

pub(super) fn write(diagram: &Diagram) -> String {
    let mut lines = vec!["flowchart TD".to_owned()];
    let (mut indent, mut subgraphs) = ("    ".to_owned(), 0);
    for met in diagram.walk() {
        match met {
            Met::Enter(frame) => {
                let what = escaped(&frame.what);
                lines.push(format!("{indent}subgraph r{subgraphs} [\"× {}: {what}\"]", frame.times));
                indent.push_str("    ");
                subgraphs += 1;
            }
            Met::Block(number, block) => lines.push(format!("{indent}{}", node(number, block))),
            Met::Leave => {
                indent.truncate(indent.len() - 4);
                lines.push(format!("{indent}end"));
            }
        }
    }
    for link in &diagram.links {
        let shape = diagram.blocks[link.from].exits[link.exit].line(" / ");
        let sign = match diagram.blocks[link.to].form {
            Form::Join(_, true) if link.entry > 0 => " subtracted",
            _ => "",
        };
        lines.push(format!("    b{} -- \"{}{sign}\" --> b{}", link.from, escaped(&shape), link.to));
    }
    let used: BTreeSet<Family> = diagram.blocks.iter().map(|block| block.rows[0].family).collect();
    for family in used {
        let (fill, stroke) = family.colors();
        lines.push(format!("    classDef {} fill:{fill},stroke:{stroke},color:#1f2733", family.word()));
    }
    lines.push(String::new());
    lines.join("\n")
}

fn node(number: usize, block: &Block) -> String {
    let label = label(block);
    let node = match block.form {
        Form::Input | Form::Output => format!("([\"{label}\"])"),
        Form::Join(..) => format!("((\"{label}\"))"),
        Form::Concat => format!("[\"{label}\"]"),
        Form::Layers => format!("(\"{label}\")"),
    };
    format!("b{number}{node}:::{}", block.rows[0].family.word())
}

/// One line for each layer of a block. A join has its kind as text, because Mermaid takes a lone `+` or `-` for the beginning of a list.
fn label(block: &Block) -> String {
    let line = |row: &super::layers::Row| match block.form {
        Form::Join(..) => row.what.clone(),
        _ => escaped(&row.line()),
    };
    block.rows.iter().map(line).collect::<Vec<_>>().join("<br/>")
}

/// Text inside quotes. Characters that are special in Mermaid or HTML become entities.
fn escaped(word: &str) -> String {
    let mut out = String::new();
    for letter in word.chars() {
        match letter {
            '"' | '#' | '&' | '<' | '>' | '`' => out.push_str(&format!("#{};", u32::from(letter))),
            letter => out.push(text::visible(letter)),
        }
    }
    out
}
