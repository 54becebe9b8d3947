use layercake::prelude::*;

network! {
    /// One message: what is wrong with the file.
    pub None = onnx("onnx/models/none.onnx")
    Folder = onnx("onnx/models")
    Damaged = onnx("onnx/models/damaged.onnx")
    Unread = onnx("onnx/models/unread.onnx")
    Open = onnx("onnx/models/tagger.onnx")
    OpenToo = onnx("onnx/models/digits.onnx", batch = absent)
}

fn main() {
    let device = Cpu::default();
    let net = None::new(&device);
    let other = None::pretrained(&device).unwrap();
    println!("{} {}", None::PARAMS, None::summary());
    drop((net, other));
}
