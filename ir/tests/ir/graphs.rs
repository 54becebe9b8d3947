//! Graphs with joins, shared tensors and nested networks, and their properties against numbers computed by hand.

use std::sync::LazyLock;

use layercake_ir::ops::*;
use layercake_ir::{Builder, Graph, INFER, Mistake, Op, Part, Shape};

fn linear(out: usize) -> Op {
    Op::Linear(Linear { in_features: INFER, out_features: out, bias: true })
}

fn conv(out: usize, kernel: usize, stride: usize) -> Op {
    let padding = [kernel / 2; 2];
    let (kernel, stride, dilation) = ([kernel; 2], [stride; 2], [1; 2]);
    Op::Conv2d(Conv2d { in_channels: INFER, out_channels: out, kernel, stride, padding, dilation, groups: 1, bias: true })
}

/// Two outputs: `a` of size 3 and `b` of size 2, from an input of size 4.
fn heads() -> &'static Graph {
    static HEADS: LazyLock<Graph> = LazyLock::new(|| {
        let mut b = Builder::new("Heads");
        let x = b.input("input", Shape::new(&[4])).unwrap();
        let trunk = b.add("trunk", linear(5), &[x]).unwrap();
        let first = b.add("a", linear(3), &[trunk]).unwrap();
        let second = b.add("b", linear(2), &[trunk]).unwrap();
        b.finish(&[("a", first), ("b", second)])
    });
    &HEADS
}

#[test]
fn joins_and_their_refusals() {
    let mut b = Builder::new("Joins");
    let x = b.input("input", Shape::new(&[8, 6, 6])).unwrap();
    let same = b.add("same", conv(8, 3, 1), &[x]).unwrap();
    let half = b.add("half", conv(8, 3, 2), &[x]).unwrap();
    let wide = b.add("wide", conv(4, 3, 1), &[x]).unwrap();
    for op in [Op::Add(Add {}), Op::Sub(Sub {}), Op::Mul(Mul {}), Op::Maximum(Maximum {})] {
        let value = b.add(op.kind(), op, &[x, same]).unwrap();
        assert_eq!(b.clone().finish(&[("o", value)]).outputs()[0].shape.dims(), [8, 6, 6]);
        let mistake = b.add("join", op, &[same, half]).unwrap_err();
        assert_eq!(mistake.part, Part::Branch(1));
        assert_eq!(b.add("join", op, &[same]).unwrap_err().part, Part::Layer);
    }
    assert!(b.add("sub", Op::Sub(Sub {}), &[x, same, same]).is_err());
    let all = b.add("cat", Op::Concat(Concat { axis: 0 }), &[x, same, wide]).unwrap();
    let fifth = b.add("fifths", Chunk { chunks: 5, axis: 0 }, &[all]).unwrap() + 4;
    let graph = b.clone().finish(&[("all", all), ("part", fifth)]);
    assert_eq!((graph.outputs()[0].shape.dims(), graph.outputs()[1].shape.dims()), (&[20, 6, 6][..], &[4, 6, 6][..]));
    assert_eq!(b.add("cat", Op::Concat(Concat { axis: 0 }), &[x, half]).unwrap_err().part, Part::Branch(1));
    assert_eq!(b.add("cat", Op::Concat(Concat { axis: 3 }), &[x, same]).unwrap_err().part, Part::Option("axis"));
    let mut chunk = |chunks, axis| b.add("part", Chunk { chunks, axis }, &[x]).unwrap_err();
    assert_eq!([chunk(3, 0), chunk(0, 0), chunk(usize::MAX, 0)].map(|mistake| mistake.part), [Part::Option("chunks"); 3]);
    assert!(chunk(3, 0).to_string().ends_with("\nhelp: for unequal parts write `Split([3, 3, 2])`"));
    // PyTorch's `chunk` returns four parts of size 2 here.
    assert!(chunk(5, 0).to_string().ends_with("\nhelp: `Split` takes the size of each part"));
    assert_eq!(chunk(2, 3).part, Part::Option("axis"));
    let mut split = |sizes: &[usize], axis| b.add("part", Split { sizes: Sizes::new(sizes), axis }, &[x]).unwrap_err();
    assert_eq!([split(&[3, 4], 0), split(&[], 0), split(&[0, 8], 0)].map(|mistake| mistake.part), [Part::Option("sizes"); 3]);
    assert!(split(&[3, 4], 0).to_string().ends_with("\nhelp: for example `Split([3, 5])`"));
    assert!(split(&[9, 4], 0).to_string().ends_with("\nhelp: the sizes of the parts must add up to the size of the axis"));
    assert_eq!(split(&[usize::MAX, 9], 0).part, Part::Option("sizes"));
    assert_eq!(split(&[4, 4], 7).part, Part::Option("axis"));
    assert_eq!(b.add("fc", linear(2), &[x, x]).unwrap_err().to_string(), "`fc` (Linear) expects one input, but receives 2");
}

