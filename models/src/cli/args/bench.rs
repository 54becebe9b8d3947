//! The arguments of `bench`.

use clap::Args;

use super::values::{Device, Size, count, size, threads};

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
    /// A size that an ONNX file leaves open, by the file's name for it (length=128); an input as a whole (x=_,3,32,32); an input that is one number (rate=16000).
    #[arg(long, value_name = "NAME=SIZE", value_parser = size)]
    pub(crate) size: Vec<Size>,
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
