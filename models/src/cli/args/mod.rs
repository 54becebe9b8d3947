//! The arguments of the command. Commands with a file of their own have theirs there.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::doctor::DoctorArgs;
use crate::explain::ExplainArgs;
use crate::new::New;
use crate::photos::{DetectArgs, SegmentArgs};
use crate::report::ReportArgs;
use crate::study::StudyArgs;
use crate::watch::WatchArgs;

mod agents;
mod bench;
mod own;
mod sample;
mod search;
mod train;
mod values;

pub(crate) use agents::{AgentArgs, Baseline, PlayArgs, Without};
pub(crate) use bench::BenchArgs;
pub(crate) use own::{OwnArgs, Predict};
pub(crate) use sample::SampleArgs;
pub(crate) use search::SearchCommand;
pub(crate) use train::{EvalArgs, TrainArgs};
pub(crate) use values::{Device, Size, count, rate, threads};

/// Trains, evaluates, samples and benchmarks the models of the Layercake zoo.
#[derive(Debug, Parser)]
#[command(name = "layercake", version, arg_required_else_help = true, max_term_width = 110, after_help = EXAMPLES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXAMPLES: &str = "\
Examples:
  layercake train lenet5                                          trains on the built-in digits in a few seconds
  layercake train lenet5 --dataset mnist --data-dir DIR --seed 1  reads DIR/mnist/train-images-idx3-ubyte.gz, ..
  layercake eval lenet5 --checkpoint runs/lenet5-digits-1/model.safetensors
  layercake explain lenet5 --checkpoint runs/lenet5-digits-1 --method saliency --out saliency.png
  layercake train mlp --data houses.csv --target price            learns to predict a column of your own table
  layercake train resnet20 --data photos/                         learns the classes of your own photos, a folder for each
  layercake train dqn --env cart-pole                             learns by acting in an environment
  layercake play dqn --checkpoint runs/dqn-cart-pole-1 --terminal
  layercake detect faster_rcnn --checkpoint runs/faster_rcnn-bccd-1 photo.jpg --out boxes.png
  layercake draw lenet5 --out lenet5.svg
  layercake export lenet5 --json lenet5.json
  layercake summary lenet5.json
  layercake train --resume runs/lenet5-mnist-1                    resumes an interrupted run
  layercake report runs/lenet5-mnist-1 runs/lenet5-mnist-2        compares runs on one page
  layercake doctor lenet5 --lr 0.1                                looks at the first steps, and warns of what is wrong
  layercake watch runs/lenet5-mnist-1                             shows the curves of a run while it goes on
  layercake convert model.pt --out model.safetensors              reads a file of PyTorch
  layercake study kernels                                         runs an experiment of the course, with a table and a picture
  layercake new digits                                            writes a crate with a network of your own
  layercake data check DIR                                        validates all data sets in DIR
  layercake bench lenet5 --batch-size 64 --json
  layercake bench resnet50 --infer --batch-size 1 --threads 2     the inference of any network, without a recipe for training

Options of a command: layercake train --help";

// Commands without documentation here are documented at their arguments.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List the models, the data sets and the environments.
    List,
    /// Print a model's layers with their shapes, parameters and operations.
    Summary(Shown),
    /// Draw a model's graph; consecutive equal blocks are drawn once, with a repetition count.
    Draw {
        #[command(flatten)]
        shown: Shown,
        /// The output file; the extension selects the format: .svg, .dot (Graphviz) or .mmd (Mermaid).
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// Draw repeated blocks in full.
        #[arg(long)]
        full: bool,
    },
    /// Write a model's graph to a JSON file, or the model with its parameters to an ONNX file.
    #[command(group = clap::ArgGroup::new("format").required(true))]
    Export {
        #[command(flatten)]
        shown: Shown,
        /// The output file: the layers without their parameters, for `io::load_graph` and the other commands.
        #[arg(long, value_name = "FILE", group = "format")]
        json: Option<PathBuf>,
        /// The output file: the network as it is at inference, for ONNX Runtime and other programs.
        #[cfg(feature = "onnx")]
        #[arg(long, value_name = "FILE", group = "format")]
        onnx: Option<PathBuf>,
        /// The parameters: a file (.safetensors, .pt or .npz), or the folder of a run [default: initial values of seed 0].
        #[cfg(feature = "onnx")]
        #[arg(long, value_name = "FILE", requires = "onnx")]
        checkpoint: Option<PathBuf>,
        /// Leave the size of an axis open in the ONNX file, under a name; axis 0 is the batch, which is always open: input:1:length.
        #[cfg(feature = "onnx")]
        #[arg(long, value_name = "INPUT:AXIS:NAME", requires = "onnx", value_parser = values::axis)]
        dynamic: Vec<layercake::io::onnx::DynamicAxis>,
    },
    /// Run an ONNX file on tensors.
    #[cfg(feature = "onnx")]
    Run {
        /// The ONNX file.
        #[arg(value_name = "FILE.onnx")]
        model: PathBuf,
        /// The inputs: a file (.safetensors, .npz or .pt) with a tensor for each input of the model, under its name.
        #[arg(long, value_name = "FILE")]
        input: PathBuf,
        /// The output file (.safetensors or .npz), with a tensor for each output of the model, under its name and with the axes that the model states.
        #[arg(long, value_name = "FILE")]
        output: PathBuf,
    },
    /// Write the tensors of a file in another format, and print what became of them.
    ///
    /// Reads safetensors, .npz of NumPy, and what PyTorch's torch.save writes: a state_dict, or a dict that has one. Nothing in a file is executed.
    /// Names, shapes and number types stay; NumPy has no bfloat16, so that BF16 becomes F32 in .npz.
    #[command(after_help = "\
