use layercake::prelude::*;

network! {
    pub Net: [784] -> [10] {
        Linear(10),
    }
}

fn main() {
    let device = Cpu::default();
    let net = Net::new(&device);
    let features: Tensor<Rank2<2, 784>, f32, _> = device.zeros();
    let loss = loss::cross_entropy(net.forward(features.clone()), &[1, 2]);
    loss.backward();
    net.forward(features).square().mean().backward();
}
