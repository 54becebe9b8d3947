//! Segmentation of street scenes in four ways up, and at full size.
//!
//! V. Badrinarayanan, A. Kendall, R. Cipolla: *SegNet: A Deep Convolutional Encoder-Decoder Architecture for Image Segmentation*, PAMI 2017: the decoder puts each element
//! back at the position of its pool's maximum. Three twins differ in that step alone: nearest neighbor, zeros between the elements (bed of nails), and a transposed
//! convolution, which learns. Images of 120x90 get reflection padding to 128x96, as in the U-Net.
//!
//! J. Long, E. Shelhamer, T. Darrell: *Fully Convolutional Networks for Semantic Segmentation*, CVPR 2015. `StreetFcn` has no pools: each convolution works at full size.
//!
//! | encoder | | decoder | |
//! |---|---|---|---|
//! | `inc` | `[16, 96, 128]` | `up3` | `[16, 96, 128]` |
//! | `down1` | `[32, 48, 64]` | `up2` | `[16, 48, 64]` |
//! | `down2` | `[64, 24, 32]` | `up1` | `[32, 24, 32]` |
//! | `down3` | `[64, 12, 16]` | | |

use layercake::prelude::*;

network! {
    block convs(width) {
        Repeat(2) { Conv2d(width, kernel = 3, padding = 1, bias = false), BatchNorm2d, ReLU },
    }

    /// SegNet: max unpooling.
    pub StreetSegNet: [3, 90, 120] -> [11, 90, 120] {
        Pad((3, 4), mode = reflect),
        inc: convs(16), pool1: MaxPool2d(2),
        down1: convs(32), pool2: MaxPool2d(2),
        down2: convs(64), pool3: MaxPool2d(2),
        down3: convs(64), Dropout(0.3),
        MaxUnpool2d(pool3), up1: convs(32),
        MaxUnpool2d(pool2), up2: convs(16),
        MaxUnpool2d(pool1), up3: convs(16),
        outc: Conv2d(11, kernel = 1),
        Slice(axis = 1, start = 3, end = 93), Slice(axis = 2, start = 4, end = 124),
    }

    /// Four copies of each element.
    pub StreetSegNetNearest: [3, 90, 120] -> [11, 90, 120] {
        Pad((3, 4), mode = reflect),
        inc: convs(16), MaxPool2d(2),
        down1: convs(32), MaxPool2d(2),
        down2: convs(64), MaxPool2d(2),
        down3: convs(64), Dropout(0.3),
        Upsample(2), up1: convs(32),
        Upsample(2), up2: convs(16),
        Upsample(2), up3: convs(16),
        outc: Conv2d(11, kernel = 1),
        Slice(axis = 1, start = 3, end = 93), Slice(axis = 2, start = 4, end = 124),
    }

    /// Each element and three zeros.
    pub StreetSegNetNails: [3, 90, 120] -> [11, 90, 120] {
        Pad((3, 4), mode = reflect),
        inc: convs(16), MaxPool2d(2),
        down1: convs(32), MaxPool2d(2),
        down2: convs(64), MaxPool2d(2),
        down3: convs(64), Dropout(0.3),
        Upsample(2, mode = bed_of_nails), up1: convs(32),
        Upsample(2, mode = bed_of_nails), up2: convs(16),
        Upsample(2, mode = bed_of_nails), up3: convs(16),
        outc: Conv2d(11, kernel = 1),
        Slice(axis = 1, start = 3, end = 93), Slice(axis = 2, start = 4, end = 124),
    }

    /// Transposed convolutions.
    pub StreetSegNetTransposed: [3, 90, 120] -> [11, 90, 120] {
        Pad((3, 4), mode = reflect),
        inc: convs(16), MaxPool2d(2),
        down1: convs(32), MaxPool2d(2),
        down2: convs(64), MaxPool2d(2),
        down3: convs(64), Dropout(0.3),
        wide1: ConvTranspose2d(64, kernel = 2, stride = 2), up1: convs(32),
        wide2: ConvTranspose2d(32, kernel = 2, stride = 2), up2: convs(16),
        wide3: ConvTranspose2d(16, kernel = 2, stride = 2), up3: convs(16),
        outc: Conv2d(11, kernel = 1),
        Slice(axis = 1, start = 3, end = 93), Slice(axis = 2, start = 4, end = 124),
    }

    /// As many convolutions, all at full size. Dilation gives the inner ones a view as wide as the others have behind their pools.
    pub StreetFcn: [3, 90, 120] -> [11, 90, 120] {
        inc: convs(16),
        wide1: Conv2d(16, kernel = 3, padding = 2, dilation = 2, bias = false), norm1: BatchNorm2d, ReLU,
        wide2: Conv2d(16, kernel = 3, padding = 4, dilation = 4, bias = false), norm2: BatchNorm2d, ReLU,
        wide3: Conv2d(16, kernel = 3, padding = 8, dilation = 8, bias = false), norm3: BatchNorm2d, ReLU,
        Dropout(0.3),
        wide4: Conv2d(16, kernel = 3, padding = 4, dilation = 4, bias = false), norm4: BatchNorm2d, ReLU,
        wide5: Conv2d(16, kernel = 3, padding = 2, dilation = 2, bias = false), norm5: BatchNorm2d, ReLU,
        up: convs(16),
        outc: Conv2d(11, kernel = 1),
    }

    /// One level of a few channels, without dropout.
    #[cfg(test)]
    pub(super) SmallSegNet: [2, 6, 8] -> [3, 6, 8] {
        inc: convs(3), pool1: MaxPool2d(2),
        down1: convs(3),
        MaxUnpool2d(pool1), up1: convs(3),
        outc: Conv2d(3, kernel = 1),
    }
}
