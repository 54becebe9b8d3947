use layercake::dfdx::nn::modules;
use layercake::prelude::*;

network! { Block: [3] -> [3] { fc: Linear(3) } }

#[derive(Model)]
struct Pair<E: Dtype = f32, D: Storage<E> = Cpu> {
    block: Block<E, D>,
    head: modules::Linear<3, 2, E, D>,
}

fn main() {
    let device = Cpu::default();
    let pair: Pair = Pair::new(&device);
    io::onnx::save(&pair.block, "block.onnx").unwrap();
    io::onnx::save(&pair, "pair.onnx").unwrap();
    io::onnx::save(&pair.head, "head.onnx").unwrap();
}
