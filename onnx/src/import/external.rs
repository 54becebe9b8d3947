//! Numbers that are in other files.

use super::ImportError;
use crate::beside::{Beside, Section};
use crate::proto;

/// `TensorProto.DataLocation.EXTERNAL`
const EXTERNAL: i32 = 1;

/// Reads the numbers of all tensors that have them elsewhere. Returns the names of the files, and how many bytes were read.
pub(super) fn resolve(graph: &mut proto::Graph, files: &mut dyn Beside) -> Result<(Vec<String>, usize), ImportError> {
    let mut found = Found { files, names: Vec::new(), bytes: 0, wrong: Vec::new() };
    found.graph(graph, 0);
    if found.wrong.is_empty() { Ok((found.names, found.bytes)) } else { Err(ImportError::Values(found.wrong)) }
}

struct Found<'a> {
    files: &'a mut dyn Beside,
    names: Vec<String>,
    bytes: usize,
    wrong: Vec<String>,
}

impl Found<'_> {
    fn graph(&mut self, graph: &mut proto::Graph, depth: usize) {
        graph.initializer.iter_mut().for_each(|tensor| self.tensor(tensor));
        for attribute in graph.node.iter_mut().flat_map(|node| &mut node.attribute) {
            if let Some(tensor) = &mut attribute.t {
                self.tensor(tensor);
            }
            if let Some(inner) = attribute.g.as_mut().filter(|_| depth < 64) {
                self.graph(inner, depth + 1);
            }
        }
    }

    fn tensor(&mut self, tensor: &mut proto::Tensor) {
        if tensor.data_location != EXTERNAL {
            return;
        }
        match section(&tensor.external_data).and_then(|section| Ok((self.files.read(&section)?, section))) {
            Ok((bytes, section)) => {
                self.bytes = self.bytes.saturating_add(bytes.len());
                tensor.raw_data = bytes.into();
                tensor.data_location = 0;
                tensor.external_data.clear();
                if !self.names.contains(&section.location) {
                    self.names.push(section.location);
                }
            }
            Err(reason) => self.wrong.push(format!("the tensor `{}`: {reason}", tensor.name)),
        }
    }
}

fn section(entries: &[proto::Entry]) -> Result<Section, String> {
    let find = |key: &str| entries.iter().find(|entry| entry.key == key).map(|entry| entry.value.as_str());
    let number = |key: &str| match find(key) {
        Some(text) => text.parse().map(Some).map_err(|_| format!("`{key}` of its numbers is `{text}`")),
        None => Ok(None),
    };
    let location = find("location").ok_or("it does not say where its numbers are")?.to_owned();
    Ok(Section { location, offset: number("offset")?.unwrap_or(0), length: number("length")? })
}
