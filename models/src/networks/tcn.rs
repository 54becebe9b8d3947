//! Temporal convolutional network.
//!
//! S. Bai, J. Kolter, V. Koltun: *An Empirical Evaluation of Generic Convolutional and Recurrent Networks for Sequence Modeling*, arXiv 1803.01271, 2018,
//! figure 1: causal convolutions whose dilation doubles from block to block. Names are those of the authors' code, `network.0.conv1.weight`; the
//! normalization of the weights is left out.

use layercake::prelude::*;

network! {
    block temporal(inputs, outputs, kernel, dilation, drop) {
        Pad(left = dilation * (kernel - 1), right = 0), conv1: Conv1d(outputs, kernel = kernel, dilation = dilation), ReLU, Dropout(drop),
        Pad(left = dilation * (kernel - 1), right = 0), conv2: Conv1d(outputs, kernel = kernel, dilation = dilation), ReLU, Dropout(drop),
        if inputs == outputs { Add { {}, { from input } } } else { Add { {}, { from input, downsample: Conv1d(outputs, kernel = 1) } } }
        ReLU,
    }

    /// The network for the adding problem (Bai et al., 2018, table 3), for 400 steps: two numbers a step to 30 features a step.
    pub Tcn: [2, 400] -> [30, 400] {
        network: Sequential {
            temporal(2, 30, 7, 1, 0.0),
            for dilation in [2, 4, 8, 16, 32, 64, 128] { temporal(30, 30, 7, dilation, 0.0) }
        },
    }

    #[cfg(test)]
    pub(super) SmallTcn: [2, 9] -> [4, 9] {
        network: Sequential { temporal(2, 4, 3, 1, 0.0), for dilation in [2, 4] { temporal(4, 4, 3, dilation, 0.0) } },
    }
}
