use layercake::prelude::*;

network! {
    Digits = onnx("onnx/models/digits.onnx")
    /// Its shapes are checked like those of any network.
    Within: [1, 9, 9] -> [5] { Digits, Linear(10 -> 5) }
    Behind: [1, 8, 8] -> [5] { Digits, Linear(11 -> 5) }
}

fn main() {}
