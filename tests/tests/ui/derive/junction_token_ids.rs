use layercake::prelude::*;

network! {
    pub First: [4] -> [8] {
        Linear(8),
    }

    pub Words: usize[8] -> [8, 3] {
        Embedding(30 -> 3),
    }

    pub Head: [8, 3] -> [8, 2] {
        Linear(2),
    }
}

#[derive(Clone, Debug, Model)]
#[model(forward)]
struct Wrong<E: Dtype = f32, D: Storage<E> = Cpu> {
    first: First<E, D>,
    words: Words<E, D>,
    head: Head<E, D>,
}

#[derive(Clone, Debug, Model)]
#[model(forward)]
struct Right<E: Dtype = f32, D: Storage<E> = Cpu> {
    words: Words<E, D>,
    head: Head<E, D>,
}

fn main() {
    let device = Cpu::default();
    let mut model = Right::new(&device);
    let ids: Tensor<Rank2<2, 8>, usize, _> = device.zeros();
    model.forward_mut(ids);
}
