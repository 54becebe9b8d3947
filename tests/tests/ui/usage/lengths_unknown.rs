use layercake::prelude::*;

network! {
    pub PerStep<T: Dim>: [T, 6] -> [T, 3] {
        Linear(3),
    }
}

fn batch<S: Shape>(_: &Cpu) -> Tensor<S, f32, Cpu> {
    unimplemented!()
}

fn main() {
    let device = Cpu::default();
    let mut net = PerStep::new(&device);
    let gradients = net.alloc_grads();
    net.forward_train(batch(&device), gradients.clone());
    // These are the batch and the length.
    net.forward_train::<usize, usize>(batch(&device), gradients);
}
