//! Drawings in the language of Graphviz.

use super::diagram::{Block, Diagram, Form};
use super::text;
use super::walk::Met;

pub(super) fn write(diagram: &Diagram) -> String {
    let mut lines = vec![format!("digraph {} {{", quoted(&diagram.name))];
    lines.push(format!("  label={};", quoted(&format!("{}\n{}", diagram.name, diagram.totals))));
    lines.push("  labelloc=t; rankdir=TB; bgcolor=white;".to_owned());
    lines.push("  node [fontname=\"Helvetica\", fontsize=11, style=\"filled,rounded\", shape=box];".to_owned());
    lines.push("  edge [fontname=\"Helvetica\", fontsize=9, color=\"#7b8794\", fontcolor=\"#5a6675\"];".to_owned());
    let (mut indent, mut clusters) = ("  ".to_owned(), 0);
    for met in diagram.walk() {
        match met {
            Met::Enter(frame) => {
                let label = quoted(&format!("× {}: {}", frame.times, frame.what));
                lines.push(format!("{indent}subgraph cluster_{clusters} {{"));
                indent.push_str("  ");
                lines.push(format!(
                    "{indent}label={label}; labeljust=l; style=\"rounded,dashed\"; color=\"#94a0b0\"; fontname=\"Helvetica\";"
                ));
                clusters += 1;
            }
            Met::Block(number, block) => lines.push(format!("{indent}{}", node(number, block))),
            Met::Leave => {
                indent.truncate(indent.len() - 2);
                lines.push(format!("{indent}}}"));
            }
        }
    }
    for link in &diagram.links {
        let shape = quoted(&diagram.blocks[link.from].exits[link.exit].line("\n"));
        let sign = match diagram.blocks[link.to].form {
            Form::Join(_, true) => format!(", headlabel=\"{}\"", if link.entry == 0 { "+" } else { "−" }),
            _ => String::new(),
        };
        lines.push(format!("  b{} -> b{} [label={shape}{sign}];", link.from, link.to));
    }
    lines.push("}\n".to_owned());
    lines.join("\n")
}

fn node(number: usize, block: &Block) -> String {
    let (fill, stroke) = block.rows[0].family.colors();
    let form = match block.form {
        Form::Input | Form::Output => ", shape=oval, style=filled",
        Form::Join(..) => ", shape=circle, style=filled, margin=0, width=0.35",
        Form::Concat => ", style=filled, height=0.25",
        Form::Layers => "",
    };
    format!("b{number} [label={}, fillcolor=\"{fill}\", color=\"{stroke}\"{form}];", quoted(&label(block)))
}

/// One line for each layer of a block.
fn label(block: &Block) -> String {
    match block.form {
        Form::Join(sign, _) => sign.to_owned(),
        _ => block.rows.iter().map(|row| row.line()).collect::<Vec<_>>().join("\n"),
    }
}

/// A quoted string. Graphviz would take a backslash for the beginning of an escape sequence.
fn quoted(word: &str) -> String {
    let mut out = String::from("\"");
    for letter in word.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            letter => out.push(text::visible(letter)),
        }
    }
    out.push('"');
    out
}
