//! The arguments of `bench`.

use clap::Args;

use super::values::{Device, count, threads};

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
