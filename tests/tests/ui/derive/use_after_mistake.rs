use layercake::prelude::*;

network! {
    Body: [3] -> [3] { Linear(3) }
}

#[derive(Model)]
struct Net<E: Dtype = f32, D: Storage<E> = Cpu> {
    body: Body<E, D>,
    scale: Tensor<Rank1<3>, E, D>,
}

fn main() {
    let device = Cpu::default();
    let net = Net::new(&device);
    assert_eq!(net.parameter_count(), 15);
    let _ = device.build_module::<Net, f64>().named_parameters();
}
