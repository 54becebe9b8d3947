use layercake::prelude::*;

network! {
    pub Net: [1, 28, 28] -> [10] {
        View(4), Movedim(1, 0), Deconv(6), GlobalAveragePooling2D, UpSampling2D(2), SpatialDropout2D, Swish, Clamp, ZeroPad2d(1), Unpool,
        Crop, LRN, ReduceMean, ReduceMax, Dense(10),
    }
}

fn main() {}
