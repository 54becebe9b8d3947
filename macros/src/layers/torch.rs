//! PyTorch's order of arguments, and its layers that are not supported here.

use super::Row;

/// PyTorch's order of a layer's arguments, by the names here; `-` for one without counterpart. None if it is the order of the options.
pub fn order(row: &Row) -> Option<Vec<&'static str>> {
    (!row.torch.is_empty()).then(|| row.torch_arguments().map(|(_, ours)| ours.unwrap_or("-")).collect())
}

/// The field for an argument of PyTorch's layer; None for one without counterpart.
pub fn torch_field(row: &Row, word: &str) -> Option<&'static str> {
    row.torch_arguments().find(|(theirs, _)| *theirs == word).and_then(|(_, ours)| ours)
}

/// Why a layer of PyTorch is not supported. `plain` is its name in lower case.
pub fn absent(plain: &str) -> Option<&'static str> {
    const REASONS: [(&str, &[&str]); 9] = [
        (
            "3d layers are not supported",
            &[
                "conv3d",
                "convtranspose3d",
                "maxpool3d",
                "avgpool3d",
                "maxunpool3d",
                "fractionalmaxpool3d",
                "adaptiveavgpool3d",
                "adaptivemaxpool3d",
                "lppool3d",
                "batchnorm3d",
                "instancenorm3d",
                "dropout3d",
                "reflectionpad3d",
                "replicationpad3d",
                "zeropad3d",
                "constantpad3d",
                "circularpad3d",
                "lazyconv3d",
                "lazyconvtranspose3d",
                "lazybatchnorm3d",
                "lazyinstancenorm3d",
            ],
        ),
        (
            "only the `2d` layer is supported",
            &[
                "convtranspose1d",
                "lazyconvtranspose1d",
                "maxunpool1d",
                "adaptiveavgpool1d",
                "instancenorm1d",
                "lazyinstancenorm1d",
                "dropout1d",
                "reflectionpad1d",
                "replicationpad1d",
                "zeropad1d",
                "constantpad1d",
            ],
        ),
        (
            "a loss is not part of a network: it is computed from the network's output",
            &[
                "l1loss",
                "mseloss",
                "crossentropyloss",
                "ctcloss",
                "nllloss",
                "poissonnllloss",
                "gaussiannllloss",
                "kldivloss",
                "bceloss",
                "bcewithlogitsloss",
                "marginrankingloss",
                "hingeembeddingloss",
                "multilabelmarginloss",
                "huberloss",
                "smoothl1loss",
                "softmarginloss",
                "multilabelsoftmarginloss",
                "cosineembeddingloss",
                "multimarginloss",
                "tripletmarginloss",
                "tripletmarginwithdistanceloss",
                "adaptivelogsoftmaxwithloss",
                "crossentropy",
                "nlloss",
                "bcewithlogits",
            ],
        ),
        (
            "build it from `Residual`, `LayerNorm`, `MultiheadAttention` and `Linear`",
            &["transformer", "transformerencoder", "transformerdecoder", "transformerencoderlayer", "transformerdecoderlayer"],
        ),
        (
            "write the layers one after another, and `reuse` to apply one again",
            &["module", "modulelist", "moduledict", "parameter", "parameterlist", "parameterdict"],
        ),
        ("comparing two tensors is done outside a network", &["cosinesimilarity", "pairwisedistance", "bilinear"]),
        ("a network runs on one device", &["dataparallel", "distributeddataparallel"]),
        ("a step is a built-in layer or a custom layer, not a function", &["lambda", "def", "fn", "function"]),
        (
            "it is not built in; a custom layer is written with its path and output shape",
            &[
                "unfold",
                "fold",
                "lppool1d",
                "lppool2d",
                "adaptivemaxpool1d",
                "adaptivemaxpool2d",
                "circularpad1d",
                "circularpad2d",
                "hardshrink",
                "logsigmoid",
                "celu",
                "tanhshrink",
                "alphadropout",
                "featurealphadropout",
                "pixelunshuffle",
                "channelshuffle",
                "unflatten",
                "rnnbase",
                "matmul",
                "bmm",
                "einsum",
                "where",
                "gather",
                "masked",
            ],
        ),
    ];
    REASONS.iter().find(|(_, names)| names.contains(&plain)).map(|(reason, _)| *reason)
}
