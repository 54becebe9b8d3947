//! The arguments of the command.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::explain::ExplainArgs;
use crate::new::New;
use crate::own_args::{OwnArgs, Predict};
use crate::report::ReportArgs;

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
  layercake draw lenet5 --out lenet5.svg
  layercake export lenet5 --json lenet5.json
  layercake summary lenet5.json
  layercake train --resume runs/lenet5-mnist-1                    resumes an interrupted run
  layercake report runs/lenet5-mnist-1 runs/lenet5-mnist-2        compares runs on one page
  layercake convert model.pt --out model.safetensors              reads a file of PyTorch
  layercake new digits                                            writes a crate with a network of your own
  layercake data check DIR                                        validates all data sets in DIR
  layercake bench lenet5 --batch-size 64 --json
  layercake bench resnet50 --infer --batch-size 1 --threads 2     the inference of any network, without a recipe for training

Options of a command: layercake train --help";

// Commands without documentation here are documented at their arguments.
#[derive(Debug, Subcommand)]
#[expect(clippy::large_enum_variant, reason = "there is one for each run of the program")]
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
        /// The output file (.safetensors or .npz), with a tensor for each output of the model, under its name, the batch first.
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
    Train(TrainArgs),
    Eval(EvalArgs),
    Predict(Predict),
    Sample(SampleArgs),
    Explain(Box<ExplainArgs>),
    Play(PlayArgs),
    Bench(BenchArgs),
    Report(ReportArgs),
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

/// Train a model and write the results to a run folder.
///
/// The run folder contains config.json (the settings), metrics.jsonl (one line per epoch), summary.json (the final metrics),
/// model.safetensors (the parameters, with PyTorch's names), curves.svg, images of the model's results, and report.html (all of it as one page). The folder is locked while the run
/// writes to it. A later run in the same folder replaces these files and no others.
///
/// The same seed gives bit-identical parameters on CPUs with the same instruction set (AVX-512, AVX2 or scalar; see summary.json), on any
/// number of threads, whether or not the run was interrupted. Other instruction sets round differently; LAYERCAKE_SIMD=v3 (AVX2) or
/// LAYERCAKE_SIMD=scalar selects a narrower one than the CPU has. Metrics evaluated with another batch size may differ by about 1e-6.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  layercake train lenet5 --epochs 5 --lr 0.001
  layercake train lenet5 --dataset fashion-mnist --data-dir DIR --out runs/clothes
  layercake train --resume runs/clothes           resumes an interrupted run

Ctrl-C finishes the step, writes a checkpoint and exits with code 130; a second Ctrl-C exits at once. A run that was killed resumes \
from its latest checkpoint, with the same bits as an uninterrupted run.")]
pub(crate) struct TrainArgs {
    /// The model (see `layercake list`). Not needed with --resume.
    #[arg(required_unless_present = "resume", conflicts_with = "resume")]
    pub(crate) model: Option<String>,
    /// The data set (see `layercake list`); only the digits are built in [default: the model's own with --data-dir, otherwise digits].
    #[arg(long, value_name = "NAME")]
    pub(crate) dataset: Option<String>,
    /// The folder that contains the data set's folder, for example DIR/mnist/train-images-idx3-ubyte.gz.
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Number of epochs [default: depends on the model and data set].
    #[arg(long, value_name = "N", value_parser = count)]
    pub(crate) epochs: Option<usize>,
    /// Images per batch [default: depends on the model and data set].
    #[arg(long, value_name = "N", value_parser = count)]
    pub(crate) batch_size: Option<usize>,
    /// The peak learning rate: linear warm-up over the first epoch (at most 500 steps), then cosine decay [default: depends on the model].
    #[arg(long, value_name = "X", value_parser = rate, allow_negative_numbers = true)]
    pub(crate) lr: Option<f64>,
    /// Begin with these parameters: a parameter file, the folder of a run, or an ONNX file with the model's names.
    #[arg(long, value_name = "FILE")]
    pub(crate) from: Option<PathBuf>,
    /// Seed of the initial parameters, the order of the images and the validation split [default: 0].
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
    /// Number of training images held out for validation after each epoch. Early stopping and the best weights are selected by these images,
    /// never by the test images [default: none; with --patience or --restore-best 5,000, or a twelfth of a small data set].
    #[arg(long, value_name = "N", value_parser = count)]
    pub(crate) validation: Option<usize>,
    /// Early stopping: end the run when the validation metric has not improved for more than this number of epochs. The weights of the last
    /// epoch are kept, unless --restore-best is given.
    #[arg(long, value_name = "EPOCHS", value_parser = patience)]
    pub(crate) patience: Option<usize>,
    /// Keep the weights of the epoch with the best validation metric instead of the last epoch.
    #[arg(long)]
    pub(crate) restore_best: bool,
    /// Number of threads [default: one per core].
    #[arg(long, value_name = "N", value_parser = threads)]
    pub(crate) threads: Option<usize>,
    /// The device; cuda needs a build with the feature `cuda`.
    #[arg(long, value_enum, default_value_t = Device::Cpu)]
    pub(crate) device: Device,
    /// The run folder: a new folder, or the folder of an earlier run to replace [default: a new folder runs/MODEL-DATASET-N, or runs/MODEL-ENVIRONMENT-N].
    #[arg(long, value_name = "RUN_DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Resume the run in this folder with its original options, from its latest checkpoint or, without one, from the beginning.
    #[arg(long, value_name = "RUN_DIR", conflicts_with_all = ["data", "test", "targets", "task", "categories", "ignored", "hidden", "dataset", "from", "epochs", "batch_size", "lr", "seed", "validation", "patience", "restore_best", "device", "out", "environment", "baseline", "double", "prioritized", "without", "forget_replay"])]
    pub(crate) resume: Option<PathBuf>,
    /// Optimizer steps between checkpoints, in addition to the checkpoint after each epoch.
    #[arg(long, value_name = "STEPS", value_parser = count)]
    pub(crate) checkpoint_every: Option<usize>,
    #[command(flatten)]
    pub(crate) own: OwnArgs,
    #[command(flatten)]
    pub(crate) agent: AgentArgs,
}

