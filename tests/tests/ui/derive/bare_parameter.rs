use layercake::prelude::*;

network! {
    pub Net: [784] -> [10] {
        Linear(10),
    }
}

#[derive(Model)]
struct OnDevice<D = Cpu> {
    net: Net<f32, D>,
}

#[derive(Model)]
struct OfNumbers<E = f32> {
    net: Net<E, Cpu>,
}

#[derive(Model)]
struct Both<E = f32, D = Cpu> {
    net: Net<E, D>,
}

fn main() {}
