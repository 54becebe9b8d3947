use layercake::network;

const LENGTH: usize = 5;

network! {
    Positional = onnx("onnx/models/tagger.onnx", 5)
    Constant = onnx("onnx/models/tagger.onnx", sequence = LENGTH)
    Sum = onnx("onnx/models/tagger.onnx", sequence = 2 + 3)
    Batch = onnx("onnx/models/tagger.onnx", sequence = 5, batch = second)
    Weights = onnx("onnx/models/digits.onnx", weights = true)
    NoSuchSize = onnx("onnx/models/tagger.onnx", length = 5)
    NoSuchInput = onnx("onnx/models/tagger.onnx", words = [_, 5])
    NoNames = onnx("onnx/models/digits.onnx", batch = first, height = 8)
    Conflict = onnx("onnx/models/digits.onnx", image = [_, 1, 8, 9])
    Axes = onnx("onnx/models/digits.onnx", image = [1, 8, 8])
    NoNumber = onnx("onnx/models/steps_first.onnx", length = 5)
    NoSuchNumber = onnx("onnx/models/steps_first.onnx", length = 5, rate = 16000, gain = 2)
    Zero = onnx("onnx/models/tagger.onnx", sequence = 0)
    Whole = onnx("onnx/models/tagger.onnx", sequence = [x])
}

fn main() {}
