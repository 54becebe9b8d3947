//! From text to graph. All rules are applied again: what the file states is only compared with their results.

use std::collections::HashMap;

use layercake_ir::{Builder, Graph, Init, MAX_RANK, MAX_VALUES, Shape};
use serde::Deserialize;
use serde_json::Value;

use super::fields::Fields;
use super::tree::{MOST_NUMBER, Tree, short};
use super::{FORMAT, JsonError, VERSION, op};

/// The maximum length of a text: several times that of the largest known graph.
pub(super) const MOST_BYTES: usize = 4 << 20;
/// The maximum number of inputs of all nodes together. DenseNet-264, the most densely connected known network, has under 10,000.
const MOST_LINKS: usize = 8 * MAX_VALUES;
/// The maximum number of elements of all values, and of all parameters.
const MOST_NUMBERS: u64 = 1 << 53;

pub(super) fn read(text: &str) -> Result<Graph, JsonError> {
    if text.len() > MOST_BYTES {
        return Err(JsonError::TooLong { limit: MOST_BYTES });
    }
    let tree = serde_json::from_str(text).map_err(|error| JsonError::Syntax { reason: error.to_string() })?;
    let mut file = Fields::of(tree, "the graph".to_owned())?;
    match file.take("format") {
        Some(Tree::Leaf(Value::String(format))) if format == FORMAT => {}
        other => return Err(JsonError::Format { found: describe(other) }),
    }
    match file.take("version") {
        Some(Tree::Leaf(Value::Number(version))) if version.as_u64() == Some(VERSION) => {}
        other => return Err(JsonError::Version { expected: VERSION, found: describe(other) }),
    }
    let name = file.name()?;
    let (inputs, nodes, outputs) = (file.list("inputs")?, file.list("nodes")?, file.list("outputs")?);
    file.done()?;
    at_most("values", MAX_VALUES as u64, (inputs.len() + nodes.len()) as u64)?;
    at_most("outputs", MAX_VALUES as u64, outputs.len() as u64)?;

    let mut reader = Reader { builder: Builder::new(&name), names: HashMap::new(), layers: HashMap::new(), links: 0 };
    for (i, input) in inputs.into_iter().enumerate() {
        reader.input(input, i)?;
    }
    for (i, node) in nodes.into_iter().enumerate() {
        reader.node(node, i)?;
    }
    let outputs = outputs.into_iter().enumerate().map(|(i, output)| reader.output(output, i)).collect::<Result<Vec<_>, _>>()?;
    let outputs: Vec<(&str, usize)> = outputs.iter().map(|(name, value)| (&**name, *value)).collect();
    let graph = reader.builder.try_finish(&outputs)?;
    at_most("numbers in all values", MOST_NUMBERS, graph.activations() as u64)?;
    at_most("parameters", MOST_NUMBERS, graph.params() as u64)?;
    Ok(graph)
}

struct Reader {
    builder: Builder,
    /// The first and the last value with each name.
    names: HashMap<String, (usize, usize)>,
    /// The first output of the first layer of each name. An input has no tensors to share, which [`Builder`] says.
    layers: HashMap<String, usize>,
    links: usize,
}

impl Reader {
    fn input(&mut self, tree: Tree, i: usize) -> Result<(), JsonError> {
        let mut fields = Fields::of(tree, format!("input {i}"))?;
        let name = fields.name()?;
        fields.place = format!("input `{name}`");
        let sizes = fields.list("shape")?;
        let shape = shape(&fields, "shape", sizes)?;
        let ids = match fields.take("ids") {
            None => false,
            Some(Tree::Leaf(Value::Bool(ids))) => ids,
            Some(other) => return Err(fields.wrong("ids", "true or false", &other)),
        };
        let shape = shape.of_ids(ids);
        fields.done()?;
        let value = self.builder.input(&name, shape)?;
        self.layers.insert(name.clone(), value);
        self.named(name, value);
        Ok(())
    }

