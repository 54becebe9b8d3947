use layercake::prelude::*;

network! {
    Encoder: [1, 8, 8] -> [32] { Flatten, Linear(32) }
    Decoder: [64] -> [100] { Linear(100) }
    Image: [1, 10, 10] -> [10] { Flatten, Linear(10) }
}

#[derive(Model)]
#[model(forward)]
struct Autoencoder<E: Dtype = f32, D: Storage<E> = Cpu> {
    encoder: Encoder<E, D>,
    decoder: Decoder<E, D>,
    image: Image<E, D>,
}

#[derive(Model)]
#[model(forward)]
struct Plain(Encoder, Decoder);

fn main() {}
