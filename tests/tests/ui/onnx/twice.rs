use layercake::network;

network! {
    Digits = onnx("onnx/models/digits.onnx")
    Digits = onnx("onnx/models/tagger.onnx", sequence = 3)
}

fn main() {}