Examples:
  layercake convert checkpoint.pt --out model.safetensors
  layercake convert checkpoint.pt --out ema.safetensors --key model_ema --f32
  layercake convert arrays.npz --out arrays.safetensors")]
    Convert {
        /// The file to read.
        file: PathBuf,
        /// The file to write; the extension selects the format: .safetensors or .npz.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// Where a file of PyTorch has the tensors, such as model_ema, or models.encoder for a dict in a dict [default: the only dict with
        /// tensors besides an optimizer's, or the one named state_dict, model_state_dict, model or module].
        #[arg(long, value_name = "KEY")]
        key: Option<String>,
        /// Convert F16, BF16 and F64 to F32.
        #[arg(long)]
        f32: bool,
    },
    Train(Box<TrainArgs>),
    Doctor(Box<DoctorArgs>),
    Search(Box<SearchCommand>),
    Eval(EvalArgs),
    Predict(Predict),
    Detect(DetectArgs),
    Segment(SegmentArgs),
    Sample(SampleArgs),
    Explain(Box<ExplainArgs>),
    Play(PlayArgs),
    Bench(BenchArgs),
    Report(ReportArgs),
    Study(StudyArgs),
    Watch(WatchArgs),
    New(New),
    /// Validate data sets.
    #[command(subcommand)]
    Data(DataCommand),
    /// Lay out the `network!` blocks of Rust files, which rustfmt leaves as they are; prints the names of the files that change.
    ///
    /// Spaces, indentation and the comma after a list's last step follow one style, and lines longer than max_width of rustfmt.toml (100 without one) are broken.
    /// Line breaks and comments stay. A file is replaced whole, and only if its tokens are the same as before.
    #[command(after_help = "\
Examples:
  layercake fmt src/main.rs src/networks/*.rs
  layercake fmt --check src/*.rs
  layercake fmt - < src/main.rs")]
    Fmt {
        /// The files; `-` is standard input, laid out to standard output.
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,
        /// Write nothing, and exit with 1 if a file would change.
        #[arg(long)]
        check: bool,
    },
}

/// The network of a command that shows or writes it.
#[derive(Debug, Args)]
pub(crate) struct Shown {
    /// The model (see `layercake list`), a graph file with the extension .json, a file with the extension .onnx, or the folder of a run on your own data.
    pub(crate) model: String,
    /// The environment of an agent, which has a network for each [default: the first that it can act in].
    #[arg(long = "env", value_name = "NAME")]
    pub(crate) environment: Option<String>,
    /// Which network of a model that has several [default: the first].
    #[arg(long, visible_alias = "features", value_name = "NAME")]
    pub(crate) variant: Option<String>,
    /// A size that an ONNX file leaves open, by the file's name for it (length=128); an input as a whole (x=_,3,32,32); an input that is one number (rate=16000).
    #[arg(long, value_name = "NAME=SIZE", value_parser = values::size)]
    pub(crate) size: Vec<Size>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DataCommand {
    /// Read every data set in a folder and print its contents or its first error.
    ///
    /// Each data set has its own folder in DIR, as for `train --data-dir DIR`. Every file is read completely and every image is decoded. In
    /// addition to the known data sets, tables (*.csv, classes in the last column) and folders with a subfolder of images per class are
    /// read. Exits with 1 if a data set has an error.
    #[command(after_help = "\
Example:
  layercake data check ../shared/data")]
    Check {
        /// The folder that contains the data sets' folders.
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
}
