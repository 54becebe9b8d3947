//! What can be written on the command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Trains, measures and times neural networks that were checked while they were compiled.
#[derive(Debug, Parser)]
#[command(name = "layercake", version, arg_required_else_help = true, max_term_width = 110, after_help = EXAMPLES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXAMPLES: &str = "\
Examples:
  layercake train lenet5                                          on the built-in digits, a few seconds
  layercake train lenet5 --dataset mnist --data-dir DIR --seed 1  on DIR/mnist/train-images-idx3-ubyte.gz, ..
  layercake eval lenet5 --checkpoint runs/lenet5-digits-1/model.safetensors
  layercake draw lenet5 --out lenet5.svg
  layercake export lenet5 --json lenet5.json
  layercake summary lenet5.json
  layercake train --resume runs/lenet5-mnist-1                    goes on where a run was interrupted
  layercake data check DIR                                        reads all data sets in DIR
  layercake bench lenet5 --batch-size 64 --json

Each command explains its options: layercake train --help";

// The commands with arguments of their own are described there.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List the models and the data sets.
    List,
    /// Print a model's layers with their shapes, parameters and costs.
    Summary {
        /// The model (`layercake list` shows all), or a graph file that ends in .json.
        model: String,
    },
    /// Draw a model's layers and what flows between them; equal blocks in a row once, with how often they come.
    Draw {
        /// The model (`layercake list` shows all), or a graph file that ends in .json.
        model: String,
        /// The file; its ending says what it becomes: .svg a picture, .dot for Graphviz, .mmd for Mermaid.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// Draw every block, however often it is repeated.
        #[arg(long)]
        full: bool,
    },
    /// Write a model's graph to a file.
    Export {
        /// The model (`layercake list` shows all), or a graph file that ends in .json.
        model: String,
        /// The file: what the model does, layer by layer, without its parameters, for `io::load_graph` and the other commands.
        #[arg(long, value_name = "FILE")]
        json: PathBuf,
    },
    Train(TrainArgs),
    Eval(EvalArgs),
    Sample(SampleArgs),
    Bench(BenchArgs),
    /// Look through data sets.
    #[command(subcommand)]
    Data(DataCommand),
}

