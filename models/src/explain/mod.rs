//! Looks inside a trained model: what `layercake explain` draws.

mod attribution;
mod embedding;
mod fooling;
mod layers;
mod method;
mod panels;
mod pictures;
mod subject;

use std::path::PathBuf;

use layercake::explain::{ExplainError, Target};
use layercake::hook::HookError;
use layercake::ir::spec::Family;
use layercake::ir::{Graph, Node};
use layercake_train::data::KnownDataset;
use layercake_train::run::Canvas;

pub use method::{ExplainMethod, Settings};
use subject::Subject;

use crate::zoo::{ModelError, ZooModel};

/// An error of `layercake::explain` on the CPU.
pub type CpuExplainError = ExplainError<layercake::dfdx::tensor::CpuError>;

/// Options of [`explain`].
#[derive(Clone, Debug)]
pub struct ExplainOptions {
    /// A parameter file, or the folder of a run.
    pub checkpoint: PathBuf,
    /// The method.
    pub method: ExplainMethod,
    /// The picture, a PNG or JPEG file that is resized to the network's input; by default one of the test set.
    pub image: Option<PathBuf>,
    /// The number of the picture in the test set.
    pub index: Option<usize>,
    /// The data set; by default the run's own.
    pub dataset: Option<KnownDataset>,
    /// The folder that contains the data sets' folders; by default the run's own.
    pub data_dir: Option<PathBuf>,
    /// The mean and the standard deviation of each channel; by default those of the run, or measured on the training images.
    pub normalize: Option<(Vec<f32>, Vec<f32>)>,
    /// The class.
    pub class: Option<usize>,
    /// The layer.
    pub layer: Option<String>,
    /// The channel of the layer.
    pub channel: Option<usize>,
    /// The row and column in the layer's output.
    pub at: Option<[usize; 2]>,
    /// The settings of the method.
    pub settings: Settings,
    /// The PNG file to write.
    pub out: Option<PathBuf>,
}

/// What was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Explained {
    /// What the picture shows, or a table; one or more lines.
    pub text: String,
    /// The picture that was written.
    pub file: Option<PathBuf>,
}

/// What a method gives: a picture, if it draws one, and a text.
struct Made {
    picture: Option<Canvas>,
    text: String,
}

/// Explains a model with its trained parameters.
///
/// # Errors
/// If the model does not look at pictures, if the checkpoint, the picture or the data cannot be read, if a layer or class does not exist, if an option has no effect on
/// the method, or if the picture cannot be written.
pub fn explain(model: &dyn ZooModel, options: &ExplainOptions) -> Result<Explained, ModelError> {
    options.check()?;
    let subject = Subject::open(model, options)?;
    let made = match options.method {
        ExplainMethod::Filters => layers::filters(&subject)?,
        ExplainMethod::Activations => layers::activations(&subject, options)?,
        ExplainMethod::Patches => layers::patches(&subject, options)?,
        ExplainMethod::Units => layers::units(&subject)?,
        ExplainMethod::Neighbors => embedding::neighbors(&subject, options)?,
        ExplainMethod::Pca => embedding::pca(&subject, options)?,
        ExplainMethod::Tsne => embedding::tsne_map(&subject, options)?,
        ExplainMethod::Fgsm => fooling::fgsm(&subject, options)?,
        ExplainMethod::Fool => fooling::fool(&subject, options)?,
        ExplainMethod::Ascent => pictures::ascent(&subject, options)?,
        ExplainMethod::Dream => pictures::dream(&subject, options)?,
        ExplainMethod::Inversion => pictures::inversion(&subject, options)?,
        _ => attribution::draw(&subject, options)?,
    };
    let file = match (&made.picture, &options.out) {
        (Some(picture), Some(out)) => {
            picture.save(out)?;
            Some(out.clone())
        }
        _ => None,
    };
    Ok(Explained { text: made.text, file })
}

