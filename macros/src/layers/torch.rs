//! PyTorch's order of arguments, and the layers that it has and this language has not.

use super::Row;

/// PyTorch's order of a layer's arguments, by the names here; `-` for one that has no counterpart. None where it is that of the options.
pub fn order(row: &Row) -> Option<Vec<&'static str>> {
    (!row.torch.is_empty()).then(|| row.torch_arguments().map(|(_, ours)| ours.unwrap_or("-")).collect())
}

/// The field that an argument of PyTorch's layer stands for; None for one that has no counterpart.
pub fn torch_field(row: &Row, word: &str) -> Option<&'static str> {
    row.torch_arguments().find(|(theirs, _)| *theirs == word).and_then(|(_, ours)| ours)
}

/// Why a layer of PyTorch's is not here. `plain` is its name in small letters.
pub fn absent(plain: &str) -> Option<&'static str> {
    const REASONS: [(&str, &[&str]); 9] = [
        (
            "there are no layers for volumes",
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
            "of this kind there is only the layer for images",
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
            "a loss is no part of a network: it is worked out from what the network gives",
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
            "it is put together of `Residual`, `LayerNorm`, `MultiheadAttention` and `Linear`",
            &["transformer", "transformerencoder", "transformerdecoder", "transformerencoderlayer", "transformerdecoderlayer"],
        ),
        (
            "steps stand one after the other, and a layer that is used again is called by `reuse`",
            &["module", "modulelist", "moduledict", "parameter", "parameterlist", "parameterdict"],
        ),
        ("it compares two tensors, which is done outside a network", &["cosinesimilarity", "pairwisedistance", "bilinear"]),
        ("a network runs on one device", &["dataparallel", "distributeddataparallel"]),
        ("a step has no function of its own: what it would do is a layer, or a layer of your own", &["lambda", "def", "fn", "function"]),
        (
            "it is not among the layers; one of your own is written with its path and the shape that it gives",
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