/// Tensors are identified by their paths, which may clash although the layers' names differ.
#[test]
fn paths_of_tensors_meet_nowhere() {
    let attention = Op::MultiheadAttention(MultiheadAttention {
        features: INFER,
        heads: 2,
        causal: false,
        dropout: 0.0,
        bias: true,
        key: false,
        value: false,
        mask: false,
    });
    let begin = || {
        let mut b = Builder::new("Meeting");
        let x = b.input("input", Shape::new(&[3, 4])).unwrap();
        (b, x)
    };
    let expected =
        "a tensor of `a.out_proj` would have the path `a.out_proj.weight`, which one of `a` has; give one of the two layers another name";
    let (mut b, x) = begin();
    let x = b.add("a", attention, &[x]).unwrap();
    assert_eq!(b.add("a.out_proj", linear(4), &[x]).unwrap_err().to_string(), expected);
    // A layer without tensors, or with different tensors, may have the same name.
    let x = b.add("a.out_proj", Op::Relu(Relu {}), &[x]).unwrap();
    b.add("a.in_proj", linear(4), &[x]).unwrap();
    // The same in the other order.
    let (mut b, x) = begin();
    let x = b.add("a.out_proj", linear(4), &[x]).unwrap();
    let mistake = b.add("a", attention, &[x]).unwrap_err();
    assert!(
        mistake.to_string().starts_with("a tensor of `a` would have the path `a.out_proj.weight`, which one of `a.out_proj`"),
        "{mistake}"
    );
    // The tensors of a nested network are below its name.
    let mut b = Builder::new("Nested");
    let x = b.input("input", Shape::new(&[4])).unwrap();
    let graph = heads();
    let first = b.add("net", Op::Subgraph(Subgraph { graph, outputs: 2 }), &[x]).unwrap();
    let mistake = b.add("net.trunk", linear(4), &[first]).unwrap_err();
    assert!(mistake.to_string().contains("`net.trunk.weight`, which one of `net` has"), "{mistake}");
    // A shared layer has no tensors of its own, and neither does a refused one.
    let fc = b.add("fc", linear(3), &[first]).unwrap();
    b.add_shared("fc", linear(3), &[fc], fc).unwrap();
    assert!(b.add_shared("fc2", linear(4), &[fc], fc).is_err());
    b.add("fc2", linear(4), &[fc]).unwrap();
    // A graph with changed fields is checked again.
    let mut graph = b.finish(&[("output", fc)]);
    graph.nodes.to_mut()[1].name = "net.trunk".into();
    assert!(graph.check().unwrap_err().to_string().contains("`net.trunk.weight`"));
}

