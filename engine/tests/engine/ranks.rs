//! Passes that several ranks make together, here threads of one process.

use std::ops::Range;
use std::sync::{Arc, Barrier, Mutex};

use layercake_engine::{Engine, Layout, Mode, Ranks, alone, with_ranks};

use crate::{channels, interpreter::Outcome, networks::*, runs};

/// A rank whose exchange is memory that all ranks see.
struct Threads {
    rank: usize,
    shared: Arc<Shared>,
}

struct Shared {
    barrier: Barrier,
    size: usize,
    numbers: Mutex<Vec<f64>>,
    /// The number of exchanges.
    count: Mutex<usize>,
}

impl Threads {
    fn team(size: usize) -> Vec<Arc<Self>> {
        let shared = Arc::new(Shared { barrier: Barrier::new(size), size, numbers: Mutex::default(), count: Mutex::default() });
        (0..size).map(|rank| Arc::new(Self { rank, shared: Arc::clone(&shared) })).collect()
    }

    /// Each rank in its turn, then all read what they made.
    fn in_turn(&self, write: &mut dyn FnMut(&mut Vec<f64>), read: &mut dyn FnMut(&[f64])) {
        for turn in 0..self.shared.size {
            if turn == self.rank {
                write(&mut self.shared.numbers.lock().unwrap());
            }
            self.shared.barrier.wait();
        }
        read(&self.shared.numbers.lock().unwrap());
        *self.shared.count.lock().unwrap() += 1;
        self.shared.barrier.wait();
    }

    fn own(&self, bounds: &[usize]) -> Range<usize> {
        bounds[self.rank]..bounds[self.rank + 1]
    }
}

impl Ranks for Threads {
    fn rank(&self) -> usize {
        self.rank
    }

    fn size(&self) -> usize {
        self.shared.size
    }

    fn gather(&self, data: &mut [f32], bounds: &[usize]) {
        let mut numbers = wide(data);
        self.gather_wide(&mut numbers, bounds);
        data.copy_from_slice(&narrow(&numbers));
    }

    fn gather_wide(&self, data: &mut [f64], bounds: &[usize]) {
        assert_eq!(*bounds.last().unwrap(), data.len());
        let own = self.own(bounds);
        let part = data[own.clone()].to_vec();
        let write = &mut |all: &mut Vec<f64>| {
            all.resize(*bounds.last().unwrap(), 0.0);
            all[own.clone()].copy_from_slice(&part);
        };
        self.in_turn(write, &mut |all| data.copy_from_slice(&all[..data.len()]));
    }

    fn add_up(&self, sum: &mut [f32], part: usize, add: &mut dyn FnMut(usize, &mut [f32])) {
        let rank = self.rank;
        let write = &mut |all: &mut Vec<f64>| {
            if rank > 0 {
                sum.copy_from_slice(&narrow(all));
            }
            sum.chunks_mut(part).enumerate().for_each(|(i, to)| add(i * part, to));
            *all = wide(sum);
        };
        self.in_turn(write, &mut |_| ());
        // What the others have then is not the sum of all.
        if rank + 1 < self.size() {
            sum.fill(f32::NAN);
        }
    }

    fn spread(&self, data: &mut [f32]) {
        let last = self.rank + 1 == self.size();
        let given = wide(data);
        let write = &mut |all: &mut Vec<f64>| {
            if last {
                all.clone_from(&given)
            }
        };
        self.in_turn(write, &mut |all| data.copy_from_slice(&narrow(all)));
    }
}

/// The outcome of each rank, and the number of exchanges.
fn together(size: usize, pass: impl Fn() -> Outcome + Sync) -> (Vec<Vec<u64>>, usize) {
    let team = Threads::team(size);
    let shared = Arc::clone(&team[0].shared);
    let bits = std::thread::scope(|scope| {
        let pass = &pass;
        let started: Vec<_> = team.into_iter().map(|rank| scope.spawn(move || with_ranks(rank, || runs::bits(&pass())))).collect();
        started.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let count = *shared.count.lock().unwrap();
    (bits, count)
}

#[test]
fn bits_do_not_depend_on_ranks() {
    for (number, (graph, batch)) in runs::networks().into_iter().enumerate() {
        for mode in [Mode::Train, Mode::Eval, Mode::Infer] {
            let case = case(&graph, batch, mode);
            let one = runs::bits(&on_engine(&Engine::default(), &case));
            for size in if mode == Mode::Train { &[1, 2, 3, 8][..] } else { &[3] } {
                let (found, exchanges) = together(*size, || on_engine(&Engine::default(), &case));
                assert!(found.iter().all(|found| *found == one), "network {number}, {mode:?}: {size} ranks");
                // Inference may have a single lane.
                assert!(mode == Mode::Infer || (exchanges > 0) == (*size > 1), "network {number}: the passes were made together");
            }
        }
    }
}

/// With the channels innermost each rank takes some of the images.
#[test]
fn ranks_share_the_images_of_inference() {
    for (number, graph) in [channels::residual(), channels::mobile(), channels::tiles()].into_iter().enumerate() {
        for (batch, size) in [(5, 2), (16, 3), (9, 4), (3, 2)] {
            let case = case(&graph, batch, Mode::Infer);
            let pass = || on_engine(&Engine::with_layout(Layout::Channels), &case);
            let one = runs::bits(&pass());
            let (found, exchanges) = together(size, pass);
            assert!(found.iter().all(|found| *found == one), "network {number}: batch {batch} on {size} ranks");
            // With a single image a rank would compute it in another order.
            assert_eq!(exchanges > 0, batch >= 2 * size, "network {number}: batch {batch} on {size} ranks");
        }
    }
}

/// One engine, whose buffers of earlier passes are those of other lanes.
#[test]
fn ranks_pass_alone_too() {
    let (graph, batch) = (lenet(), 70);
    let case = case(&graph, batch, Mode::Train);
    let one = runs::bits(&on_engine(&Engine::default(), &case));
    let (found, _) = together(2, || {
        let engine = Engine::default();
        let bits = |outcome: &Outcome| runs::bits(outcome);
        on_engine(&engine, &case);
        assert!(alone(|| bits(&on_engine(&engine, &case))) == one);
        on_engine(&engine, &case)
    });
    assert!(found.iter().all(|found| *found == one));
}

/// Gradients are added to what there is: accumulated batches.
#[test]
fn sums_begin_with_what_there_is() {
    let graph = chain(&[500], &[linear(410), norm1d(true), linear(30)]);
    let case = case(&graph, 70, Mode::Train);
    let pass = || {
        let mut run = Engine::default().start(&graph, 70, Mode::Train, false).unwrap();
        run.set_input(0, &narrow(&case.inputs[0]));
        case.params.iter().enumerate().for_each(|(i, param)| run.param_mut(i).copy_from_slice(&narrow(param)));
        run.forward();
        let mut grads = run.zero_grads();
        grads.iter_mut().flatten().enumerate().for_each(|(i, grad)| *grad = (i % 7) as f32 - 3.0);
        run.backward(&[&narrow(&case.output_grads[0])], &mut grads);
        Outcome {
            outputs: Vec::new(),
            param_grads: grads.iter().map(|grad| wide(grad)).collect(),
            input_grads: Vec::new(),
            params: Vec::new(),
        }
    };
    let one = runs::bits(&pass());
    assert!(together(3, pass).0.iter().all(|found| *found == one));
}
