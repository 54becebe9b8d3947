use layercake::prelude::*;

network! {
    pub Net: [1, 28, 28] -> [10] {
        conv: Conv2d(6, kernel = 5),
        Flatten,
        fc: Linear(100 -> 10),
    }
}

const _: () = assert!(Net::PARAMS < 1_000_000 && Net::OUTPUT[0] == 10);

fn main() {
    let device = Cpu::default();
    let mut net = Net::new(&device);
    let image: Tensor<Rank4<2, 1, 28, 28>, f32, _> = device.zeros();
    let logits: Tensor<Rank2<2, 10>, f32, _> = net.forward(image.clone());
    let _ = net.forward_mut(image.leaky_traced()).softmax::<Axis<1>>();
    println!("{:?} {}", logits.array(), Net::summary());
    println!("{:?}", net.fc.weight.shape());
}
