//! From graph to text: one line for each input, node and output.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::{self, Write};

use layercake_ir::{Graph, Node, Shape};
use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

use super::tree::Tree;
use super::{FORMAT, JsonError, VERSION, op, read};

/// Writes a graph; networks in it are expanded first.
pub(super) fn write(graph: &Graph) -> Result<String, JsonError> {
    let unwritable = |reason: String| JsonError::Unwritable { name: graph.name.to_string(), reason };
    graph.check().map_err(|mistake| unwritable(mistake.to_string()))?;
    let graph = graph.inlined();
    let mut names: HashMap<Cow<'_, str>, usize> = HashMap::new();
    for value in 0..graph.values() {
        *names.entry(graph.value_name(value)).or_default() += 1;
    }
    // A name that several values have is ambiguous.
    let value = |value: usize| match graph.value_name(value) {
        name if names[&name] == 1 => Tree::from(&*name),
        _ => Tree::from(value),
    };
    let mut nodes = Vec::new();
    for node in graph.nodes() {
        nodes.push(write_node(&graph, node, value).ok_or_else(|| unwritable(format!("`{}` is a {}", node.name, node.op.kind())))?);
    }
    let inputs = graph.inputs().iter().map(|port| {
        let fields = [("name", (*port.name).into()), ("shape", sizes(&port.shape))];
        let Tree::Object(mut fields) = object(fields) else { unreachable!("an object was made") };
        if port.shape.is_ids() {
            fields.push(("ids".to_owned(), Tree::Leaf(true.into())));
        }
        Tree::Object(fields)
    });
    let outputs = graph.outputs().iter().map(|port| object([("name", (*port.name).into()), ("value", value(port.value))]));
    let file = object([
        ("format", FORMAT.into()),
        ("version", Tree::Leaf(VERSION.into())),
        ("name", (*graph.name).into()),
        ("inputs", Tree::List(inputs.collect())),
        ("nodes", Tree::List(nodes)),
        ("outputs", Tree::List(outputs.collect())),
    ]);
    let mut bytes = Vec::new();
    let written = file.serialize(&mut Serializer::with_formatter(&mut bytes, Lines::default()));
    written.map_err(|error| unwritable(error.to_string()))?;
    bytes.push(b'\n');
    let text = String::from_utf8(bytes).map_err(|error| unwritable(error.to_string()))?;
    // Reading the text back detects everything that a file cannot represent, such as a NaN option or a name that is too long.
    match read::read(&text) {
        Ok(again) if again == graph => Ok(text),
        Ok(_) => Err(unwritable("it would not read back as the same graph".to_owned())),
        Err(error) => Err(unwritable(format!("it could not be read back: {error}"))),
    }
}

/// `None` if the operation cannot be written.
fn write_node(graph: &Graph, node: &Node, value: impl Fn(usize) -> Tree) -> Option<Tree> {
    let mut fields = vec![("name".to_owned(), (*node.name).into()), ("op".to_owned(), node.op.kind().into())];
    fields.extend(op::options(&node.op)?);
    fields.push(("inputs".to_owned(), Tree::List(node.inputs().iter().map(|&input| value(input)).collect())));
    if let Some(owner) = node.shares {
        fields.push(("shares".to_owned(), (*graph.nodes()[owner].name).into()));
    }
    if let Some(init) = &node.init {
        fields.push(("init".to_owned(), serde_json::from_str(&serde_json::to_string(init).ok()?).ok()?));
    }
    fields.push(match node.outputs() {
        1 => ("output".to_owned(), sizes(&node.output)),
        _ => ("outputs".to_owned(), Tree::List(node.shapes().map(sizes).collect())),
    });
    Some(Tree::Object(fields))
}

fn object<const N: usize>(fields: [(&str, Tree); N]) -> Tree {
    Tree::Object(fields.into_iter().map(|(name, tree)| (name.to_owned(), tree)).collect())
}

fn sizes(shape: &Shape) -> Tree {
    Tree::List(shape.dims().iter().map(|&size| size.into()).collect())
}

/// Puts each field of the file, and each item of its lists, on a line of its own.
#[derive(Default)]
struct Lines {
    depth: usize,
    /// Whether anything was written since the last bracket.
    filled: bool,
}

const BROKEN: usize = 2;

impl Lines {
    fn open<W: Write + ?Sized>(&mut self, writer: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.depth += 1;
        self.filled = false;
        writer.write_all(bracket)
    }

    fn next<W: Write + ?Sized>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        match (self.depth <= BROKEN, first) {
            (true, first) => {
                writer.write_all(if first { b"\n" } else { b",\n" })?;
                (0..self.depth).try_for_each(|_| writer.write_all(b"  "))
            }
            (false, true) => Ok(()),
            (false, false) => writer.write_all(b", "),
        }
    }

    fn close<W: Write + ?Sized>(&mut self, writer: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.depth -= 1;
        if self.depth < BROKEN && self.filled {
            writer.write_all(b"\n")?;
            (0..self.depth).try_for_each(|_| writer.write_all(b"  "))?;
        }
        self.filled = true;
        writer.write_all(bracket)
    }
}

impl Formatter for Lines {
    fn begin_array<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.open(writer, b"[")
    }

    fn begin_array_value<W: Write + ?Sized>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.next(writer, first)
    }

    fn end_array_value<W: Write + ?Sized>(&mut self, _: &mut W) -> io::Result<()> {
        self.filled = true;
        Ok(())
    }

    fn end_array<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.close(writer, b"]")
    }

    fn begin_object<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.open(writer, b"{")
    }

    fn begin_object_key<W: Write + ?Sized>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.next(writer, first)
    }

    fn begin_object_value<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }

    fn end_object_value<W: Write + ?Sized>(&mut self, _: &mut W) -> io::Result<()> {
        self.filled = true;
        Ok(())
    }

    fn end_object<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.close(writer, b"}")
    }
}