/// The maximum number of live elements, recounted for each operation: [`Graph::peak_activations`] computes it in one pass.
#[test]
fn the_peak_is_that_of_the_definition() {
    let by_definition = |graph: &Graph| -> usize {
        let needed = |value: usize, now: usize| {
            let later = graph.nodes()[now..].iter().any(|node| node.inputs().contains(&value));
            graph.nodes()[now].values().contains(&value) || later || graph.outputs().iter().any(|port| port.value == value)
        };
        let made = |now: usize| 0..graph.nodes()[now].values().end;
        let live = |now: usize| made(now).filter(|&value| needed(value, now)).map(|value| graph.shape(value).len()).sum();
        (0..graph.nodes().len()).map(live).max().unwrap_or(0)
    };
    let mut state = 7_u64;
    let mut draw = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    for _ in 0..if cfg!(miri) { 5 } else { 200 } {
        let mut b = Builder::new("Random");
        let mut values: Vec<usize> = (0..1 + draw(3)).map(|i| b.input(&format!("x{i}"), Shape::new(&[1 + draw(9)])).unwrap()).collect();
        for i in 0..1 + draw(12) {
            let (one, other) = (values[draw(values.len())], values[draw(values.len())]);
            let name = format!("n{i}");
            let value = match draw(4) {
                0 => b.add(&name, Op::Relu(Relu {}), &[one]).unwrap(),
                1 => b.add(&name, linear(1 + draw(9)), &[one]).unwrap(),
                2 => {
                    let chunks = b.shape(one).dim(0);
                    b.add(&name, Chunk { chunks, axis: 0 }, &[one]).unwrap() + draw(chunks)
                }
                _ => b.add(&name, Op::Concat(Concat { axis: 0 }), &[one, other, one]).unwrap(),
            };
            values.push(value);
        }
        let (one, last) = (values[draw(values.len())], *values.last().unwrap());
        let graph = b.finish(&[("one", one), ("last", last)]);
        assert_eq!(graph.peak_activations(), by_definition(&graph), "{graph:?}");
    }
}

#[test]
fn the_longest_path_sees_furthest() {
    let mut b = Builder::new("Residual");
    let x = b.input("input", Shape::new(&[4, 9, 9])).unwrap();
    let short = b.add("short", conv(4, 1, 2), &[x]).unwrap();
    let long = b.add("long1", conv(4, 3, 2), &[x]).unwrap();
    let long = b.add("long2", conv(4, 3, 1), &[long]).unwrap();
    let sum = b.add("sum", Op::Add(Add {}), &[short, long]).unwrap();
    let last = b.add("last", conv(1, 3, 1), &[sum]).unwrap();
    // 3, plus 2 * 2 with a step of 2, plus the same again.
    assert_eq!(b.finish(&[("output", last)]).receptive_field(), [11, 11]);
}

/// Values: input 4, trunk 5, a 3, b 2. While `a` is computed, trunk and a are alive; while `trunk` is computed, input and trunk are; while
/// `b` is computed, trunk, a (an output) and b are, which is the maximum.
#[test]
fn peak_memory_follows_lifetimes() {
    assert_eq!(heads().peak_activations(), 10);
    assert_eq!(heads().activations(), 10);
}

#[test]
fn a_shared_layer_counts_once() {
    let mut b = Builder::new("Siamese");
    let left = b.input("left", Shape::new(&[4])).unwrap();
    let right = b.input("right", Shape::new(&[4])).unwrap();
    let one = b.add("embed", linear(3), &[left]).unwrap();
    let two = b.add_shared("embed", linear(3), &[right], one).unwrap();
    let apart = b.add("apart", Op::Sub(Sub {}), &[one, two]).unwrap();
    let graph = b.finish(&[("output", apart)]);
    assert_eq!((graph.params(), graph.flops()), (15, 2 * 2 * 12));
}

#[test]
fn networks_within_networks_open_up() {
    let heads = heads();
    let outer = |twice: bool| {
        let mut b = Builder::new("Outer");
        let x = b.input("input", Shape::new(&[4])).unwrap();
        let first = b.add("heads", Op::Subgraph(Subgraph { graph: heads, outputs: 2 }), &[x]).unwrap();
        let second = first + 1;
        let mut last = b.add("fc", linear(4), &[first]).unwrap();
        if twice {
            last = b.add_shared("heads", Op::Subgraph(Subgraph { graph: heads, outputs: 1 }), &[last], second).unwrap();
        }
        b.finish(&[("first", last), ("second", second)])
    };
    let graph = outer(false);
    let flat = graph.inlined();
    let names: Vec<&str> = flat.nodes().iter().map(|node| &*node.name).collect();
    assert_eq!(names, ["heads.trunk", "heads.a", "heads.b", "fc"]);
    assert_eq!(flat.nodes()[3].inputs(), [2]);
    assert_eq!((flat.outputs()[0].value, flat.outputs()[1].value), (4, 3));
    for (nested, flat) in [(&graph, &flat), (&outer(true), &outer(true).inlined())] {
        assert_eq!((nested.params(), nested.flops(), nested.mult_adds()), (flat.params(), flat.flops(), flat.mult_adds()));
    }
    let twice = outer(true).inlined();
    let shares: Vec<Option<usize>> = twice.nodes().iter().map(|node| node.shares).collect();
    assert_eq!(shares, [None, None, None, None, Some(0), Some(1), Some(2)]);
    // Each layer has a weight and a bias.
    assert_eq!(twice.first_tensors(), [0, 2, 4, 6, 0, 2, 4]);
    assert_eq!(twice.params(), flat.params());
}

