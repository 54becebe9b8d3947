//! Why an operation on a model failed.

use layercake::DeviceError;
use layercake_train::TrainError;

/// Why an operation on a model failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// Reading data, training, or writing files failed.
    #[error(transparent)]
    Train(#[from] TrainError),
    /// An ONNX file cannot be read, or has other tensors than the model.
    #[cfg(feature = "onnx")]
    #[error(transparent)]
    Onnx(#[from] layercake::io::onnx::OnnxError),
    /// The network cannot be explained: a layer or class does not exist, or a method does not apply.
    #[error(transparent)]
    Explain(Box<crate::explain::CpuExplainError>),
    /// The images cannot be embedded: there are too few, or a layer gives numbers that are not finite.
    #[error(transparent)]
    Embedding(#[from] layercake_train::embedding::EmbeddingError),
    /// The zoo has only the network: no data, loss or optimizer are defined for it.
    #[error(
        "`{model}` cannot be {action}: the zoo defines no data, loss and optimizer for it; `layercake summary {model}` and `layercake draw {model}` show the network"
    )]
    NoTask {
        /// The model.
        model: &'static str,
        /// The operation, as a participle.
        action: &'static str,
    },
    /// This kind of model does not support the operation.
    #[error("`{model}` cannot be {action}: {reason}")]
    Unsupported {
        /// The model.
        model: &'static str,
        /// The operation, as a participle.
        action: &'static str,
        /// Why, and what to do instead.
        reason: &'static str,
    },
    /// The option has no effect on this model.
    #[error("`{option}` has no effect on `{model}`: {reason}; supported options: {known}")]
    NoEffect {
        /// The model.
        model: &'static str,
        /// The option.
        option: &'static str,
        /// Why.
        reason: &'static str,
        /// The options that the model supports.
        known: &'static str,
    },
    /// An option is missing or invalid.
    #[error("{0}")]
    Option(String),
    /// This build does not include CUDA.
    #[error("this build runs on the CPU only; for CUDA, build with `cargo build --release -p layercake-models --features cuda`")]
    NoCuda,
    /// The device cannot be used.
    #[error("the device cannot be used: {0}")]
    Device(DeviceError),
}

impl ModelError {
    /// `bench` was called on a model that is not timed.
    pub(crate) fn not_timed(model: &'static str) -> Self {
        let reason = "`layercake bench` times image classifiers, detectors and segmentation; `cargo run --release -p layercake-benches` times the other kinds";
        Self::Unsupported { model, action: "benchmarked", reason }
    }

    /// `detect` was called on a model that finds no objects.
    pub(crate) fn no_detector(model: &'static str) -> Self {
        let reason = "it finds no objects; sliding_window, rcnn, fast_rcnn and faster_rcnn do";
        Self::Unsupported { model, action: "used to detect", reason }
    }

    /// `segment` was called on a model that gives pixels no classes.
    pub(crate) fn no_segmenter(model: &'static str) -> Self {
        Self::Unsupported { model, action: "used to segment", reason: "it does not give each pixel a class; unet, segnet and fcn do" }
    }

    /// A text was given to a model that reads none.
    pub fn reads_no_text(model: &'static str) -> Self {
        Self::Unsupported { model, action: "trained on a text", reason: "it does not read one; char_lstm and char_transformer do" }
    }

    /// `sample` was called on a model that is not generative.
    pub(crate) fn not_generative(model: &'static str) -> Self {
        Self::Unsupported {
            model,
            action: "sampled",
            reason: "it is not a generative model; vae, gated_pixelcnn, seq2seq, captioner, char_lstm and char_transformer are",
        }
    }
}
