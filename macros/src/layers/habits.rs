//! Names from other libraries and their counterparts here.

use super::{Positions, Row};

/// The counterpart of a layer of another library.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Foreign {
    /// This layer, with the same arguments.
    Layer(&'static str),
    /// Advice on what to write.
    Hint(&'static str),
    /// There is none, for this reason.
    Absent(&'static str),
}

/// The counterpart of a layer of another library; None for an unknown name.
pub fn foreign(kind: &str) -> Option<Foreign> {
    let plain = kind.to_lowercase().replace('_', "");
    if let Some(row) = super::all().find(|row| row.others.contains(&plain.as_str())) {
        return Some(Foreign::Layer(row.kind));
    }
    let hint = match plain.as_str() {
        "pool" | "pooling" | "pool2d" | "pooling2d" => "write `MaxPool2d(2)` or `AvgPool2d(2)`",
        "batchnorm" | "bn" | "batchnormalization" | "batchnormalisation" | "norm" => {
            "write `BatchNorm2d` for images, or `BatchNorm1d` for features"
        }
        "softmax2d" => "write `Softmax(axis = 0)`, which acts on the channels",
        "droppath" | "dropblock" | "survival" | "layerdrop" => {
            "write `StochasticDepth(0.2)` at the end of a branch, or use the option `drop` of `Residual`"
        }
        "identity" | "noop" => "leave the step out",
        "movedim" | "moveaxis" => "`Permute` takes the axes in their new order, without the batch",
        "upsamplingbilinear2d" => "write `Upsample(2, mode = bilinear, align_corners = true)`",
        "zeropad2d" | "zeropadding2d" | "constantpad2d" => "write `Pad(1)`",
        "reflectionpad2d" => "write `Pad(1, mode = reflect)`",
        "replicationpad2d" => "write `Pad(1, mode = replicate)`",
        "unpool" | "unpooling" | "maxunpooling" | "maxunpooling2d" => {
            "`MaxUnpool2d` takes the name of a pooling layer in parentheses; `Upsample` with the mode `bed_of_nails` takes none"
        }
        "cat" | "concatenate" | "stack" | "hstack" => "`Concat` takes the tags of the tensors to join with in parentheses",
        "narrow" | "crop" => "write `Slice(axis = 0)`, with its `start` and its `end`",
        "reparam" | "reparametrization" | "reparameterization" | "reparameterisation" | "gaussiansample" | "rsample" | "sampling" => {
            "`Reparameterize` follows the mean and takes the tag of the log-variance in parentheses"
        }
        "sequential" => "`Sequential` is followed by its layers in braces",
        "rnncell" | "lstmcell" | "grucell" => "`RNN`, `LSTM` and `GRU` process a whole sequence",
        "bidirectional" | "bilstm" => "`LSTM`, `GRU` and `RNN` have the option `bidirectional`",
        _ => "",
    };
    if !hint.is_empty() {
        return Some(Foreign::Hint(hint));
    }
    super::torch::absent(&plain).map(Foreign::Absent)
}

/// The counterpart of another library's argument.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Meant {
    /// This option.
    Option(&'static str),
    /// The input size, which is positional.
    In,
    /// The output size or the number of features, which is positional.
    Size,
}

/// The counterpart of another library's argument `key`.
pub fn meant(row: &Row, key: &str) -> Option<Meant> {
    let key = key.to_lowercase();
    match (row.positions(), key.as_str()) {
        (
            Positions::InOut { .. },
            "in_features" | "in_channels" | "input_size" | "num_embeddings" | "vocabulary" | "vocab_size" | "input" | "inputs" | "in_dim"
            | "input_dim" | "in_size" | "nin",
        ) => {
            return Some(Meant::In);
        }
        (
            Positions::InOut { .. },
            "out_features" | "out_channels" | "hidden_size" | "hidden" | "embedding_dim" | "embed_dim" | "out" | "output" | "outputs"
            | "units" | "filters" | "features" | "channels" | "out_dim" | "output_dim" | "out_size" | "nout",
        )
        | (Positions::Features(_), "num_features" | "features" | "channels" | "num_channels") => return Some(Meant::Size),
        _ => {}
    }
    let name = match key.as_str() {
        "kernel_size" | "filter" | "filter_size" | "k" | "ksize" | "window" | "pool_size" | "size" => "kernel",
        "strides" | "s" | "step" | "steps" | "subsample" => "stride",
        "pad" | "pads" | "paddings" => "padding",
        "dilations" | "dilation_rate" => "dilation",
        "dim" | "dims" | "axes" if row.option("axes").is_none() => "axis",
        "dim" | "dims" | "axis" | "order" => "axes",
        "use_bias" | "with_bias" | "has_bias" => "bias",
        "alpha" | "slope" | "leak" | "leakiness" => "negative_slope",
        "prob" | "rate" | "probability" | "ratio" | "drop" => "p",
        "epsilon" => "eps",
        "ceil" | "ceiling" => "ceil_mode",
        "count_pad" | "include_pad" => "count_include_pad",
        "group" | "num_groups" => "groups",
        "factor" | "factors" => "scale",
        "interpolation" => "mode",
        "normalized_shape" | "target_shape" | "new_shape" => "shape",
        "elementwise_affine" => "affine",
        "colours" | "rgb" => "colors",
        "mask_type" => "mask",
        "approximation" => "approximate",
        "from" | "begin" => "start",
        "to" | "stop" => "end",
        "out_size" | "output_shape" => "output_size",
        "num_layers" | "n_layers" | "depth" => "layers",
        "nhead" | "n_heads" | "n_head" => "heads",
        "d_model" => "features",
        "is_causal" => "causal",
        "activation" if row.kind == "RNN" => "nonlinearity",
        "return_sequences" | "many_to_one" => "output",
        "padding_index" | "pad_idx" => "padding_idx",
        _ => return None,
    };
    row.option(name).map(|option| Meant::Option(option.name))
}

/// Why an option of PyTorch or Keras is not supported, and whether omitting it leaves the network unchanged.
pub fn unsupported_option(key: &str) -> Option<(&'static str, bool)> {
    let harmless = !matches!(key, "proj_size" | "h0" | "hx" | "h_0" | "initial_state" | "max_norm" | "norm_type" | "padding_mode");
    unsupported(key).map(|reason| (reason, harmless))
}

fn unsupported(key: &str) -> Option<&'static str> {
    Some(match key {
        "batch_first" => "the batch is the first axis of every tensor",
        "proj_size" => "a `Linear` after the layer projects its output",
        "h0" | "hx" | "h_0" | "initial_state" => "the option `state` takes the initial states, which are tags or inputs",
        "max_norm" | "norm_type" | "scale_grad_by_freq" | "sparse" => "the gradient covers the rows that are looked up, unscaled",
        "kdim" | "vdim" | "add_bias_kv" | "add_zero_attn" => {
            "keys and values have as many features as the input; a `Linear` before it changes their number"
        }
        "inplace" => "memory is planned for the whole network",
        "padding_mode" => "padding is always with zeros",
        "return_indices" => "`MaxUnpool2d(name)` uses the indices of the pool of that name",
        "divisor_override" => "the divisor is the number of elements in the window",
        "track_running_stats" => "running statistics are always kept",
        "start_dim" | "end_dim" => "it flattens all axes but the batch",
        "input_shape" | "input_dim" => "a network states its input shape in its first line",
        "key_dim" | "value_dim" => "the features are split equally among the heads",
        "need_weights" | "average_attn_weights" => "attention weights are not returned",
        "device" | "dtype" => "it is chosen when the network is built",
        _ => return None,
    })
}