/// All invalid calls of a builder.
#[test]
fn misuse_of_the_builder() {
    let says = |outcome: Result<usize, Mistake>, expected: &str| assert_eq!(outcome.unwrap_err().to_string(), expected);
    let mut b = Builder::new("Net");
    assert_eq!(b.clone().try_finish(&[]).unwrap_err().to_string(), "the network `Net` has no input");
    says(b.add("fc", linear(2), &[0]), "`fc` takes value 0, but there are no values before it");
    let x = b.input("x", Shape::new(&[4])).unwrap();
    says(b.input("x", Shape::new(&[5])), "the input `x` is already defined; each needs its own name");
    says(b.add("fc", linear(2), &[]), "`fc` needs an input, but receives none");
    says(b.add("fc", linear(2), &[1]), "`fc` takes value 1, but there is only 1 value before it");
    says(b.add_shared("fc", linear(2), &[x], x), "`fc` would use the tensors of the input `x`, which has none");
    let fc = b.add("fc", linear(4), &[x]).unwrap();
    says(b.input("y", Shape::new(&[5])), "the input `y` comes after `fc`; inputs come before all layers");
    says(b.add("fc", Op::Relu(Relu {}), &[fc]), "two layers are named `fc`; each needs its own name");
    says(b.add_shared("again", linear(4), &[x], 7), "`again` would use the tensors of value 7, but there are only 2 values before it");
    says(b.add_shared("again", linear(3), &[fc], fc), "`again` would use the tensors of `fc`, but needs others for [4]");
    let again = b.add_shared("fc", linear(4), &[fc], fc).unwrap();
    let third = b.add_shared("fc", linear(4), &[again], again).unwrap();
    let finish = |outputs: &[(&str, usize)]| b.clone().try_finish(outputs).unwrap_err().to_string();
    assert_eq!(finish(&[]), "the network `Net` has no output");
    assert_eq!(finish(&[("y", 4)]), "the output `y` is value 4, but there are only 4 values before it");
    assert_eq!(finish(&[("y", fc), ("y", again)]), "the output `y` is already defined; each needs its own name");
    assert_eq!(b.finish(&[("y", third)]).check(), Ok(()));
}

/// The fields of a graph are public; the check detects invalid changes.
#[test]
fn a_graph_is_checked_again() {
    let spoilt = |spoil: fn(&mut Graph)| {
        let mut graph = heads().clone();
        spoil(&mut graph);
        graph.check().unwrap_err().to_string()
    };
    assert_eq!(heads().check(), Ok(()));
    assert_eq!(spoilt(|g| g.inputs.to_mut()[0].value = 3), "the input `input` has the number 3, but should have 0");
    assert!(spoilt(|g| g.nodes.to_mut()[1].output = Shape::new(&[4])).starts_with("declared as [4], but `a` gives [3]"));
    assert!(spoilt(|g| g.nodes.to_mut()[1].op = linear(3)).starts_with("`a` differs from the result of its shape rule"));
    assert_eq!(spoilt(|g| g.nodes.to_mut()[2].name = "a".into()), "two layers are named `a`; each needs its own name");
    assert!(spoilt(|g| g.nodes.to_mut()[1].shares = Some(usize::MAX)).contains("would use the tensors of value"));
    assert!(spoilt(|g| g.outputs.to_mut()[0].shape = Shape::new(&[9])).starts_with("declared as [9], but `a` gives [3]"));
    let further = |g: &mut Graph| g.nodes.to_mut()[0].op = Op::Subgraph(Subgraph { graph: heads(), outputs: 3 });
    assert_eq!(spoilt(further), "the network `Heads` has 2 outputs, and none for tag number 3 after `trunk`");
}