    fn node(&mut self, tree: Tree, i: usize) -> Result<(), JsonError> {
        let mut fields = Fields::of(tree, format!("node {i}"))?;
        let name = fields.name()?;
        fields.place = format!("node `{name}`");
        let kind = fields.text("op")?;
        let inputs = fields.list("inputs")?;
        self.links += inputs.len();
        at_most("inputs of all nodes", MOST_LINKS as u64, self.links as u64)?;
        let inputs = inputs.into_iter().map(|input| self.value(&fields, "inputs", input)).collect::<Result<Vec<_>, _>>()?;
        let shares = fields.take("shares").map(|tree| self.layer(&fields, tree)).transpose()?;
        let init = fields.take("init").map(|tree| self::init(&fields, &tree)).transpose()?;
        let mut stated = Vec::new();
        match fields.take("output") {
            None => {}
            Some(Tree::List(sizes)) => stated.push(shape(&fields, "output", sizes)?),
            Some(other) => return Err(fields.wrong("output", "a list", &other)),
        }
        match fields.take("outputs") {
            None => {}
            Some(Tree::List(list)) => {
                for output in list {
                    match output {
                        Tree::List(sizes) => stated.push(shape(&fields, "outputs", sizes)?),
                        other => return Err(fields.wrong("outputs", "a list of lists", &other)),
                    }
                }
            }
            Some(other) => return Err(fields.wrong("outputs", "a list", &other)),
        }
        let place = fields.place.clone();
        let op = op::read(&kind, fields)?;
        let value = match shares {
            None => self.builder.add(&name, op, &inputs)?,
            Some(layer) => self.builder.add_shared(&name, op, &inputs, layer)?,
        };
        if let Some(init) = init {
            self.builder.init(value, init)?;
        }
        let node = self.builder.last().expect("a node was added");
        // A graph that can be read can also be written.
        let largest = node.shapes().flat_map(|shape| shape.dims()).copied().max().unwrap_or(0);
        at_most("elements along one axis", MOST_NUMBER, largest as u64)?;
        at_most("values", MAX_VALUES as u64, node.values().end as u64)?;
        if !stated.is_empty() && stated.len() != node.outputs() {
            return Err(JsonError::Outputs { place, stated: stated.len(), found: node.outputs() });
        }
        if let Some((&stated, &found)) = stated.iter().zip(node.shapes()).find(|(stated, found)| stated != found) {
            return Err(JsonError::Shape { place, stated, found });
        }
        let names: Vec<String> = (0..node.outputs()).map(|output| node.output_name(output).into_owned()).collect();
        for (output, name) in names.into_iter().enumerate() {
            self.named(name, value + output);
        }
        self.layers.entry(name).or_insert(value);
        Ok(())
    }

    fn output(&self, tree: Tree, i: usize) -> Result<(String, usize), JsonError> {
        let mut fields = Fields::of(tree, format!("output {i}"))?;
        let name = fields.name()?;
        fields.place = format!("output `{name}`");
        let value = fields.take("value");
        let value = value.ok_or_else(|| JsonError::Missing { place: fields.place.clone(), field: "value".to_owned() })?;
        let value = self.value(&fields, "value", value)?;
        fields.done()?;
        Ok((name, value))
    }

    fn named(&mut self, name: String, value: usize) {
        self.names.entry(name).and_modify(|(_, last)| *last = value).or_insert((value, value));
    }

    /// The index of a value, by its name or number.
    fn value(&self, fields: &Fields, field: &str, tree: Tree) -> Result<usize, JsonError> {
        match tree {
            Tree::Leaf(Value::String(name)) => match self.names.get(&name) {
                Some(&(first, last)) if first == last => Ok(first),
                Some(_) => Err(nameless(fields, "several values have this name; expected the number of one of them", name)),
                None if self.layers.contains_key(&name) => {
                    Err(nameless(fields, "expected one of the outputs of this node, such as `lstm.h_n`", name))
                }
                None => Err(nameless(fields, "expected the name of an input or of an earlier node", name)),
            },
            Tree::Leaf(Value::Number(number)) if number.is_u64() => {
                // A number that does not fit into `usize` exceeds the number of values anyway, and is refused for that reason.
                Ok(number.as_u64().and_then(|number| usize::try_from(number).ok()).unwrap_or(usize::MAX))
            }
            other => Err(fields.wrong(field, "the name or number of a value", &other)),
        }
    }

    /// The layer whose tensors are shared. All layers with one name share them, so the first one is used.
    fn layer(&self, fields: &Fields, tree: Tree) -> Result<usize, JsonError> {
        match tree {
            Tree::Leaf(Value::String(name)) => match self.layers.get(&name) {
                Some(&first) => Ok(first),
                None => Err(nameless(fields, "expected the name of an earlier node in `shares`", name)),
            },
            other => Err(fields.wrong("shares", "the name of an earlier node", &other)),
        }
    }
}

/// `{"kaiming_normal": {"fan": "fan_in", "gain": 1.0}}`
fn init(fields: &Fields, tree: &Tree) -> Result<Init, JsonError> {
    let read = serde_json::to_value(tree).and_then(Init::deserialize);
    read.map_err(|error| JsonError::Options { place: fields.place.clone(), reason: format!("`init`: {}", short(&error.to_string())) })
}

fn nameless(fields: &Fields, reason: &'static str, found: String) -> JsonError {
    JsonError::Name { place: fields.place.clone(), reason, found: short(&found) }
}

fn shape(fields: &Fields, field: &str, sizes: Vec<Tree>) -> Result<Shape, JsonError> {
    let number = |tree: &Tree| match tree {
        Tree::Leaf(Value::Number(number)) => number.as_u64().and_then(|size| usize::try_from(size).ok()),
        _ => None,
    };
    let dims: Option<Vec<usize>> = sizes.iter().map(number).collect();
    match dims {
        Some(dims) if (1..=MAX_RANK).contains(&dims.len()) => Ok(Shape::new(&dims)),
        _ => Err(fields.wrong(field, "1 to 5 sizes", &Tree::List(sizes))),
    }
}

fn at_most(what: &'static str, most: u64, found: u64) -> Result<(), JsonError> {
    if found <= most { Ok(()) } else { Err(JsonError::TooMany { what, limit: most, found }) }
}

fn describe(tree: Option<Tree>) -> String {
    tree.map_or_else(|| "none".to_owned(), |tree| tree.describe())
}
