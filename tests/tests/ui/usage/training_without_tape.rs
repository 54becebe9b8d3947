use layercake::prelude::*;

network! {
    pub Net: [784] -> [10] {
        fc: Linear(10),
    }
}

fn main() {
    let device = Cpu::default();
    let mut net = Net::new(&device);
    let features: Tensor<Rank2<2, 784>, f32, _> = device.zeros();
    net.forward_mut(features);
}