/// Options of models that act.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of agents")]
pub(crate) struct AgentArgs {
    /// The environment (see `layercake list`) [default: cart-pole].
    #[arg(long = "env", value_name = "NAME")]
    pub(crate) environment: Option<String>,
    /// What reinforce subtracts from the returns [default: learned].
    #[arg(long, value_enum, value_name = "KIND")]
    pub(crate) baseline: Option<Baseline>,
    /// Double Q-learning: the network chooses the action that the target network evaluates.
    #[arg(long)]
    pub(crate) double: bool,
    /// Draw from the replay memory by priority.
    #[arg(long)]
    pub(crate) prioritized: bool,
    /// Leave out a part of Q-learning, to see what it is for; both if given twice or with a comma.
    #[arg(long, value_enum, value_delimiter = ',', value_name = "PART")]
    pub(crate) without: Vec<Without>,
    /// Leave the replay memory out of the checkpoints: they are smaller, but a resumed run begins with an empty memory, and has other bits.
    #[arg(long)]
    pub(crate) forget_replay: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Baseline {
    /// Nothing.
    None,
    /// A moving average of the returns.
    Average,
    /// The value of the state, learned by the network.
    Learned,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Without {
    /// No replay memory: learn from the newest steps only.
    Replay,
    /// No target network: the network estimates its own targets.
    Target,
}

/// Play an episode with a trained agent, without exploration.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  layercake play dqn --checkpoint runs/dqn-cart-pole-1 --out episode.png
  layercake play dqn --checkpoint runs/dqn-catch-1 --terminal --seed 7")]
pub(crate) struct PlayArgs {
    /// The model (see `layercake list`).
    pub(crate) model: String,
    /// A run folder, or a file of parameters: .safetensors, .pt or .npz.
    #[arg(long, value_name = "PATH")]
    pub(crate) checkpoint: PathBuf,
    /// The environment [default: the one in config.json, otherwise cart-pole].
    #[arg(long = "env", value_name = "NAME")]
    pub(crate) environment: Option<String>,
    /// Seed of the episode.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) seed: u64,
    /// The animation to write, an animated PNG file [default: episode.png, or none with --terminal].
    #[arg(long, value_name = "FILE.png")]
    pub(crate) out: Option<PathBuf>,
    /// Draw the environment with characters while it plays.
    #[arg(long)]
    pub(crate) terminal: bool,
    /// The device; cuda needs a build with the feature `cuda`.
    #[arg(long, value_enum, default_value_t = Device::Cpu)]
    pub(crate) device: Device,
    /// Number of threads [default: one per core].
    #[arg(long, value_name = "N", value_parser = threads)]
    pub(crate) threads: Option<usize>,
}

/// Evaluate a trained model on the test set of a data set or of your own data, or an agent over 100 episodes that it was not trained in.
///
/// Images are normalized as recorded in the run's config.json beside the checkpoint. Without a config.json, mean and standard deviation are
/// computed from the data set's training images.
#[derive(Debug, Args)]
pub(crate) struct EvalArgs {
    /// The model (see `layercake list`).
    pub(crate) model: String,
    /// A file of parameters (.safetensors, .pt or .npz), or a run folder.
    #[arg(long, value_name = "FILE")]
    pub(crate) checkpoint: PathBuf,
    /// The data set [default: the one in config.json, otherwise digits].
    #[arg(long, value_name = "NAME")]
    pub(crate) dataset: Option<String>,
    /// A CSV file or a folder of pictures, for a run on your own data [default: its own test part].
    #[arg(long, value_name = "PATH")]
    pub(crate) data: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
    /// The folder that contains the data set's folder.
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// The environment of an agent [default: the one in config.json, otherwise cart-pole].
    #[arg(long = "env", value_name = "NAME")]
    pub(crate) environment: Option<String>,
    /// The device; cuda needs a build with the feature `cuda`.
    #[arg(long, value_enum, default_value_t = Device::Cpu)]
    pub(crate) device: Device,
    /// Number of threads [default: one per core].
    #[arg(long, value_name = "N", value_parser = threads)]
    pub(crate) threads: Option<usize>,
}

/// Time a training step (forward, softmax cross entropy, backward, Adam) and an inference of an image classifier on random images, or the inference of
/// any network.
///
/// The loss of a file is the mean square of its first output.
///
/// Reports the median after 3 warm-up repetitions: at least 15 repetitions, then up to 1.5 seconds or 300 repetitions.
#[derive(Debug, Args)]
pub(crate) struct BenchArgs {
    /// The model (see `layercake list`); a graph file with the extension .json, or a file with the extension .onnx.
    pub(crate) model: String,
    /// Time the inference only, of any network, with initial values of seed 0 and random inputs.
    #[arg(long)]
    pub(crate) infer: bool,
    /// Images, or other samples, per batch.
    #[arg(long, value_name = "N", value_parser = count, default_value_t = 64)]
    pub(crate) batch_size: usize,
    /// The device; cuda needs a build with the feature `cuda`.
    #[arg(long, value_enum, default_value_t = Device::Cpu)]
    pub(crate) device: Device,
    /// Number of threads [default: one per core].
    #[arg(long, value_name = "N", value_parser = threads)]
    pub(crate) threads: Option<usize>,
    /// Print the result as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Device {
    Cpu,
    Cuda,
}

/// Upper bound of counts: their products cannot overflow.
const MOST: usize = 100_000;
const MOST_THREADS: usize = 1024;

pub(crate) fn count(text: &str) -> Result<usize, String> {
    whole(text, MOST)
}

pub(crate) fn threads(text: &str) -> Result<usize, String> {
    whole(text, MOST_THREADS)
}

fn patience(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|epochs| *epochs <= MOST).ok_or(format!("expected a whole number from 0 to {MOST}"))
}

fn whole(text: &str, most: usize) -> Result<usize, String> {
    text.parse().ok().filter(|number| (1..=most).contains(number)).ok_or(format!("expected a whole number from 1 to {most}"))
}

fn rate(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|rate: &f64| rate.is_finite() && *rate > 0.0).ok_or("expected a positive number such as 0.001".to_owned())
}

