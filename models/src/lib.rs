//! The Layercake model zoo and what the `layercake` command does with it.
//!
//! Five modules:
//!
//! - [`networks`]: the network declarations, one paper per file. Nothing but architecture.
//! - `tasks`: how each kind of model is trained, evaluated and sampled: classifiers, small networks on points, autoencoders, PixelCNNs, segmentation, text, sums,
//!   nearest neighbors, agents.
//! - [`explain`](explain()): what a trained model looks at, drawn.
//! - [`studies`]: small experiments that show what courses say.
//! - [`zoo`](zoo()): the list that `layercake list` prints. An entry joins a name, a network, a task and its default hyperparameters.
//!
//! The command itself (arguments, output, exit codes) is in `src/cli`.

mod explain;
pub mod networks;
pub mod studies;
mod tasks;
mod zoo;

pub use explain::{CpuExplainError, ExplainMethod, ExplainOptions, Explained, Settings as ExplainSettings, explain};
pub use networks::LeNet5;
pub use tasks::{
    OwnNetwork, bench_graph, bench_inference, class_key, evaluate_own, outlined, own_graph, own_network, own_predictor, train_own,
};
pub use zoo::{
    AgentOptions, BenchOptions, BenchResult, Detected, DetectionSeconds, DeviceKind, EvalOptions, Evaluation, ModelError, PhotoDetector,
    PhotoSegmenter, PlayOptions, Played, SampleOptions, Samples, TrainOptions, Variant, ZooModel, zoo,
};
