//! The engine's guarantees besides numbers: the same bits on any number of threads, independent runs, errors.

use layercake_engine::{Engine, EngineError, Layout, Mode, Run};
use layercake_ir::{
    Builder, Graph, INFER, Op, Shape,
    ops::{self, Relu, Tanh},
};

use crate::{blocks, interpreter::Outcome, joins, networks::*};

/// All numbers of an outcome, as bits.
pub fn bits(outcome: &Outcome) -> Vec<u64> {
    let lists = outcome.outputs.iter().chain(&outcome.param_grads).chain(&outcome.input_grads).chain(&outcome.params);
    lists.flatten().map(|x| x.to_bits()).collect()
}

pub fn networks() -> Vec<(Graph, usize)> {
    let norms = [
        conv_with(8, [[3, 3], [1, 1], [1, 1], [1, 1]], 1, false),
        norm2d(true),
        Op::Relu(Relu {}),
        max_pool([2, 2], [2, 2], [0, 0], [1, 1], false),
        dropout(0.3),
        FLATTEN,
        linear(10),
    ];
    vec![
        (lenet(), 70),
        (chain(&[3, 12, 12], &norms), 67),
        // So large that the weights' gradients are computed by all threads together.
        (chain(&[500], &[linear(410), Op::Tanh(Tanh {}), norm1d(true), linear(30)]), 70),
        (chain(&[32, 2, 2], &[conv_with(600, [[3, 3], [1, 1], [1, 1], [1, 1]], 2, true), Op::Relu(Relu {}), conv(2, 2, 0)]), 128),
        // In tiles, by each lane alone and by all threads together.
        (
            chain(
                &[16, 6, 5],
                &[
                    conv_with(160, [[3, 3], [1, 1], [1, 1], [1, 1]], 1, false),
                    norm2d(true),
                    Op::Relu(Relu {}),
                    conv(160, 3, 1),
                    Op::Tanh(Tanh {}),
                    conv(2, 1, 0),
                ],
            ),
            70,
        ),
        // By phases, forward and backward; so large that all threads compute it together.
        (
            chain(
                &[56, 8, 8],
                &[
                    conv_with(64, [[4, 4], [2, 2], [1, 1], [1, 1]], 1, true),
                    Op::Relu(Relu {}),
                    blocks::transposed(16, [[4, 4], [2, 2], [1, 1], [0, 1], [1, 1]], 1, true),
                    Op::Tanh(Tanh {}),
                    conv(2, 1, 0),
                ],
            ),
            70,
        ),
        (blocks::several(), 67),
        (joins::residual(4, 7), 67),
        (joins::shared(), 70),
        (joins::shared_and_wide(), 70),
    ]
}

#[test]
fn bits_do_not_depend_on_threads() {
    for (graph, batch) in networks() {
        let case = case(&graph, batch, Mode::Train);
        let on = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| bits(&on_engine(&Engine::default(), &case)))
        };
        let one = on(1);
        for threads in [2, 3, 8] {
            assert!(on(threads) == one, "{threads} threads, batch {batch}");
        }
    }
}

#[test]
fn the_networks_above_are_right() {
    for (graph, batch) in networks() {
        check(&graph, batch);
    }
}

#[test]
fn inference_and_evaluation_give_the_same_bits() {
    for (graph, batch) in networks() {
        // With the channels innermost normalization is folded, and sums have another order.
        let engine = Engine::with_layout(Layout::Images);
        let outputs = |mode| on_engine(&engine, &case(&graph, batch, mode)).outputs;
        assert_eq!(outputs(Mode::Infer), outputs(Mode::Eval));
    }
}

#[test]
fn runs_are_independent() {
    let graph = lenet();
    let engine = Engine::default();
    let case = case(&graph, 5, Mode::Train);
    let alone = on_engine(&engine, &case);
    // Another run with other numbers starts before the first one's backward pass.
    let start = |shift: f32| {
        let mut run = engine.start(&graph, 5, Mode::Train, true).unwrap();
        let input: Vec<f32> = case.inputs[0].iter().map(|&x| x as f32 + shift).collect();
        run.set_input(0, &input);
        for (i, param) in case.params.iter().enumerate() {
            run.param_mut(i).copy_from_slice(&param.iter().map(|&x| x as f32).collect::<Vec<_>>());
        }
        run.forward();
        run
    };
    let (mut first, mut second) = (start(0.0), start(1.0));
    let grad: Vec<f32> = case.output_grads[0].iter().map(|&x| x as f32).collect();
    let mut grads = [first.zero_grads(), second.zero_grads()];
    second.backward(&[&grad], &mut grads[1]);
    first.backward(&[&grad], &mut grads[0]);
    let mut found = vec![0.0; case.inputs[0].len()];
    first.add_input_grad(0, &mut found);
    assert_eq!(found.iter().map(|&x| f64::from(x)).collect::<Vec<_>>(), alone.input_grads[0]);
    // Gradients are accumulated.
    first.add_input_grad(0, &mut found);
    assert_eq!(f64::from(found[0]), 2.0 * alone.input_grads[0][0]);
}

