//! U-Net.
//!
//! O. Ronneberger, P. Fischer, T. Brox: *U-Net: Convolutional Networks for Biomedical Image Segmentation*, MICCAI 2015, figure 1; in the
//! common modern form: padded convolutions with batch normalization, and bilinear upsampling.
//!
//! | encoder | | decoder | |
//! |---|---|---|---|
//! | `inc` | `[64, 256, 256]` | `up4` | `[64, 256, 256]` |
//! | `down1` | `[128, 128, 128]` | `up3` | `[64, 128, 128]` |
//! | `down2` | `[256, 64, 64]` | `up2` | `[128, 64, 64]` |
//! | `down3` | `[512, 32, 32]` | `up1` | `[256, 32, 32]` |
//! | `down4` | `[512, 16, 16]` | | |
//!
//! Names and widths are those of the implementation `milesial/Pytorch-UNet` with `bilinear=True`: `down1.maxpool_conv.1.double_conv.0.weight`.

use layercake::prelude::*;

network! {
    block convs(width, between) {
        double_conv: Sequential {
            Conv2d(between, kernel = 3, padding = 1, bias = false), BatchNorm2d, ReLU,
            Conv2d(width, kernel = 3, padding = 1, bias = false), BatchNorm2d, ReLU,
        },
    }
    block down(width) { maxpool_conv: Sequential { MaxPool2d(2), convs(width, width) } }
    block up(width, between) { conv: convs(width, between) }

    /// U-Net (Ronneberger et al., 2015): 256x256 color images to logits of two classes at each pixel.
    pub UNet: [3, 256, 256] -> [2, 256, 256] {
        inc: convs(64, 64) as x1,
        down1: down(128) as x2,
        down2: down(256) as x3,
        down3: down(512) as x4,
        down4: down(512),
        Concat { { from x4 }, { Upsample(2, mode = bilinear, align_corners = true) } }, up1: up(256, 512),
        Concat { { from x3 }, { Upsample(2, mode = bilinear, align_corners = true) } }, up2: up(128, 256),
        Concat { { from x2 }, { Upsample(2, mode = bilinear, align_corners = true) } }, up3: up(64, 128),
        Concat { { from x1 }, { Upsample(2, mode = bilinear, align_corners = true) } }, up4: up(64, 64),
        outc: outlet(2),
    }

    block outlet(classes) { conv: Conv2d(classes, kernel = 1) }

    /// U-Net with two levels of a few channels.
    #[cfg(test)]
    pub(super) SmallUNet: [2, 12, 8] -> [3, 12, 8] {
        inc: convs(3, 3) as x1,
        down1: down(4) as x2,
        down2: down(4),
        Concat { { from x2 }, { Upsample(2, mode = bilinear, align_corners = true) } }, up1: up(3, 4),
        Concat { { from x1 }, { Upsample(2, mode = bilinear, align_corners = true) } }, up2: up(3, 3),
        outc: outlet(3),
    }
}

const _: () = assert!(UNet::PARAMS == 17_263_042);
