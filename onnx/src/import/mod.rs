//! From the bytes of an ONNX file to a graph and its tensors.

mod activation;
mod arithmetic;
mod arrange;
mod attention;
mod attributes;
mod cast;
mod convolution;
mod einsum;
mod elementwise;
mod error;
mod external;
mod extremum;
mod fold;
mod importer;
mod inputs;
mod integers;
mod known;
mod literal;
mod logic;
mod lookup;
mod moves;
mod norm;
mod pool;
mod product;
mod recurrent;
mod reduce;
mod repeat;
mod resample;
mod reshape;
mod resize;
mod samples;
mod value;

pub use error::{ImportError, Unfit};
use importer::{Finished, Importer};
pub use inputs::{BatchAxis, LoadOptions};
use layercake_ir::Graph;
use prost::Message;
use prost::bytes::Bytes;

use crate::beside::{Beside, Nothing};
use crate::{Tensor, proto};

/// The oldest version of ONNX's operators that is read.
pub const OLDEST_OPSET: i64 = 7;

/// The newest version of ONNX's operators that is read.
pub const NEWEST_OPSET: i64 = 28;

/// What a file holds.
#[derive(Clone, Debug)]
pub struct Imported {
    /// The network. Inputs and outputs have the file's names, and the batch first.
    pub graph: Graph,
    /// The tensors of the graph by path, in its order.
    pub tensors: Vec<(String, Tensor)>,
    /// The files beside the model that have numbers of it.
    pub files: Vec<String>,
    /// Where the batch is among the axes of the file's tensors.
    pub batch: BatchPlaces,
}

/// The position of the batch among the axes that tensors have in a file; None for one that is a sample as a whole. In the graph the batch is always first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchPlaces {
    /// Of each input of the graph.
    pub inputs: Vec<Option<usize>>,
    /// Of each output of the graph.
    pub outputs: Vec<Option<usize>>,
    /// The names of the outputs that have no other axis in the file: one number for each sample. In the graph it has an axis of size 1.
    pub single: Vec<String>,
}

/// Reads an ONNX file.
///
/// Memory: at most 128 times the size of the file, and 8 MiB.
///
/// # Errors
/// If the bytes are not an ONNX model, if a size is left open, or if the file has something that Layercake has no layer for: then all such nodes are
/// listed.
pub fn import(bytes: &[u8], options: &LoadOptions) -> Result<Imported, ImportError> {
    import_beside(bytes, options, &mut Nothing)
}

/// [`import`] of a model whose tensors may be in files beside it.
///
/// Memory: at most 128 times the size of the model and of the parts that are read of those files, and 8 MiB.
///
/// # Errors
/// The same as [`import`]; and if such a file cannot be read.
pub fn import_beside(bytes: &[u8], options: &LoadOptions, files: &mut dyn Beside) -> Result<Imported, ImportError> {
    check_length(bytes)?;
    let model = proto::Model::decode(Bytes::copy_from_slice(bytes)).map_err(|error| ImportError::Format(error.to_string()))?;
    let opset = model.opset_import.iter().find(|opset| opset.domain.is_empty() || opset.domain == "ai.onnx");
    let opset = opset.ok_or_else(|| ImportError::Format("it names no version of ONNX's operators".to_owned()))?.version;
    if !(OLDEST_OPSET..=NEWEST_OPSET).contains(&opset) {
        return Err(ImportError::Version { found: opset });
    }
    let mut graph = model.graph.ok_or_else(|| ImportError::Format("it has no graph".to_owned()))?;
    let (files, more) = external::resolve(&mut graph, files)?;
    let (importer, inputs) = Importer::of(&graph, opset, bytes.len().saturating_add(more), options)?;
    let Finished { graph, tensors, places: outputs, single } = importer.finish(graph)?;
    Ok(Imported { graph, tensors, files, batch: BatchPlaces { inputs, outputs, single } })
}

/// A message takes at least two bytes in a file and some hundred in memory. A file of nothing but tiny messages is refused before it is decoded.
fn check_length(bytes: &[u8]) -> Result<(), ImportError> {
    let messages = count(bytes, Kind::Model, 0)?;
    let most = bytes.len() / 8 + 1024;
    if messages > most {
        return Err(ImportError::Format(format!("{messages} messages in {} bytes; at most {most} are read", bytes.len())));
    }
    Ok(())
}

/// The messages whose parts are counted.
#[derive(Clone, Copy)]
enum Kind {
    Model,
    Graph,
    Node,
    Attribute,
    Tensor,
    Info,
    Type,
    TensorType,
    Shape,
    Leaf,
}

impl Kind {
    /// What a field holds; None for text, bytes and numbers.
    fn field(self, tag: u64) -> Option<Kind> {
        Some(match (self, tag) {
            (Kind::Model, 7) | (Kind::Attribute, 6) => Kind::Graph,
            (Kind::Graph, 1) => Kind::Node,
            (Kind::Graph, 5) | (Kind::Attribute, 5) => Kind::Tensor,
            (Kind::Graph, 11..=13) => Kind::Info,
            (Kind::Node, 5) => Kind::Attribute,
            (Kind::Info, 2) => Kind::Type,
            (Kind::Type, 1) => Kind::TensorType,
            (Kind::TensorType, 2) => Kind::Shape,
            // Texts that are repeated count too: each is a `String` in memory.
            (Kind::Model, 8) | (Kind::Node, 1 | 2) | (Kind::Attribute, 9) | (Kind::Tensor, 13) | (Kind::Shape, 1) => Kind::Leaf,
            _ => return None,
        })
    }
}

/// The number of messages in a message. What is malformed is left to the decoder.
fn count(mut bytes: &[u8], kind: Kind, depth: usize) -> Result<usize, ImportError> {
    if depth > 64 {
        return Err(ImportError::Format("messages in messages, more than 64 deep".to_owned()));
    }
    let mut messages = 0;
    while let Some(key) = varint(&mut bytes) {
        let skip = match key & 7 {
            0 => {
                varint(&mut bytes);
                continue;
            }
            1 => 8,
            2 => match varint(&mut bytes) {
                Some(length) => usize::try_from(length).unwrap_or(usize::MAX),
                None => break,
            },
            5 => 4,
            _ => break,
        };
        let Some((inner, rest)) = bytes.split_at_checked(skip) else { break };
        if key & 7 == 2
            && let Some(inside) = kind.field(key >> 3)
        {
            messages += 1 + if matches!(inside, Kind::Leaf) { 0 } else { count(inner, inside, depth + 1)? };
        }
        bytes = rest;
    }
    Ok(messages)
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..70).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 127).checked_shl(shift).unwrap_or(0);
        if byte < 128 {
            return Some(number);
        }
    }
    None
}
