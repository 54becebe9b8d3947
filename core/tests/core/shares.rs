//! Optimizers that each update a share of a model's elements.

use std::sync::{Barrier, Mutex};

use layercake::model::Model;
use layercake::optim::{Adam, AdamConfig, Clip, Momentum, Optim, Rule, SgdConfig};
use layercake::prelude::*;

network! { Net: [6] -> [3] { fc1: Linear(5), Tanh, fc2: Linear(4, bias = false), Tanh, fc3: Linear(3) } }

/// What ranks that are threads exchange: each adds its part in its turn.
struct Meeting {
    size: usize,
    barrier: Barrier,
    numbers: Mutex<Vec<f32>>,
}

impl Meeting {
    fn join(&self, rank: usize, own: &[f32]) -> Vec<f32> {
        for turn in 0..self.size {
            if turn == rank {
                self.numbers.lock().unwrap().extend(own);
            }
            self.barrier.wait();
        }
        let all = self.numbers.lock().unwrap().clone();
        if self.barrier.wait().is_leader() {
            self.numbers.lock().unwrap().clear();
        }
        self.barrier.wait();
        all
    }
}

type Parameters = Vec<Vec<u32>>;

/// The bits of the parameters after four steps, and the bytes of the optimizer's file.
fn train<R: Rule + 'static>(cfg: R, adjust: fn(&Net<f32, Cpu>, &mut Optim<R>), rank: usize, meeting: &Meeting) -> (Parameters, Vec<u8>) {
    let device = Cpu::seed_from_u64(3);
    let mut net = Net::new(&device);
    // A parameter whose elements are not in order.
    net.fc2.weight = device.sample_normal::<Rank2<5, 4>>().permute();
    let mut optimizer = Optim::new(&net, cfg);
    adjust(&net, &mut optimizer);
    let x: Tensor<Rank2<8, 6>, f32, _> = device.sample_normal();
    for step in 0..4 {
        let loss = net.forward_mut(x.clone().traced(net.alloc_grads())).square().mean();
        let mut gradients = loss.backward();
        // From the second step on, so that a state is cut.
        if step == 1 {
            optimizer.share(&net, rank, meeting.size).unwrap();
        }
        optimizer.step_scaled(&mut net, &mut gradients, 0.5).unwrap();
        if step > 0 {
            let complete = &mut |all: &mut [f32], bounds: &[usize]| {
                let joined = meeting.join(rank, &all[bounds[rank]..bounds[rank + 1]]);
                all.copy_from_slice(&joined);
            };
            optimizer.exchange(&mut net, meeting.size, complete).unwrap();
        }
    }
    let whole = optimizer.whole(true, &mut |own| meeting.join(rank, own));
    let saved = std::env::temp_dir().join(format!("layercake-shares-{}-{}-{}-{rank}", std::process::id(), R::NAME, meeting.size));
    whole.save(&saved).unwrap();
    let bytes = std::fs::read(&saved).unwrap();
    let bits = net.named_tensors().iter().map(|tensor| tensor.to_vec().into_iter().map(f32::to_bits).collect()).collect();
    // A share of what was saved is what the optimizer has.
    let mut resumed = Optim::new(&net, optimizer.cfg);
    resumed.share(&net, rank, meeting.size).unwrap();
    resumed.load(&net, &saved).unwrap();
    let again = resumed.whole(true, &mut |own| meeting.join(rank, own));
    again.save(&saved).unwrap();
    assert!(bytes == std::fs::read(&saved).unwrap());
    std::fs::remove_file(saved).unwrap();
    (bits, bytes)
}

fn ranks<R: Rule + Copy + Send + Sync + 'static>(
    cfg: R,
    adjust: fn(&Net<f32, Cpu>, &mut Optim<R>),
    size: usize,
) -> Vec<(Parameters, Vec<u8>)> {
    let meeting = Meeting { size, barrier: Barrier::new(size), numbers: Mutex::default() };
    std::thread::scope(|scope| {
        let meeting = &meeting;
        let started: Vec<_> = (0..size).map(|rank| scope.spawn(move || train(cfg, adjust, rank, meeting))).collect();
        started.into_iter().map(|rank| rank.join().unwrap()).collect()
    })
}

fn agree<R: Rule + Copy + Send + Sync + 'static>(cfg: R, adjust: fn(&Net<f32, Cpu>, &mut Optim<R>)) {
    let one = ranks(cfg, adjust, 1).remove(0);
    for size in [2, 3, 70] {
        assert!(ranks(cfg, adjust, size).into_iter().all(|rank| rank == one), "{size} shares");
    }
}

#[test]
fn shares_make_the_bits_of_one() {
    agree(AdamConfig::adamw(), |_, optimizer| optimizer.clip = Some(Clip::Norm(1e-2)));
    agree(SgdConfig { lr: 0.1, momentum: Some(Momentum::Classic(0.9)), ..Default::default() }, |net, optimizer| {
        optimizer.freeze(net, "fc1").unwrap();
        optimizer.clip = Some(Clip::Value(1e-3));
    });
}

#[test]
fn a_share_has_a_part_of_the_state() {
    let device = Cpu::seed_from_u64(3);
    let mut net = Net::new(&device);
    let mut optimizer = Adam::new(&net, AdamConfig::default());
    optimizer.share(&net, 1, 2).unwrap();
    // The same again changes nothing.
    optimizer.share(&net, 1, 2).unwrap();
    let before: Vec<f32> = net.fc1.weight.as_vec();
    let x: Tensor<Rank2<8, 6>, f32, _> = device.sample_normal();
    let mut gradients = net.forward_mut(x.traced(net.alloc_grads())).square().mean().backward();
    optimizer.step(&mut net, &mut gradients).unwrap();
    assert_eq!(net.fc1.weight.as_vec(), before);
    // 35, 20 and 15 elements: the second half are all of fc2 and fc3.
    let mut lengths = Vec::new();
    _ = optimizer.whole(true, &mut |own| {
        lengths.push(own.len());
        own.to_vec()
    });
    assert_eq!(lengths, [0, 0, 0, 0, 20, 20, 3, 3, 12, 12]);
}
