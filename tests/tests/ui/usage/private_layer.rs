use layercake::prelude::*;

network! {
    pub Net: [784] -> [10] {
        fc: Linear(10), Tanh,
    }
}

fn main() {
    let device = Cpu::default();
    let net = Net::new(&device);
    println!("{:?}", net.tanh_1);
}
