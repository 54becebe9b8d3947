use layercake::prelude::*;

network! {
    pub Net: [784] -> [10] {
        Linear(10),
    }
}

fn main() {
    let device = Cpu::default();
    let features: Tensor<Rank1<784>, f32, _> = device.zeros();
    Net::new(&device).forward(features);
}