/// Sample images or text from a trained generative model.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  layercake sample vae --checkpoint runs/vae-mnist-1 --out digits.png
  layercake sample gated_pixelcnn --checkpoint runs/gated_pixelcnn-mnist-1 --count 20 --seed 7
  layercake sample char_lstm --checkpoint runs/char_lstm-tiny-shakespeare-1 --prompt ROMEO: --count 500")]
pub(crate) struct SampleArgs {
    /// The model (see `layercake list`).
    pub(crate) model: String,
    /// A run folder, or a file of parameters: .safetensors, .pt or .npz.
    #[arg(long, value_name = "PATH")]
    pub(crate) checkpoint: PathBuf,
    /// The image file to write [default: samples.png].
    #[arg(long, value_name = "FILE.png")]
    pub(crate) out: Option<PathBuf>,
    /// Number of images or characters [default: depends on the model].
    #[arg(long, value_name = "N", value_parser = count)]
    pub(crate) count: Option<usize>,
    /// Seed of the samples.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) seed: u64,
    /// The beginning of the text.
    #[arg(long, value_name = "TEXT")]
    pub(crate) prompt: Option<String>,
    /// Sampling temperature of text: below 1 favors likely characters, above 1 unlikely ones [default: 1].
    #[arg(long, value_name = "X", value_parser = rate)]
    pub(crate) temperature: Option<f64>,
    /// The device; cuda needs a build with the feature `cuda`.
    #[arg(long, value_enum, default_value_t = Device::Cpu)]
    pub(crate) device: Device,
    /// Number of threads [default: one per core].
    #[arg(long, value_name = "N", value_parser = threads)]
    pub(crate) threads: Option<usize>,
}
