use layercake::prelude::*;

network! {
    pub Net: [1, 28, 28] -> [_, _, _] {
        a: Conv2d(6, kernel = 5.0),
        b: Conv2d(6, kernel = "five"),
        c: Conv2d(6.5, kernel = 3),
        d: Conv2d(6, kernel = 3, bias = 1),
        e: Conv2d(6, kernel = 3, groups = (1, 2)),
        f: Dropout(p = "half"),
        g: Conv2d(6, kernel = (3, 3, 3)),
        h: Conv2d(6, kernel = 3, padding = "same"),
        i: Conv2d(6, kernel = 3, padding = -1),
        j: Conv2d(6u32, kernel = 3),
        k: BatchNorm2d(affine = False),
        l: LeakyReLU(negative_slope = true),
        m: Conv2d(99999999999999999999, kernel = 3),
        n: Conv2d(_ -> 3, kernel = 3),
        o: BatchNorm2d(true),
        p: Conv2d(3, kernel = 3, padding = "valid", bias = True),
        q: Conv2d(3, kernel = [3; 3]),
    }
}

fn main() {}
