use layercake::network;

network! {
    Colon: onnx("onnx/models/digits.onnx")
    Generic<const H: usize> = onnx("onnx/models/digits.onnx")
    Word = file("onnx/models/digits.onnx")
    Nothing =
}

network! {
    Bare = onnx
}

network! {
    Brackets = onnx["onnx/models/digits.onnx"]
    Unquoted = onnx(digits)
    Empty = onnx()
    Number = onnx(5, sequence = 5)
    Comma = onnx("onnx/models/digits.onnx"),
    Apart = onnx("onnx/models/digits.onnx" sequence = 5)
    Same = onnx("onnx/models/tagger.onnx", sequence = 5, sequence = 5)
}

fn main() {}