#[test]
fn engines_are_shared_and_runs_are_sent() {
    fn shared<T: Send + Sync + Clone + Default + 'static>() {}
    fn sent<T: Send + 'static>() {}
    shared::<Engine>();
    sent::<layercake_engine::Run>();
}

#[test]
fn seeds_choose_masks() {
    let graph = chain(&[50], &[dropout(0.5)]);
    let engine = Engine::default();
    let with = |seed| {
        let mut run = engine.start(&graph, 3, Mode::Train, false).unwrap();
        run.set_input(0, &[1.0; 150]);
        run.set_seed(seed);
        run.forward();
        run.output(0)
    };
    assert_eq!(with(1), with(1));
    assert_ne!(with(1), with(2));
}

#[test]
fn a_result_that_is_no_number_does_not_outlive_its_run() {
    for (graph, batch) in networks() {
        let engine = Engine::default();
        let case = case(&graph, batch, Mode::Train);
        let wanted = bits(&on_engine(&engine, &case));
        let mut poisoned = case.clone();
        poisoned.inputs[0].fill(f64::NAN);
        poisoned.output_grads[0].fill(f64::NAN);
        on_engine(&engine, &poisoned);
        assert!(bits(&on_engine(&engine, &case)) == wanted);
    }
}

#[test]
fn refusals() {
    let engine = Engine::default();
    let graph = chain(&[3], &[linear(2), norm1d(true)]);
    assert_eq!(engine.start(&graph, 0, Mode::Infer, false).unwrap_err(), EngineError::EmptyBatch);
    let error = engine.start(&graph, 1, Mode::Train, false).unwrap_err();
    assert_eq!(error, EngineError::SingleValue { layer: "n1".to_owned() });
    assert!(error.to_string().contains("batch of at least 2"));
    assert!(engine.start(&graph, 1, Mode::Eval, false).is_ok());
    assert!(matches!(engine.start(&graph, usize::MAX / 64, Mode::Infer, false), Err(EngineError::TooLarge { .. })));
}

/// A graph that no shape rule has checked may contain anything.
#[test]
fn values_without_elements_are_refused() {
    let mut graph = chain(&[3, 4], &[linear(2)]);
    graph.inputs.to_mut()[0].shape = Shape::new(&[0, 4]);
    let error = Engine::default().start(&graph, 2, Mode::Infer, false).unwrap_err();
    assert_eq!(error, EngineError::Empty { name: "input".to_owned() });
    graph.inputs.to_mut()[0].shape = Shape::new(&[3, 4]);
    graph.nodes.to_mut()[0].output = Shape::new(&[0, 2]);
    let error = Engine::default().start(&graph, 2, Mode::Infer, false).unwrap_err();
    assert_eq!(error.to_string(), "`n0` has a size of 0; every size must be at least 1");
}

/// An id without a row causes a panic, here in the thread pool; the engine's next run is not affected.
#[test]
fn an_engine_goes_on_after_a_panic() {
    for batch in [2, 64] {
        let mut builder = Builder::new("Letters");
        let x = builder.input("letters", Shape::ids(&[4])).unwrap();
        let table = ops::Embedding { num_embeddings: 5, embedding_dim: 8, padding_idx: INFER };
        let x = builder.add("table", Op::Embedding(table), &[x]).unwrap();
        let x = builder.add("fc", linear(30), &[x]).unwrap();
        let (graph, engine) = (builder.finish(&[("output", x)]), Engine::default());
        let with = |id: usize| {
            let mut run = engine.start(&graph, batch, Mode::Train, false).unwrap();
            let ids: Vec<usize> = (0..run.input_len(0)).map(|i| if i == 3 { id } else { i % 5 }).collect();
            run.set_ids(0, &ids);
            (0..run.zero_grads().len()).for_each(|i| run.param_mut(i).fill(0.5));
            run.forward();
            let output = run.output(0);
            let grad = vec![1.0; output.len()];
            let mut grads = run.zero_grads();
            run.backward(&[&grad], &mut grads);
            (output, grads)
        };
        let before = with(1);
        for _ in 0..3 {
            assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| with(1000))).is_err());
            assert!(with(1) == before);
        }
    }
}

