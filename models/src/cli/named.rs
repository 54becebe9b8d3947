//! What the arguments of a command name: models, networks in files, data sets, environments.

use std::ffi::OsStr;
use std::path::Path;

use layercake::io::load_graph;
use layercake::ir::Graph;
use layercake_models::{ModelError, ZooModel, zoo};
use layercake_train::data::KnownDataset;
use layercake_train::rl::KnownEnvironment;

use crate::args::Shown;
use crate::error::CommandError;

/// The graph of a graph file, of an ONNX file or of a run on own data; None for a name.
pub(crate) fn file(Shown { model, size, .. }: &Shown) -> Result<Option<Graph>, CommandError> {
    let ending = Path::new(model).extension().and_then(OsStr::to_str);
    if let Some(size) = size.first().filter(|_| ending != Some("onnx")) {
        let option = format!("`--size {}` has no effect on `{model}`: it gives what an ONNX file leaves open", size.text);
        return Err(ModelError::Option(option).into());
    }
    match ending {
        Some("json") => Ok(Some(load_graph(model)?)),
        #[cfg(feature = "onnx")]
        Some("onnx") => Ok(Some(crate::onnx::graph(Path::new(model), size)?)),
        _ => crate::own::graph_of_run(Path::new(model)),
    }
}

/// The graph of a model, of a graph file, or of an ONNX file.
pub(crate) fn graph(shown: &Shown) -> Result<Graph, CommandError> {
    let Shown { model: name, environment: wanted, variant, .. } = shown;
    let wanted = wanted.as_deref().map(environment).transpose()?;
    if let Some(graph) = file(shown)? {
        if wanted.is_some() {
            let option = format!("`--env` has no effect on `{name}`: it is the environment of an agent of the zoo");
            return Err(ModelError::Option(option).into());
        }
        if let Some(variant) = variant {
            let option = format!("`--variant {variant}` has no effect on `{name}`: it chooses a network of a model of the zoo");
            return Err(ModelError::Option(option).into());
        }
        return Ok(graph);
    }
    let model = named(name)?;
    if let Some(variant) = variant {
        return Ok(model.graph_of(variant)?.clone());
    }
    if let Some(environment) = wanted {
        return Ok(model.graph_in(environment)?.clone());
    }
    let graph = model.graph().ok_or(ModelError::Unsupported { model: model.name(), action: "shown", reason: "it is not a network" })?;
    Ok(graph.clone())
}

pub(crate) fn named(name: &str) -> Result<Box<dyn ZooModel>, CommandError> {
    let all = zoo();
    let unknown = CommandError::unknown("model", name, all.iter().map(|model| model.name()));
    all.into_iter().find(|model| model.name() == name).ok_or(unknown)
}

pub(crate) fn dataset(name: &str) -> Result<KnownDataset, CommandError> {
    KnownDataset::from_name(name).ok_or_else(|| CommandError::unknown("data set", name, KnownDataset::ALL.iter().map(|set| set.name())))
}

pub(crate) fn environment(name: &str) -> Result<KnownEnvironment, CommandError> {
    let known = KnownEnvironment::ALL.iter().map(|environment| environment.name());
    KnownEnvironment::from_name(name).ok_or_else(|| CommandError::unknown("environment", name, known))
}
