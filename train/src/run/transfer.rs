//! Training that begins with the parameters of another run.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use layercake::dfdx::nn::tensor_collection::TensorCollection;
use layercake::io::load_matching;
use layercake::ir::Graph;
use layercake::prelude::*;
use serde::{Deserialize, Serialize};

use super::differences::Differences;
use super::{RunConfig, verify_parameters};
use crate::checkpoint::Sum;
use crate::trainer::Steps;
use crate::{Optimizers, TrainError};

/// The parameters that a run begins with, and which of them it trains; in `config.json`, since a resumed run freezes the same.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transfer {
    /// A parameter file, the folder of a run or, with the feature `onnx`, an ONNX file.
    pub from: PathBuf,
    /// The layers and parameters that are not trained, as patterns of their paths: see [`Frozen`](layercake::model::Frozen).
    #[serde(default)]
    pub freeze: Vec<String>,
    /// Whether the last layer is a new one. The file need not have it, or may have it with another number of outputs. It is trained, whatever `freeze` says.
    #[serde(default)]
    pub head: bool,
    /// The CRC-32 of the file, filled in when it was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crc32: Option<u32>,
}

impl Transfer {
    /// All parameters from a file, all of them trained.
    pub fn new(from: impl Into<PathBuf>) -> Self {
        Self { from: from.into(), ..Self::default() }
    }

    /// The parameter file.
    fn file(&self) -> PathBuf {
        if self.from.is_dir() { self.from.join("model.safetensors") } else { self.from.clone() }
    }

    /// Loads the parameters into a network.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read, changed since the run began, or is not one of this network; the network may be changed then.
    pub(super) fn load<N, D>(&mut self, net: &mut N, graph: &Graph) -> Result<(), TrainError>
    where
        N: TensorCollection<f32, D>,
        D: Device<f32>,
    {
        let file = self.file();
        verify_parameters(&file)?;
        let found = Sum::of(&file)?.crc32;
        if let Some(known) = self.crc32.replace(found).filter(|&known| known != found) {
            let reason = format!("changed since the run began with it: the checksum was {known:08x}, found {found:08x}");
            return Err(TrainError::Content { path: file, reason });
        }
        let head = self.head.then(|| head(graph)).transpose()?;
        if file.extension().is_some_and(|ending| ending == "onnx") {
            return self.load_onnx::<_, D>(net, &file);
        }
        // The last layer keeps its initial values, also if the file has one of the same shape.
        let mut kept = BTreeMap::new();
        for tensor in net.named_tensors().iter().filter(|tensor| head.is_some_and(|head| is_of(tensor.path(), head))) {
            kept.insert(tensor.path().to_owned(), tensor.to_vec());
        }
        let report = load_matching(net, &file)?;
        net.for_each_tensor_mut(|mut tensor| {
            if let Some(initial) = kept.get(tensor.path()) {
                tensor.copy_from(initial);
            }
        });
        let model = RunConfig::read(&file.with_file_name("config.json")).ok().map(|config| config.model);
        let differences =
            Differences { graph, last: self::head(graph).ok(), new_head: self.head, model: model.as_deref(), report: &report };
        match differences.reason() {
            Some(reason) => Err(TrainError::Content { path: file, reason }),
            None => Ok(()),
        }
    }

    #[cfg(feature = "onnx")]
    fn load_onnx<N: TensorCollection<f32, D>, D: Device<f32>>(&self, net: &mut N, file: &Path) -> Result<(), TrainError> {
        if self.head {
            let reason = "`--head` takes a parameter file or a run folder, not an ONNX file".to_owned();
            return Err(TrainError::Content { path: file.to_owned(), reason });
        }
        layercake::io::onnx::load_parameters(net, file).map_err(|error| TrainError::Setting(error.to_string()))
    }

    #[cfg(not(feature = "onnx"))]
    fn load_onnx<N, D>(&self, _: &mut N, file: &Path) -> Result<(), TrainError> {
        let reason = "this build does not read ONNX files; they need the feature `onnx`".to_owned();
        Err(TrainError::Content { path: file.to_owned(), reason })
    }

    /// Freezes the parameters in the optimizer.
    ///
    /// # Errors
    /// Returns an error if a pattern matches no parameter, or no parameter is left to be trained.
    pub(super) fn freeze<N, O, D>(&self, net: &N, optimizer: &mut O, graph: &Graph) -> Result<(), TrainError>
    where
        N: TensorCollection<f32, D>,
        O: Optimizers<N, D>,
        D: Device<f32>,
    {
        for pattern in &self.freeze {
            let unknown = |error| TrainError::Setting(format!("`--freeze`: {error}; `*` stands for any characters"));
            players(optimizer, |player| player.freeze(net, pattern)).map_err(unknown)?;
        }
        if self.head && !self.freeze.is_empty() {
            let head = head(graph)?;
            players(optimizer, |player| player.unfreeze(net, head)).map_err(|error| TrainError::Network(error.to_string()))?;
        }
        if !net.named_parameters().iter().any(|tensor| is_moved(optimizer, tensor.path())) {
            let patterns = crate::data::listed(&self.freeze);
            return Err(TrainError::Setting(format!(
                "`--freeze` {patterns} leaves no parameter to be trained; `--head` trains a new last layer"
            )));
        }
        Ok(())
    }

