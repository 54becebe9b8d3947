//! `layercake explain`: its arguments, and what it does.

use std::io::{Write, stdout};
use std::path::PathBuf;

use clap::builder::PossibleValue;
use clap::{Args, ValueEnum};
use layercake_models::{ExplainMethod, ExplainOptions, ExplainSettings, explain};

use crate::args::{count, threads};
use crate::commands::{Outcome, use_threads};
use crate::named::{dataset, named};

/// Look inside a trained model of pictures: what it looks at in a picture, what its units want to see, what fools it, and what its layers give.
///
/// The target is the class that the model takes the picture for, or --class, or a unit: --layer, --channel and --at. Heat maps go from dark blue (0, or against the
/// target) over green to yellow (for the target); they can be told apart in gray and with color blindness.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  layercake explain lenet5 --checkpoint runs/lenet5-digits-1 --method saliency --out saliency.png
  layercake explain vgg8 --checkpoint runs/vgg8-cifar-10-1 --method grad-cam --image cat.jpg --class 3 --out cam.png
  layercake explain lenet5 --checkpoint runs/lenet5-digits-1 --method saliency --layer conv2 --channel 4 --at 3,5 --out unit.png
  layercake explain lenet5 --checkpoint runs/lenet5-digits-1 --method ascent --class 7 --out seven.png
  layercake explain lenet5 --checkpoint runs/lenet5-digits-1 --method units
  layercake explain lenet5 --checkpoint runs/lenet5-digits-1 --method tsne --layer fc1 --out tsne.png")]
pub(crate) struct ExplainArgs {
    /// The model (see `layercake list`).
    model: String,
    /// A run folder, or a file of parameters: .safetensors, .pt or .npz.
    #[arg(long, value_name = "PATH")]
    checkpoint: PathBuf,
    /// The method.
    #[arg(long, value_name = "METHOD")]
    method: Method,
    /// The picture to write [required except for units].
    #[arg(long, value_name = "FILE.png")]
    out: Option<PathBuf>,
    /// A picture, PNG or JPEG; it is resized to the network's input, except for a dream [default: the first test image].
    #[arg(long, value_name = "FILE")]
    image: Option<PathBuf>,
    /// The number of the test image, counted from 0 [default of neighbors: eight that --seed chooses].
    #[arg(long, value_name = "N")]
    index: Option<usize>,
    /// The data set [default: the one in config.json, otherwise the model's own].
    #[arg(long, value_name = "NAME")]
    dataset: Option<String>,
    /// The folder that contains the data set's folder [default: the one in config.json].
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// The mean of each channel of pictures in 0..=1, to normalize by [default: in config.json, otherwise measured on the training images].
    #[arg(long, value_name = "X,..", value_delimiter = ',', requires = "std", allow_negative_numbers = true)]
    mean: Option<Vec<f32>>,
    /// The standard deviation of each channel.
    #[arg(long, value_name = "X,..", value_delimiter = ',', requires = "mean")]
    std: Option<Vec<f32>>,
    /// The class, counted from 0 [default: the one that the model takes the picture for].
    #[arg(long, value_name = "K")]
    class: Option<usize>,
    /// The layer (see `layercake summary`): of the unit; of the maps of grad-cam, activations, patches, dream and inversion [default of grad-cam: the last with maps]; of neighbors, pca and tsne [default: what the classifier receives].
    #[arg(long, value_name = "NAME")]
    layer: Option<String>,
    /// The channel of the layer.
    #[arg(long, value_name = "C")]
    channel: Option<usize>,
    /// The row and column in the layer's output [default: the mean over all positions].
    #[arg(long, value_name = "Y,X", value_parser = position)]
    at: Option<[usize; 2]>,
    /// Number of threads [default: one per core].
    #[arg(long, value_name = "N", value_parser = threads)]
    threads: Option<usize>,
    #[command(flatten)]
    settings: SettingArgs,
}

