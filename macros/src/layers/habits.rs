//! Names from other libraries, and what they are called here.

use super::{Positions, Row};

/// What a layer of another library is here.
pub fn kind_hint(kind: &str) -> Option<&'static str> {
    Some(match kind.to_lowercase().replace('_', "").as_str() {
        "dense" | "fc" | "fullyconnected" | "affine" | "innerproduct" | "unbiasedlinear" => "write `Linear`",
        "conv" | "convolution" | "convolution2d" | "conv2" => "write `Conv2d`",
        "maxpool" | "maxpooling" | "maxpooling2d" | "maxpool2" => "write `MaxPool2d`",
        "avgpool" | "averagepool" | "averagepooling" | "averagepooling2d" | "averagepool2d" | "meanpool" | "avgpooling2d" => {
            "write `AvgPool2d`"
        }
        "pool" | "pooling" | "pool2d" | "pooling2d" => "write `MaxPool2d` or `AvgPool2d`",
        "batchnorm" | "bn" | "batchnormalization" | "norm" | "batchnormalisation" => {
            "write `BatchNorm2d` after a convolution, `BatchNorm1d` after `Linear`"
        }
        "softmax2d" => "write `Softmax(axis = 0)`, which acts on the channels",
        "leaky" | "lrelu" => "write `LeakyReLU`",
        "logistic" | "sigm" => "write `Sigmoid`",
        "view" => "write `Reshape`",
        "ravel" => "write `Flatten`, which makes one axis of all",
        "drop" => "write `Dropout`",
        "spatialdropout" | "spatialdropout2d" | "featuredropout" => "write `Dropout2d`",
        "droppath" | "drop_path" | "dropblock" | "survival" | "layerdrop" => {
            "write `Residual(drop = 0.2) { .. }`, or `StochasticDepth(0.2)` at the end of a branch"
        }
        "identity" | "noop" => "leave the step out",
        "transpose" | "swapaxes" | "movedim" => "write `Permute`, with the axes in their new order",
        "deconv" | "deconvolution" | "conv2dtranspose" | "upconv" | "convtranspose" | "transposedconv2d" => "write `ConvTranspose2d`",
        "globalaveragepooling2d" | "globalavgpool" | "globalaveragepool" | "gap" => "write `GlobalAvgPool2d`",
        "upsampling2d" | "interpolate" | "resize" | "upsamplingnearest2d" | "upsamplingbilinear2d" => "write `Upsample`",
        "swish" => "write `SiLU`",
        "clip" | "clamp" => "write `HardTanh`, with its two bounds",
        "zeropad2d" | "reflectionpad2d" | "replicationpad2d" | "zeropadding2d" | "constantpad2d" => {
            "write `Pad`; its `mode` is `zeros`, `reflect` or `replicate`"
        }
        "unpool" | "unpooling" | "maxunpooling" | "maxunpooling2d" => {
            "write `MaxUnpool2d(pool1)` with the name of a pooling layer, or `Upsample` with `mode = nails`"
        }
        "narrow" | "crop" => "write `Slice`",
        "reparam" | "reparametrization" | "reparameterization" | "reparameterisation" | "gaussiansample" | "rsample" | "sampling" => {
            "write `Reparameterize(logvar)` behind the mean; `logvar` is the tag of the log-variance"
        }
        "lrn" => "write `LocalResponseNorm`",
        "reducemean" | "averageover" => "write `Mean`",
        "reducemax" => "write `Amax`",
        "embed" | "embeddings" | "lookup" | "embeddingbag" => "write `Embedding(vocabulary -> features)`",
        "longshorttermmemory" | "lstmlayer" | "lstmcell" => "write `Lstm`, which goes through a whole sequence",
        "grucell" | "gatedrecurrentunit" => "write `Gru`, which goes through a whole sequence",
        "simplernn" | "rnncell" | "elman" | "recurrent" => "write `Rnn`, which goes through a whole sequence",
        "bidirectional" | "bilstm" => "write `Lstm(.., bidirectional = true)`",
        "attention" | "selfattention" | "multihead" | "mha" | "causalselfattention" => "write `MultiHeadAttention(heads)`",
        "sequential" => "write `Sequential { .. }`, or its layers one after the other, separated by commas",
        _ => return None,
    })
}

/// What an argument with a foreign name is here.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Meant {
    /// This option.
    Option(&'static str),
    /// The size in, which has no name.
    In,
    /// The size out, or the number of features, which has no name.
    Size,
}

/// What another library calls `key`.
pub fn meant(row: &Row, key: &str) -> Option<Meant> {
    let key = key.to_lowercase();
    match (row.positions, key.as_str()) {
        (
            Positions::InOut { .. },
            "in_features" | "in_channels" | "input_size" | "num_embeddings" | "vocabulary" | "vocab_size" | "input" | "inputs" | "in_dim"
            | "in_size" | "nin",
        ) => {
            return Some(Meant::In);
        }
        (
            Positions::InOut { .. },
            "out_features" | "out_channels" | "hidden_size" | "hidden" | "embedding_dim" | "embed_dim" | "out" | "output" | "outputs"
            | "units" | "filters" | "features" | "channels" | "out_dim" | "out_size" | "nout",
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
        "scale_factor" | "factor" | "factors" => "scale",
        "interpolation" => "mode",
        "normalized_shape" | "target_shape" | "new_shape" => "shape",
        "elementwise_affine" => "affine",
        "colors" | "rgb" => "colours",
        "mask_type" => "mask",
        "approximation" => "approximate",
        "num_parameters" => "parameters",
        "num_channels" => "channels",
        "from" | "begin" => "start",
        "to" | "stop" => "end",
        "out_size" | "output_shape" => "output_size",
        "num_layers" | "n_layers" | "depth" => "layers",
        "num_heads" | "nhead" | "n_heads" | "n_head" => "heads",
        "embed_dim" | "d_model" => "features",
        "is_causal" => "causal",
        "activation" => "nonlinearity",
        "return_sequences" | "many_to_one" => "output",
        "padding_index" | "pad_idx" => "padding_idx",
        _ => return None,
    };
    row.option(name).map(|option| Meant::Option(option.name))
}

/// Why an option of PyTorch's is not here.
pub fn unsupported_option(key: &str) -> Option<&'static str> {
    Some(match key {
        "batch_first" => "the batch is the first axis of every tensor; leave it out",
        "proj_size" => "`Linear` behind the layer projects what it gives",
        "h0" | "hx" | "h_0" | "initial_state" => "the states that it begins with are tags or inputs: `state = (h, c)`",
        "max_norm" | "norm_type" | "scale_grad_by_freq" | "sparse" => "the gradient of the table is that of the rows that were read",
        "kdim" | "vdim" | "add_bias_kv" | "add_zero_attn" => "queries, keys and values are made of the one value that comes",
        "inplace" => "memory is planned for the whole network; leave it out",
        "padding_mode" => "padding is always with zeros",
        "return_indices" => "`MaxUnpool2d(name)` finds the places of the largest elements by the pool's name; leave it out",
        "divisor_override" => "the divisor is the number of elements in the window",
        "track_running_stats" => "running statistics are always kept; leave it out",
        "device" | "dtype" => "it is chosen when the network is built: `Name::new(&device)`",
        _ => return None,
    })
}
