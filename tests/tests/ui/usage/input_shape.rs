use layercake::prelude::*;

network! {
    pub Net: [784] -> [10] {
        fc: Linear(10),
    }
}

fn main() {
    let device = Cpu::default();
    let net = Net::new(&device);
    let image: Tensor<Rank3<2, 28, 28>, f32, _> = device.zeros();
    net.forward(image);
}
