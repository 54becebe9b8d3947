//! A U-Net for small images of street scenes.
//!
//! O. Ronneberger, P. Fischer, T. Brox: *U-Net: Convolutional Networks for Biomedical Image Segmentation*, MICCAI 2015, figure 1, with three levels and a
//! quarter of the channels; padded convolutions, batch normalization, bilinear upsampling. Images of 120x90 get reflection padding to 128x96,
//! which is divisible by 8, and the output is cropped.
//!
//! | encoder | | decoder | |
//! |---|---|---|---|
//! | `inc` | `[16, 96, 128]` | `up3` | `[16, 96, 128]` |
//! | `down1` | `[32, 48, 64]` | `up2` | `[32, 48, 64]` |
//! | `down2` | `[64, 24, 32]` | `up1` | `[64, 24, 32]` |
//! | `down3` | `[128, 12, 16]` | | |

use layercake::prelude::*;

network! {
    block convs(width) {
        Repeat(2) { Conv2d(width, kernel = 3, padding = 1, bias = false), BatchNorm2d, ReLU },
    }
    block down(width) { MaxPool2d(2), convs: convs(width) }

    /// U-Net for street scenes: 120x90 color images to logits of eleven classes at each pixel.
    pub StreetUNet: [3, 90, 120] -> [11, 90, 120] {
        Pad((3, 4), mode = reflect),
        inc: convs(16) as x1,
        down1: down(32) as x2,
        down2: down(64) as x3,
        down3: down(128), Dropout(0.3),
        Concat { { from x3 }, { Upsample(2, mode = bilinear) } }, up1: convs(64),
        Concat { { from x2 }, { Upsample(2, mode = bilinear) } }, up2: convs(32),
        Concat { { from x1 }, { Upsample(2, mode = bilinear) } }, up3: convs(16),
        outc: Conv2d(11, kernel = 1),
        Slice(axis = 1, start = 3, end = 93), Slice(axis = 2, start = 4, end = 124),
    }

    /// Two levels of a few channels, without dropout.
    #[cfg(test)]
    pub(super) SmallStreetUNet: [2, 6, 8] -> [3, 6, 8] {
        Pad((1, 2), mode = reflect),
        inc: convs(3) as x1,
        down1: down(4) as x2,
        down2: down(5), Dropout(0.0),
        Concat { { from x2 }, { Upsample(2, mode = bilinear) } }, up1: convs(4),
        Concat { { from x1 }, { Upsample(2, mode = bilinear) } }, up2: convs(3),
        outc: Conv2d(3, kernel = 1),
        Slice(axis = 1, start = 1, end = 7), Slice(axis = 2, start = 2, end = 10),
    }
}
