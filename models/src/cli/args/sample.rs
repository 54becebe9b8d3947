//! The arguments of `sample`.

use std::path::PathBuf;

use clap::Args;

use super::values::{Device, count, rate, share, threads};

/// Sample images or text from a trained generative model, or captions of new pictures.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  layercake sample vae --checkpoint runs/vae-mnist-1 --out digits.png
  layercake sample gated_pixelcnn --checkpoint runs/gated_pixelcnn-mnist-1 --count 20 --seed 7
  layercake sample char_lstm --checkpoint runs/char_lstm-tiny-shakespeare-1 --prompt ROMEO: --count 500
  layercake sample seq2seq --checkpoint runs/seq2seq-sums-1 --prompt 123+456")]
pub(crate) struct SampleArgs {
    /// The model (see `layercake list`).
    pub(crate) model: String,
    /// A run folder, or a file of parameters: .safetensors, .pt or .npz.
    #[arg(long, value_name = "PATH")]
    pub(crate) checkpoint: PathBuf,
    /// The image file to write [default: samples.png].
    #[arg(long, value_name = "FILE.png")]
    pub(crate) out: Option<PathBuf>,
    /// Number of images, characters or answers [default: depends on the model].
    #[arg(long, value_name = "N", value_parser = count)]
    pub(crate) count: Option<usize>,
    /// Seed of the samples [default: 0].
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
    /// The beginning of the text; of seq2seq the sum.
    #[arg(long, value_name = "TEXT")]
    pub(crate) prompt: Option<String>,
    /// Sampling temperature of text: below 1 favors likely characters, above 1 unlikely ones [default: 1; without it seq2seq looks for the likeliest answers].
    #[arg(long, value_name = "X", value_parser = rate)]
    pub(crate) temperature: Option<f64>,
    /// Draw only from this number of the likeliest characters.
    #[arg(long, value_name = "K", value_parser = count)]
    pub(crate) top_k: Option<usize>,
    /// Draw only from the likeliest characters that together have this probability (nucleus sampling).
    #[arg(long, value_name = "P", value_parser = share)]
    pub(crate) top_p: Option<f64>,
    /// The device; cuda needs a build with the feature `cuda`.
    #[arg(long, value_enum, default_value_t = Device::Cpu)]
    pub(crate) device: Device,
    /// Number of threads [default: one per core].
    #[arg(long, value_name = "N", value_parser = threads)]
    pub(crate) threads: Option<usize>,
}
