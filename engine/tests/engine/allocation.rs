//! A plan allocates nothing after its first run: neither in forward and backward, nor when the next run starts. The memory of an engine is
//! bounded, and is released when the engine is dropped.
#![allow(unsafe_code)]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
};

use layercake_engine::{Engine, Layout as Innermost, Mode};
use layercake_ir::{
    Graph, Op,
    ops::{Relu, Tanh},
};

use crate::{blocks, joins, networks::*};

/// Counts the allocations of the current thread, because tests run concurrently.
struct Counting;

thread_local! {
    static COUNT: Cell<usize> = const { Cell::new(0) };
    /// Bytes in use.
    static HELD: Cell<isize> = const { Cell::new(0) };
}

// SAFETY: forwards every call to the system's allocator; the counter is a plain cell that needs neither allocation nor drop.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.set(COUNT.get() + 1);
        HELD.set(HELD.get() + layout.size() as isize);
        // SAFETY: the caller's contract is the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        HELD.set(HELD.get() - layout.size() as isize);
        // SAFETY: the caller's contract is the same.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Runs the graph several times in every mode.
#[track_caller]
fn check(graph: &Graph) {
    // A batch this small is one lane, which is computed on this thread.
    check_batch(graph, 3);
}

#[track_caller]
fn check_batch(graph: &Graph, batch: usize) {
    check_on(&Engine::default(), graph, batch);
}

#[track_caller]
fn check_on(engine: &Engine, graph: &Graph, batch: usize) {
    let mut outputs: Vec<Vec<f32>> = graph.outputs().iter().map(|port| vec![0.0; batch * port.shape.len()]).collect();
    let grads: Vec<Vec<f32>> = graph.outputs().iter().map(|port| vec![0.5; batch * port.shape.len()]).collect();
    let grads: Vec<&[f32]> = grads.iter().map(Vec::as_slice).collect();
    let mut param_grads = engine.start(graph, batch, Mode::Train, true).unwrap().zero_grads();
    let mut step = |mode| {
        let mut run = engine.start(graph, batch, mode, true).unwrap();
        (0..graph.inputs().len()).for_each(|i| run.fill_input(i, |to| to.fill(0.5)));
        run.forward();
        for (i, output) in outputs.iter_mut().enumerate() {
            run.read_output(i, output);
        }
        if mode != Mode::Infer {
            run.backward(&grads, &mut param_grads);
        }
    };
    for mode in [Mode::Infer, Mode::Eval, Mode::Train] {
        step(mode);
        let before = COUNT.get();
        (0..5).for_each(|_| step(mode));
        assert_eq!(COUNT.get(), before, "{mode:?}");
    }
}

/// The network is so small that every batch is one lane, which is computed on this thread.
#[test]
fn what_is_held_is_bounded_and_released() {
    let graph = chain(&[50], &[linear(40), Op::Tanh(Tanh {}), norm1d(true), linear(30)]);
    let all_sizes = |engine: &Engine| {
        for (batch, mode) in (2..20).flat_map(|batch| [Mode::Infer, Mode::Train].map(|mode| (batch, mode))) {
            let mut run = engine.start(&graph, batch, mode, true).unwrap();
            run.fill_input(0, |to| to.fill(0.5));
            run.forward();
            if mode == Mode::Train {
                let mut grads = run.zero_grads();
                run.backward(&[&vec![0.5; 30 * batch]], &mut grads);
            }
        }
    };
    all_sizes(&Engine::default());
    let before = HELD.get();
    let engine = Engine::default();
    all_sizes(&engine);
    let once = HELD.get();
    assert!(once > before + 4 * 19 * 50, "a batch of inputs at least");
    for _ in 0..3 {
        all_sizes(&engine);
        assert_eq!(HELD.get(), once, "other batch sizes take the place of those that were");
    }
    drop(engine);
    assert_eq!(HELD.get(), before);
}

#[test]
fn nothing_after_the_first_run() {
    check(&chain(
        &[3, 12, 12],
        &[
            conv(8, 3, 1),
            norm2d(true),
            Op::Relu(Relu {}),
            max_pool([2, 2], [2, 2], [0, 0], [1, 1], false),
            dropout(0.3),
            conv_with(4, [[3, 3], [2, 2], [1, 1], [1, 1]], 2, true),
            avg_pool([2, 2], [1, 1], [0, 0], false, true),
            FLATTEN,
            linear(10),
            log_softmax(0),
        ],
    ));
}

/// With the channels innermost all threads of the pool work on one layer; the caller is one of them.
#[test]
fn nothing_with_the_channels_innermost() {
    let depthwise = conv_with(24, [[3, 3], [2, 2], [1, 1], [1, 1]], 24, false);
    let graph = chain(
        &[16, 12, 12],
        &[conv(24, 3, 1), norm2d(true), Op::Relu(Relu {}), depthwise, norm2d(true), Op::Tanh(Tanh {}), conv(20, 1, 0), FLATTEN, linear(10)],
    );
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
    pool.install(|| check_on(&Engine::with_layout(Innermost::Channels), &graph, 3));
}

/// In a plan with layers computed in tiles, a lane has 16 images.
#[test]
fn nothing_in_tiles() {
    let halved = conv_with(32, [[4, 4], [2, 2], [1, 1], [1, 1]], 1, true);
    let doubled = blocks::transposed(16, [[4, 4], [2, 2], [1, 1], [0, 0], [1, 1]], 1, true);
    check_batch(&chain(&[16, 8, 8], &[halved, Op::Relu(Relu {}), doubled, Op::Relu(Relu {}), conv(16, 3, 1)]), 16);
}

#[test]
fn nothing_where_values_are_joined_and_layers_shared() {
    [joins::residual(4, 5), joins::dense(3, 4), joins::shared()].iter().for_each(check);
}
