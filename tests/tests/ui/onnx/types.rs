use layercake::prelude::*;

network! {
    Digits = onnx("onnx/models/digits.onnx")
}

fn main() {
    let net = Digits::pretrained(&Cpu::default()).unwrap();
    let image: Tensor<Rank4<1, 1, 9, 9>, f32, _> = Cpu::default().zeros();
    net.forward(image);
    net.conv3;
}