#[derive(Debug, Subcommand)]
pub(crate) enum DataCommand {
    /// Read every data set in a folder, and say what is in it or what is wrong with it.
    ///
    /// Each set has a folder of its own in DIR, as for `train --data-dir DIR`. Every file is read to its end and every image is decoded. Beside
    /// the sets that have a name, tables (*.csv, the class in the last column) and folders with a folder of images for each class are
    /// read. Exits with 1 if a set has a fault.
    #[command(after_help = "\
Example:
  layercake data check ../shared/data")]
    Check {
        /// The folder that holds the data sets' folders.
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
}

/// Train a model by its own recipe, and keep the run in a folder.
///
/// The folder holds config.json (what was asked for), metrics.jsonl (a line an epoch), summary.json (the final figures),
/// model.safetensors (the parameters under the names that PyTorch gives them), curves.svg, and pictures of what the model does. No other run
/// can be kept in it meanwhile; one that takes its place later removes these files and no others.
///
/// The same seed gives the same parameters to the last bit on CPUs of the same instruction set (AVX-512, AVX2 or plain code; summary.json
/// says which), on any number of threads, and however often the run was interrupted. Between instruction sets sums are rounded
/// differently: LAYERCAKE_SIMD=v3 (AVX2) or scalar takes a narrower one than the machine has. A figure that is measured in batches of
/// another size may differ by about 1e-6.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  layercake train lenet5 --epochs 5 --lr 0.001
  layercake train lenet5 --dataset fashion-mnist --data-dir DIR --out runs/clothes
  layercake train --resume runs/clothes           goes on with a run that was interrupted

Ctrl-C ends the step, writes a checkpoint and exits with code 130; a second Ctrl-C exits at once. A run that was killed in whatever \
way goes on from its latest checkpoint, to the same bits as if nothing had happened.")]
pub(crate) struct TrainArgs {
    /// The model; `layercake list` shows all. A run that goes on knows its own.
    #[arg(required_unless_present = "resume", conflicts_with = "resume")]
    pub(crate) model: Option<String>,
    /// The data set; `layercake list` shows all. Only the digits are built in [default: the model's own with --data-dir, else the digits].
    #[arg(long, value_name = "NAME")]
    pub(crate) dataset: Option<String>,
    /// The folder that holds the data set's own folder: DIR/mnist/train-images-idx3-ubyte.gz and so on.
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// How often each training image is seen [default: the model's choice for the data set].
    #[arg(long, value_name = "N", value_parser = count)]
    pub(crate) epochs: Option<usize>,
    /// Images in a step [default: the model's choice for the data set].
    #[arg(long, value_name = "N", value_parser = count)]
    pub(crate) batch_size: Option<usize>,
    /// The learning rate at its highest; it rises over the first epoch (or 500 steps) and falls along a cosine [default: the model's choice].
    #[arg(long, value_name = "X", value_parser = rate, allow_negative_numbers = true)]
    pub(crate) lr: Option<f64>,
    /// Seeds the initial parameters, the order of the images, and which are held out [default: 0].
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
    /// Hold out so many training images, drawn by the seed, and measure on them after each epoch: whatever is chosen is chosen by these, never
    /// by the test images [default: none; with --patience or --restore-best 5,000, or a twelfth of a small set].
    #[arg(long, value_name = "N", value_parser = count)]
    pub(crate) validation: Option<usize>,
    /// End the run when the images held out have shown no progress for more than so many epochs. The weights of the last epoch stay, unless
    /// --restore-best is given too.
    #[arg(long, value_name = "EPOCHS", value_parser = patience)]
    pub(crate) patience: Option<usize>,
    /// Keep the weights of the epoch that was the best on the images held out, in place of those of the last one.
    #[arg(long)]
    pub(crate) restore_best: bool,
    /// Threads to run on [default: one a core].
    #[arg(long, value_name = "N", value_parser = threads)]
    pub(crate) threads: Option<usize>,
    /// Where to run; cuda needs a build with the feature of that name.
    #[arg(long, value_enum, default_value_t = Device::Cpu)]
    pub(crate) device: Device,
    /// The run's folder: a new one, or that of an earlier run to replace [default: runs/MODEL-DATASET-N, a new one each time].
    #[arg(long, value_name = "RUN_DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Go on with the run in this folder, by the options that it was begun with: from its latest checkpoint, or from the beginning if it
    /// has none yet.
    #[arg(long, value_name = "RUN_DIR", conflicts_with_all = ["dataset", "epochs", "batch_size", "lr", "seed", "validation", "patience", "restore_best", "device", "out"])]
    pub(crate) resume: Option<PathBuf>,
    /// Write a checkpoint after so many steps, beside that after each epoch.
    #[arg(long, value_name = "STEPS", value_parser = count)]
    pub(crate) checkpoint_every: Option<usize>,
}

/// Measure a trained model on the test images of a data set.
///
/// Images are normalised as the run did it: its config.json, beside the checkpoint, says how. Without one (a checkpoint from elsewhere)
/// mean and deviation are measured on the data set's training images.
#[derive(Debug, Args)]
pub(crate) struct EvalArgs {
    /// The model; `layercake list` shows all.
    pub(crate) model: String,
    /// The parameters, a safetensors file; or the folder of a run.
    #[arg(long, value_name = "FILE")]
    pub(crate) checkpoint: PathBuf,
    /// The data set [default: the one it was trained on, as config.json says; else digits].
    #[arg(long, value_name = "NAME")]
    pub(crate) dataset: Option<String>,
    /// The folder that holds the data set's own folder.
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Threads to run on [default: one a core].
    #[arg(long, value_name = "N", value_parser = threads)]
    pub(crate) threads: Option<usize>,
}

/// Time a training step (forward, softmax cross entropy, backward, Adam) and an inference, on random images.
///
/// Each is done 3 times to warm up, and then timed at least 15 times, going on to 1.5 seconds or 300 times. The middle one counts.
#[derive(Debug, Args)]
pub(crate) struct BenchArgs {
    /// The model; `layercake list` shows all.
    pub(crate) model: String,
    /// Images in a step.
    #[arg(long, value_name = "N", value_parser = count, default_value_t = 64)]
    pub(crate) batch_size: usize,
    /// Threads to run on [default: one a core].
    #[arg(long, value_name = "N", value_parser = threads)]
    pub(crate) threads: Option<usize>,
    /// Print one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Device {
    Cpu,
    Cuda,
}

/// More than anyone needs, and few enough for every product of them to be counted.
const MOST: usize = 100_000;
const MOST_THREADS: usize = 1024;

fn count(text: &str) -> Result<usize, String> {
    whole(text, MOST)
}

fn threads(text: &str) -> Result<usize, String> {
    whole(text, MOST_THREADS)
}

fn patience(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|epochs| *epochs <= MOST).ok_or(format!("expected a whole number from 0 to {MOST}"))
}

fn whole(text: &str, most: usize) -> Result<usize, String> {
    text.parse().ok().filter(|number| (1..=most).contains(number)).ok_or(format!("expected a whole number from 1 to {most}"))
}

fn rate(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|rate: &f64| rate.is_finite() && *rate > 0.0).ok_or("expected a positive number, as 0.001".to_owned())
}

/// Draw pictures or a text from a model that has learned to make them.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  layercake sample vae --checkpoint runs/vae-mnist-1 --out digits.png
  layercake sample gated_pixelcnn --checkpoint runs/gated_pixelcnn-mnist-1 --count 20 --seed 7
  layercake sample char_lstm --checkpoint runs/char_lstm-tiny-shakespeare-1 --prompt ROMEO: --count 500")]
pub(crate) struct SampleArgs {
    /// The model; `layercake list` shows all.
    pub(crate) model: String,
    /// The run's folder, or a file of parameters.
    #[arg(long, value_name = "PATH")]
    pub(crate) checkpoint: PathBuf,
    /// Where pictures go [default: samples.png].
    #[arg(long, value_name = "FILE.png")]
    pub(crate) out: Option<PathBuf>,
    /// How many pictures, or letters [default: the model's choice].
    #[arg(long, value_name = "N", value_parser = count)]
    pub(crate) count: Option<usize>,
    /// Seeds what is drawn.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) seed: u64,
    /// What a text begins with.
    #[arg(long, value_name = "TEXT")]
    pub(crate) prompt: Option<String>,
    /// Below 1 a text keeps to what is likely, above 1 it dares more [default: 1].
    #[arg(long, value_name = "X", value_parser = rate)]
    pub(crate) temperature: Option<f64>,
    /// Threads to run on [default: one a core].
    #[arg(long, value_name = "N", value_parser = threads)]
    pub(crate) threads: Option<usize>,
}