/// Tests the environment variable in child processes, which start with it.
#[test]
fn an_instruction_set_that_there_is_not_is_refused() {
    let refused = |name: &str| {
        let own = std::env::current_exe().unwrap();
        let child = std::process::Command::new(own).args(["runs::refusals", "--exact"]).env("LAYERCAKE_SIMD", name).output().unwrap();
        (!child.status.success()).then(|| String::from_utf8_lossy(&child.stdout).into_owned())
    };
    let said = refused("nonsense").expect("no run begins");
    assert!(said.contains("InstructionSet { name: \"nonsense\""), "{said}");
    assert_eq!(refused("scalar"), None);
    assert_eq!(refused(""), None);
    assert!(["AVX-512", "AVX2", "NEON", "plain"].contains(&layercake_engine::instruction_set()));
}

#[test]
#[should_panic(expected = "keeps nothing for a backward pass")]
fn inference_has_no_backward() {
    let graph = chain(&[3], &[linear(2)]);
    let mut run = Engine::default().start(&graph, 1, Mode::Infer, false).unwrap();
    run.set_input(0, &[1.0; 3]);
    run.forward();
    let mut grads = run.zero_grads();
    run.backward(&[&[1.0, 1.0]], &mut grads);
}

#[test]
#[should_panic(expected = "once after each `forward`")]
fn backward_comes_once() {
    let graph = chain(&[3], &[linear(2)]);
    let mut run = Engine::default().start(&graph, 1, Mode::Train, false).unwrap();
    run.set_input(0, &[1.0; 3]);
    run.forward();
    let mut grads = run.zero_grads();
    run.backward(&[&[1.0, 1.0]], &mut grads);
    run.backward(&[&[1.0, 1.0]], &mut grads);
}

#[test]
#[should_panic(expected = "every input is given before each forward pass")]
fn inputs_are_given_before_each_pass() {
    let graph = chain(&[3], &[linear(2)]);
    let mut run = Engine::default().start(&graph, 1, Mode::Infer, false).unwrap();
    run.set_input(0, &[1.0; 3]);
    run.forward();
    run.forward();
}

/// Inputs set for a dropped run do not count for the next run on the same buffers.
#[test]
#[should_panic(expected = "every input is given before each forward pass")]
fn inputs_are_given_to_each_run() {
    let (graph, engine) = (chain(&[3], &[linear(2)]), Engine::default());
    engine.start(&graph, 1, Mode::Infer, false).unwrap().set_input(0, &[1.0; 3]);
    engine.start(&graph, 1, Mode::Infer, false).unwrap().forward();
}

#[test]
#[should_panic(expected = "after `forward` and before `backward`")]
fn backward_takes_the_place_of_outputs() {
    let graph = chain(&[3], &[linear(2)]);
    let mut run = Engine::default().start(&graph, 1, Mode::Train, false).unwrap();
    run.set_input(0, &[1.0; 3]);
    run.forward();
    run.backward(&[&[1.0, 1.0]], &mut run.zero_grads());
    run.output(0);
}

/// Inputs that are lent or written, in one lane or several, in the layout of the lanes or not.
#[test]
fn inputs_that_are_written_are_those_that_are_lent() {
    for (features, batch) in [(30, 1), (1, 5), (30, 5), (30, 70)] {
        let (graph, engine) = (chain(&[features], &[linear(20), Op::Tanh(Tanh {})]), Engine::default());
        let numbers: Vec<f32> = (0..features * batch).map(|i| (i % 23) as f32 / 20.0 - 0.5).collect();
        let outcome = |give: &dyn Fn(&mut Run)| {
            let mut run = engine.start(&graph, batch, Mode::Infer, false).unwrap();
            assert_eq!((run.input_len(0), run.output_len(0)), (numbers.len(), 20 * batch));
            run.fill_params(|i, to| to.iter_mut().enumerate().for_each(|(at, to)| *to = ((at + i) % 19) as f32 / 10.0 - 0.9));
            give(&mut run);
            run.forward();
            let mut output = vec![9.0; run.output_len(0)];
            run.read_output(0, &mut output);
            assert_eq!(output, run.output(0));
            output
        };
        let lent = outcome(&|run| run.set_input(0, &numbers));
        // A panic while an input is written does not affect the next run.
        let panics = std::panic::AssertUnwindSafe(|| outcome(&|run| run.fill_input(0, |_| panic!("no numbers"))));
        assert!(std::panic::catch_unwind(panics).is_err());
        for _ in 0..2 {
            assert_eq!(outcome(&|run| run.fill_input(0, |to| to.copy_from_slice(&numbers))), lent);
        }
    }
}

#[test]
fn many_batch_sizes_keep_the_cache_bounded() {
    let graph = lenet();
    let engine = Engine::default();
    for batch in 1..30 {
        drop(engine.start(&graph, batch, Mode::Infer, false).unwrap());
    }
    assert_eq!(format!("{engine:?}"), "Engine { plans: 8 }");
    assert_eq!(format!("{:?}", engine.clone()), "Engine { plans: 0 }");
}
