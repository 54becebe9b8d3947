//! Networks that read token ids and carry states.

use layercake::optim::{Adam, AdamConfig};
use layercake::prelude::*;

network! {
    /// Reads characters and says which comes next, going on from where it was.
    pub CharLstm<T: Dim>: { ids: usize[T], h: [2, 12], c: [2, 12] } -> { logits: [T, 7], h_n: [2, 12], c_n: [2, 12] } {
        from ids,
        embedding: Embedding(7 -> 5),
        lstm: Lstm(12, layers = 2, state = (h, c)) as (y, h_new, c_new),
        fc: Linear(7),
        output logits,
        from h_new, output h_n,
        from c_new, output c_n,
    }

    Plain: usize[6] -> [6, 3] { Embedding(4 -> 3) }
}

type Ids<T> = Tensor<(usize, T), usize, Cpu>;
type States = Tensor<(usize, Const<2>, Const<12>), f32, Cpu>;

fn ids(device: &Cpu, batch: usize, length: usize, from: usize) -> Ids<usize> {
    let ids = (0..batch * length).map(|i| (i / length * 3 + i % length + from) * 5 % 7).collect();
    device.tensor_from_vec(ids, (batch, length))
}

#[test]
fn states_are_carried_over() {
    let device = Cpu::seed_from_u64(3);
    let net = CharLstm::new(&device);
    let zeros: States = device.zeros_like(&(2, Const, Const));
    let long = ids(&device, 2, 9, 0);
    let (whole, h_whole, c_whole) = net.forward(long.clone(), zeros.clone(), zeros.clone());
    let all = long.as_vec();
    let part = |from: usize, to: usize| {
        let ids = [&all[from..to], &all[9 + from..9 + to]].concat();
        device.tensor_from_vec(ids, (2, to - from))
    };
    let (first, h, c) = net.forward(part(0, 4), zeros.clone(), zeros);
    let (second, h, c) = net.forward(part(4, 9), h, c);
    assert_eq!(first.shape().concrete(), [2, 4, 7]);
    let (whole, first, second) = (whole.as_vec(), first.as_vec(), second.as_vec());
    for sample in 0..2 {
        let both = [&first[sample * 28..][..28], &second[sample * 35..][..35]].concat();
        for (one, other) in both.iter().zip(&whole[sample * 63..][..63]) {
            assert!((one - other).abs() < 1e-6, "{one} in two parts, {other} in one");
        }
    }
    for (one, other) in h.as_vec().iter().zip(h_whole.as_vec()).chain(c.as_vec().iter().zip(c_whole.as_vec())) {
        assert!((one - other).abs() < 1e-6);
    }
}