/// Options of single methods; an option that the method does not take is an error.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of methods")]
struct SettingArgs {
    /// Steps: ascent 200, inversion 200, at most for fool 500, integrated-gradients 50, at each size of a dream 10, tsne 1000.
    #[arg(long, value_name = "N", value_parser = count)]
    iterations: Option<usize>,
    /// Size of a step: fool 0.1 and ascent 0.5 (its L2 norm), dream 0.05 (the mean change of a pixel), inversion 0.05 (Adam); in units of the network's input.
    #[arg(long, value_name = "X", value_parser = positive)]
    lr: Option<f64>,
    /// fgsm: the step of each pixel, in units of the network's input [default: 0.1].
    #[arg(long, value_name = "X", value_parser = positive)]
    epsilon: Option<f64>,
    /// fool: the probability at which it stops [default: 0.5].
    #[arg(long, value_name = "P", value_parser = fraction)]
    confidence: Option<f64>,
    /// smoothgrad: the number of noisy copies [default: 50]; neighbors, pca and tsne: the number of test images, chosen by --seed [default: all; pca and tsne at most 2000].
    #[arg(long, value_name = "N", value_parser = count)]
    samples: Option<usize>,
    /// smoothgrad: the standard deviation of the noise, in units of the network's input [default: 0.15 of its range].
    #[arg(long, value_name = "X", value_parser = positive)]
    stdevs: Option<f64>,
    /// occlusion: the side of the window in pixels [default: a sixth of the picture].
    #[arg(long, value_name = "N", value_parser = count)]
    window: Option<usize>,
    /// occlusion: how far the window moves [default: half its side].
    #[arg(long, value_name = "N", value_parser = count)]
    stride: Option<usize>,
    /// ascent: the L2 decay in each step; inversion: the weight of the mean square [default: 0].
    #[arg(long, value_name = "X", value_parser = fraction)]
    l2: Option<f64>,
    /// ascent: a Gaussian blur of half a pixel after each N steps.
    #[arg(long, value_name = "N", value_parser = count)]
    blur_every: Option<usize>,
    /// ascent: the percentage of the pixels of the least norm that become 0 in each step.
    #[arg(long, value_name = "PERCENT", value_parser = percent)]
    small_values: Option<f64>,
    /// ascent: the percentage of the pixels that contribute least and become 0 in each step.
    #[arg(long, value_name = "PERCENT", value_parser = percent)]
    small_gradients: Option<f64>,
    /// ascent and dream: shifts by up to N pixels in each step [default: dream 4].
    #[arg(long, value_name = "N", value_parser = count)]
    jitter: Option<usize>,
    /// dream: the number of sizes, each 1.4 times the one before [default: 3].
    #[arg(long, value_name = "N", value_parser = count)]
    octaves: Option<usize>,
    /// inversion: the weight of the total variation [default: 0].
    #[arg(long, value_name = "X", value_parser = positive)]
    tv: Option<f64>,
    /// tsne: how many neighbors count, roughly: 5 to 50 [default: 30].
    #[arg(long, value_name = "X", value_parser = positive)]
    perplexity: Option<f64>,
    /// The seed of random numbers: of noise and shifts, and of the choice of test images [default: 0].
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
}

/// A method as an argument.
#[derive(Clone, Copy, Debug)]
struct Method(ExplainMethod);

/// All methods as arguments.
const METHODS: [Method; ExplainMethod::ALL.len()] = {
    let mut methods = [Method(ExplainMethod::Saliency); ExplainMethod::ALL.len()];
    let mut i = 0;
    while i < methods.len() {
        methods[i] = Method(ExplainMethod::ALL[i]);
        i += 1;
    }
    methods
};

impl ValueEnum for Method {
    fn value_variants<'a>() -> &'a [Self] {
        &METHODS
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.0.name()).help(self.0.description()))
    }
}

pub(crate) fn run(args: ExplainArgs) -> Outcome {
    let model = named(&args.model)?;
    use_threads(args.threads)?;
    let SettingArgs {
        iterations,
        lr,
        epsilon,
        confidence,
        samples,
        stdevs,
        window,
        stride,
        l2,
        blur_every,
        small_values,
        small_gradients,
        jitter,
        octaves,
        tv,
        perplexity,
        seed,
    } = args.settings;
    let settings = ExplainSettings {
        iterations,
        lr,
        epsilon,
        confidence,
        samples,
        stdevs,
        window,
        stride,
        l2,
        blur_every,
        small_values,
        small_gradients,
        jitter,
        octaves,
        tv,
        perplexity,
        seed,
    };
    let options = ExplainOptions {
        checkpoint: args.checkpoint,
        method: args.method.0,
        image: args.image,
        index: args.index,
        dataset: args.dataset.as_deref().map(dataset).transpose()?,
        data_dir: args.data_dir,
        normalize: args.mean.zip(args.std),
        class: args.class,
        layer: args.layer,
        channel: args.channel,
        at: args.at,
        settings,
        out: args.out,
    };
    let explained = explain(&*model, &options)?;
    writeln!(stdout(), "{}", explained.text)?;
    if let Some(file) = explained.file {
        writeln!(stdout(), "{}", file.display())?;
    }
    Ok(())
}

fn position(text: &str) -> Result<[usize; 2], String> {
    let pair = text.split_once(',').and_then(|(y, x)| Some([y.trim().parse().ok()?, x.trim().parse().ok()?]));
    pair.ok_or("expected a row and a column such as 3,5".to_owned())
}

fn within(text: &str, most: f64, expected: &str) -> Result<f64, String> {
    text.parse().ok().filter(|number: &f64| number.is_finite() && (0.0..=most).contains(number)).ok_or(expected.to_owned())
}

fn positive(text: &str) -> Result<f64, String> {
    within(text, f64::MAX, "expected a number of at least 0 such as 0.1")
}

fn fraction(text: &str) -> Result<f64, String> {
    within(text, 1.0, "expected a number from 0 to 1")
}

fn percent(text: &str) -> Result<f64, String> {
    within(text, 100.0, "expected a number from 0 to 100")
}