    /// What becomes of each layer.
    pub(super) fn table<N, O, D>(&self, net: &N, optimizer: &O, graph: &Graph) -> TransferTable
    where
        N: TensorCollection<f32, D>,
        O: Optimizers<N, D>,
        D: Device<f32>,
    {
        let head = if self.head { self::head(graph).ok() } else { None };
        let mut table = TransferTable { from: self.file(), rows: Vec::new() };
        for tensor in net.named_parameters() {
            let (path, count) = (tensor.path(), tensor.element_count());
            let layer = path.rsplit_once('.').map_or(path, |(layer, _)| layer);
            if table.rows.last().is_none_or(|row| row.layer != layer) {
                let new = head.is_some_and(|head| is_of(path, head));
                table.rows.push(Row { layer: layer.to_owned(), parameters: 0, frozen: 0, new });
            }
            if let Some(row) = table.rows.last_mut() {
                row.parameters += count;
                row.frozen += if is_moved(optimizer, path) { 0 } else { count };
            }
        }
        table
    }
}

/// Does the same with each optimizer.
fn players<M, D: Storage<f32>, O: Optimizers<M, D>, E>(
    optimizer: &mut O,
    mut change: impl FnMut(&mut dyn Steps<M, D>) -> Result<(), E>,
) -> Result<(), E> {
    (0..optimizer.count()).try_for_each(|number| change(optimizer.player_mut(number)))
}

/// Whether an optimizer moves the parameter with this path.
fn is_moved<M, D: Storage<f32>, O: Optimizers<M, D>>(optimizer: &O, path: &str) -> bool {
    (0..optimizer.count()).any(|number| optimizer.player(number).moves(path))
}

/// The path of the last layer with parameters.
fn head(graph: &Graph) -> Result<&str, TrainError> {
    let [output] = graph.outputs() else {
        return Err(TrainError::Setting(format!(
            "`--head` needs a network with one output; `{}` has {}",
            graph.name(),
            graph.outputs().len()
        )));
    };
    let mut value = output.value;
    while let Some((index, _)) = graph.producer(value) {
        let node = &graph.nodes()[index];
        if !node.params().as_slice().is_empty() {
            return match node.shares {
                None => Ok(&node.name),
                Some(owner) => Err(TrainError::Setting(format!(
                    "`--head`: the last layer `{}` shares its parameters with `{}`",
                    node.name,
                    graph.nodes()[owner].name
                ))),
            };
        }
        let Some(&input) = node.inputs().first() else { break };
        value = input;
    }
    Err(TrainError::Setting(format!("`--head`: the output of `{}` does not come from a layer with parameters", graph.name())))
}

/// Whether a tensor is of a layer.
pub(super) fn is_of(path: &str, layer: &str) -> bool {
    path.strip_prefix(layer).is_some_and(|rest| rest.starts_with('.'))
}

/// What became of each layer: which parameters are from the file, which are new, and which are frozen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TransferTable {
    from: PathBuf,
    rows: Vec<Row>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    layer: String,
    parameters: usize,
    frozen: usize,
    new: bool,
}

impl fmt::Display for TransferTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.rows.iter().map(|row| row.layer.chars().count()).fold("layer".len(), usize::max);
        writeln!(f, "{:width$}  parameters  values  training", "layer")?;
        for Row { layer, parameters, frozen, new } in &self.rows {
            let values = if *new { "new" } else { "file" };
            let training = match *frozen {
                0 => "trained",
                all if all == *parameters => "frozen",
                _ => "partly frozen",
            };
            writeln!(f, "{layer:width$}  {:>10}  {values:6}  {training}", indicatif::HumanCount(*parameters as u64).to_string())?;
        }
        let sum = |count: &dyn Fn(&Row) -> usize| indicatif::HumanCount(self.rows.iter().map(count).sum::<usize>() as u64);
        let [all, new, frozen] = [sum(&|row| row.parameters), sum(&|row| if row.new { row.parameters } else { 0 }), sum(&|row| row.frozen)];
        write!(f, "{all} parameters, {new} of them new, {frozen} frozen, the others from {}", self.from.display())
    }
}