/// A rule must not visit every position of an image that does not fit in memory.
#[test]
fn a_huge_image_takes_no_time() {
    let mut b = Builder::new("Huge");
    let x = b.input("x", Shape::new(&[1, 1, 1 << 50])).unwrap();
    let (one, far) = ([1; 2], [1 << 52; 2]);
    let pool = Op::MaxPool2d(MaxPool2d { kernel: one, stride: one, padding: [0; 2], dilation: far, ceil_mode: false });
    assert!(b.add("pool", pool, &[x]).is_ok());
}

/// Each parameter is used once per step, even if only the last step is output; final states do not count as layers.
#[test]
fn sequences_count_each_step() {
    let mut b = Builder::new("Steps");
    let x = b.input("x", Shape::new(&[10, 4])).unwrap();
    let lstm = |output, states| {
        let (hidden, layers, bidirectional) = (3, 1, false);
        Op::Lstm(Lstm { in_features: INFER, hidden, layers, bidirectional, dropout: 0.0, bias: true, output, states })
    };
    let mapped = b.add("linear", Op::Linear(Linear { in_features: INFER, out_features: 5, bias: true }), &[x]).unwrap();
    let last = b.add("last", lstm(Steps::Last, false), &[x]).unwrap();
    let all = b.add("all", lstm(Steps::All, true), &[x]).unwrap();
    let graph = b.finish(&[("a", mapped), ("b", last), ("c", all), ("d", all + 1), ("e", all + 2)]);
    assert_eq!([0, 1, 2].map(|output| graph.nodes()[2].output_name(output).into_owned()), ["all.output", "all.h_n", "all.c_n"]);
    assert_eq!([2, 3, 4].map(|output| graph.outputs()[output].shape), [[10, 3], [1, 3], [1, 3]].map(|dims| Shape::new(&dims)));
    // 25 parameters; 4 gates with 3 features from 4 + 3 inputs, and two biases.
    let counts: Vec<u64> = (0..3).map(|index| graph.node_mult_adds(index)).collect();
    assert_eq!(counts, [10 * 25, 10 * 108, 10 * 108]);
    assert_eq!((graph.mult_adds(), graph.layers()), (250 + 2 * 1080, 3));
    assert!(!graph.has_receptive_field() && graph.receptive_field() == [1, 1]);
}

/// The node of a value is found by the value's number, whatever the numbers of outputs before it.
#[test]
fn outputs_are_numbered_in_order() {
    let mut b = Builder::new("Parts");
    let x = b.input("x", Shape::new(&[12])).unwrap();
    let y = b.input("y", Shape::new(&[12])).unwrap();
    let mut expected = vec![None, None];
    let mut last = x;
    for (index, chunks) in [3, 1, 4, 1, 1, 2].into_iter().enumerate() {
        let first = b.add(&format!("chunk{index}"), Chunk { chunks, axis: 0 }, &[y]).unwrap();
        assert_eq!(first, expected.len());
        expected.extend((0..chunks).map(|output| Some((index, output))));
        last = first + chunks - 1;
        assert_eq!(b.shape(last).dims(), [12 / chunks]);
    }
    let graph = b.finish(&[("output", last)]);
    let found: Vec<_> = (0..graph.values()).map(|value| graph.producer(value)).collect();
    assert_eq!(found, expected);
    assert_eq!([0, 3, 5, 8].map(|value| graph.value_name(value).into_owned()), ["x", "chunk0.1", "chunk1", "chunk2.2"]);
    assert_eq!(graph.check(), Ok(()));
    let mut wrong = graph.clone();
    wrong.nodes.to_mut()[2].further.to_mut().pop();
    assert!(wrong.check().unwrap_err().to_string().starts_with("`chunk2` differs from the result of its shape rule"));
    let mut wrong = graph;
    wrong.nodes.to_mut()[3].value = 7;
    assert!(wrong.check().unwrap_err().to_string().starts_with("`chunk3` differs from the result of its shape rule"));
}