impl ExplainOptions {
    /// Rejects options that have no effect on the method, and misses those that it needs.
    fn check(&self) -> Result<(), ModelError> {
        let method = self.method;
        let wrong = |text: String| Err(ModelError::Option(text));
        let given = [
            ("--image", self.image.is_some(), method.takes_picture()),
            ("--index", self.index.is_some(), method.takes_picture()),
            ("--class", self.class.is_some(), method.takes_class()),
            ("--layer", self.layer.is_some(), method.takes_layer()),
            ("--channel", self.channel.is_some(), method.takes_channel()),
            ("--at", self.at.is_some(), method.takes_position()),
            ("--out", self.out.is_some(), method != ExplainMethod::Units),
        ];
        if let Some((option, ..)) = given.into_iter().chain(self.settings.given(method)).find(|(_, given, taken)| *given && !taken) {
            return wrong(format!("`{option}` has no effect on `--method {method}`"));
        }
        if self.out.is_none() && method != ExplainMethod::Units {
            return wrong(format!("`--method {method}` needs `--out FILE.png`"));
        }
        if self.image.is_some() && self.index.is_some() {
            return wrong("`--image` and `--index` both choose the picture; give one of them".to_owned());
        }
        let chosen = self.image.is_some() || self.index.is_some();
        if method == ExplainMethod::Neighbors && chosen && self.settings.seed.is_some() && self.settings.samples.is_none() {
            return wrong("`--seed` has no effect: the picture is chosen, and all test images are compared with it".to_owned());
        }
        if self.layer.is_none() && method.needs_layer() {
            return wrong(format!("`--method {method}` needs `--layer`; `layercake summary` lists the layers"));
        }
        let unit = self.layer.is_some() && method.is_of_a_target();
        if self.class.is_some() && unit {
            return wrong("`--class` and `--layer` are two targets; give one of them".to_owned());
        }
        if unit && self.channel.is_none() {
            return wrong("`--layer` needs `--channel`".to_owned());
        }
        if self.channel.is_some() && self.layer.is_none() {
            return wrong("`--channel` needs `--layer`".to_owned());
        }
        if self.at.is_some() && self.channel.is_none() {
            return wrong("`--at` needs `--layer` and `--channel`".to_owned());
        }
        if self.class.is_none() && !unit && method.needs_target() {
            return wrong(format!(
                "`--method {method}` needs `--class`{}",
                if method.takes_channel() { ", or `--layer` and `--channel`" } else { "" }
            ));
        }
        Ok(())
    }

    /// Whether the method is about one picture.
    fn wants_picture(&self) -> bool {
        self.method.takes_picture() && (self.method != ExplainMethod::Neighbors || self.image.is_some() || self.index.is_some())
    }

    /// The unit that was asked for, with its name.
    fn unit(&self) -> Option<(Target, String)> {
        let (layer, channel) = (self.layer.as_deref()?, self.channel?);
        Some(match self.at {
            None => (Target::channel(layer, channel), format!("channel {channel} of {layer}")),
            Some([y, x]) => (Target::unit(layer, channel, [y, x]), format!("channel {channel} of {layer} at {y},{x}")),
        })
    }
}

impl From<CpuExplainError> for ModelError {
    fn from(error: CpuExplainError) -> Self {
        Self::Explain(Box::new(error))
    }
}

impl From<HookError<layercake::dfdx::tensor::CpuError>> for ModelError {
    fn from(error: HookError<layercake::dfdx::tensor::CpuError>) -> Self {
        CpuExplainError::from(error).into()
    }
}

/// The last layer of a graph whose output has height and width, before what pools it.
fn last_maps(graph: &Graph) -> Option<String> {
    let flat = graph.inlined();
    let maps = |node: &&Node| {
        node.op.spec().family != Family::Pooling && node.output.rank() == 3 && node.output.dim(1) > 1 && node.output.dim(2) > 1
    };
    flat.nodes().iter().rev().find(maps).map(|node| node.name.to_string())
}
