//! Graph files: written graphs are read back unchanged, and errors name the invalid part.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use layercake::io::{IoError, graph_from_json, graph_to_json, load_graph, save_graph};
use layercake::ir::ops::*;
use layercake::ir::{Builder, Graph, INFER, MAX_VALUES, Op, Shape};
use layercake::{Drawing, Summary};

use crate::catalogue::Catalogue;
use crate::networks;

#[test]
fn what_is_written_is_read() {
    for graph in networks::all().into_iter().chain([Catalogue::GRAPH.clone()]) {
        let text = graph_to_json(&graph).unwrap();
        let again = graph_from_json(&text).unwrap();
        assert_eq!(again, graph.inlined());
        assert_eq!(graph_to_json(&again).unwrap(), text);
        let lines = 11 + graph.inputs().len() + graph.inlined().nodes().len() + graph.outputs().len();
        assert_eq!(text.lines().count(), lines, "{}: a line each", graph.name);
    }
}

/// Every operation that has options, with specific values for all of them.
#[test]
fn every_option_is_kept() {
    let mut b = Builder::new("Options");
    let x = b.input("image", Shape::new(&[4, 20, 22])).unwrap();
    let conv = Conv2d {
        in_channels: 4,
        out_channels: 6,
        kernel: [3, 5],
        stride: [1, 2],
        padding: [4, 3],
        dilation: [2, 1],
        groups: 2,
        bias: false,
    };
    let mut x = b.add("conv", Op::Conv2d(conv), &[x]).unwrap();
    // Numbers without an exact binary or a short decimal representation.
    let norm = BatchNorm2d { features: INFER, eps: 0.1 + 0.2, momentum: 1.0 / 3.0, affine: false };
    let max = MaxPool2d { kernel: [2, 3], stride: [1, 2], padding: [1, 0], dilation: [3, 2], ceil_mode: true };
    let avg = AvgPool2d { kernel: [3, 2], stride: [2, 1], padding: [0, 1], ceil_mode: true, count_include_pad: false };
    let ops = [
        Op::BatchNorm2d(norm),
        Op::MaxPool2d(max),
        Op::AvgPool2d(avg),
        Op::Relu(Relu {}),
        Op::LeakyRelu(LeakyRelu { negative_slope: -5e-324 }),
        Op::Tanh(Tanh {}),
        Op::Sigmoid(Sigmoid {}),
        Op::Softmax(Softmax { axis: 1 }),
        Op::LogSoftmax(LogSoftmax { axis: 2 }),
        Op::Dropout(Dropout { p: 0.1 }),
        Op::Chunk(Chunk { chunks: 3, axis: 0 }),
        Op::Flatten(Flatten {}),
        Op::BatchNorm1d(BatchNorm1d { features: INFER, eps: 1e-300, momentum: 0.7, affine: true }),
        Op::Linear(Linear { in_features: INFER, out_features: 3, bias: false }),
    ];
    for (i, op) in ops.into_iter().enumerate() {
        x = b.add(&format!("layer{i}"), op, &[x]).unwrap();
    }
    let graph = b.finish(&[("output", x)]);
    let text = graph_to_json(&graph).unwrap();
    assert_eq!(graph_from_json(&text).unwrap(), graph);
    let line = r#"    {"name": "conv", "op": "Conv2d", "in_channels": 4, "out_channels": 6, "kernel": [3, 5], "stride": [1, 2], "padding": [4, 3], "#;
    assert!(text.contains(line), "{text}");
    assert!(
        text.contains(r#"{"name": "layer4", "op": "LeakyReLU", "negative_slope": -5e-324, "inputs": ["layer3"], "output": ["#),
        "{text}"
    );
}

/// Two layers with the same name, which share tensors: values are then identified by number, and the owner by name.
#[test]
fn shared_layers() {
    let linear = |out| Op::Linear(Linear { in_features: INFER, out_features: out, bias: true });
    let mut b = Builder::new("Siamese");
    let (left, right) = (b.input("left", Shape::new(&[3])).unwrap(), b.input("right", Shape::new(&[3])).unwrap());
    let one = b.add("embed", linear(2), &[left]).unwrap();
    let two = b.add_shared("embed", linear(2), &[right], one).unwrap();
    let three = b.add_shared("other", linear(2), &[right], two).unwrap();
    let apart = b.add("apart", Op::Add(Add {}), &[one, two, three]).unwrap();
    let graph = b.finish(&[("output", apart), ("again", apart)]);
    let text = graph_to_json(&graph).unwrap();
    assert!(text.contains(r#""inputs": [2, 3, "other"]"#), "{text}");
    assert!(text.contains(r#""inputs": ["right"], "shares": "embed""#), "{text}");
    assert_eq!(graph_from_json(&text).unwrap(), graph);
    let error = |from: &str, to: &str| graph_from_json(&text.replacen(from, to, 1)).unwrap_err().to_string();
    let line = "node `apart`: several values have this name; expected the number of one of them, found `embed`";
    assert_eq!(error("[2, 3, \"other\"]", "[\"embed\", 3]"), line);
    assert_eq!(error("\"shares\": \"embed\"", "\"shares\": \"left\""), "`embed` would use the tensors of the input `left`, which has none");
    assert_eq!(
        error("\"shares\": \"embed\"", "\"shares\": \"nobody\""),
        "node `embed`: expected the name of an earlier node in `shares`, found `nobody`"
    );
    assert_eq!(error("\"shares\": \"embed\"", "\"shares\": 2"), "node `embed`: `shares`: expected the name of an earlier node, found 2");
    assert_eq!(error(", \"shares\": \"embed\"", ""), "two layers are named `embed`; each needs its own name");
}

#[test]
fn what_cannot_be_written() {
    let graph = || {
        let mut b = Builder::new("Net");
        let x = b.input("input", Shape::new(&[3])).unwrap();
        let x = b.add("fc", Op::Linear(Linear { in_features: INFER, out_features: 2, bias: true }), &[x]).unwrap();
        b.finish(&[("output", x)])
    };
    let error = |spoil: fn(&mut Graph)| {
        let mut graph = graph();
        spoil(&mut graph);
        graph_to_json(&graph).unwrap_err().to_string()
    };
    let begin = "the graph `Net` cannot be written: ";
    assert_eq!(
        error(|g| g.nodes.to_mut()[0].name = "\u{1b}[2J".into()),
        format!(
            r#"{begin}it could not be read back: node 0: `name`: expected 1 to 256 bytes without control characters, found "\u001b[2J""#
        )
    );
    assert_eq!(
        error(|g| g.nodes.to_mut()[0].inputs = vec![4].into()),
        format!("{begin}`fc` takes value 4, but there is only 1 value before it")
    );
    assert!(error(|g| g.name = "x".repeat(300).into()).contains("expected 1 to 256 bytes"));
}

const GOOD: &str = r#"{
  "format": "layercake-graph",
  "version": 1,
  "name": "Net",
  "inputs": [{"name": "input", "shape": [2, 4]}],
  "nodes": [
    {"name": "flat", "op": "Flatten", "inputs": ["input"]},
    {"name": "fc", "op": "Linear", "in_features": 8, "out_features": 3, "bias": true, "inputs": [1], "output": [3]},
    {"name": "act", "op": "ReLU", "inputs": ["fc"]},
    {"name": "sum", "op": "Add", "inputs": ["act", "fc"]}
  ],
  "outputs": [{"name": "output", "value": "sum"}]
}"#;

#[test]
fn a_file_written_by_hand() {
    let graph = graph_from_json(GOOD).unwrap();
    assert_eq!((graph.params(), graph.nodes().len(), graph.outputs()[0].shape), (27, 4, Shape::new(&[3])));
}

#[test]
fn everything_wrong_is_named() {
    graph_from_json(GOOD).unwrap();
    let cases: &[(&str, &str, &str)] = &[
        ("layercake-graph", "onnx", "not a graph: expected the format \"layercake-graph\", found \"onnx\""),
        ("\"format\": \"layercake-graph\",", "", "not a graph: expected the format \"layercake-graph\", found none"),
        ("\"version\": 1", "\"version\": 2, \"novelty\": []", "expected version 1, found 2"),
        ("\"version\": 1", "\"version\": 1.0", "expected version 1, found 1.0"),
        ("\"version\": 1,", "", "expected version 1, found none"),
        ("\"name\": \"Net\",", "", "the graph: the field `name` is missing"),
        ("\"name\": \"Net\"", "\"name\": \"Net\", \"extra\": 1", "the graph: unknown field `extra`"),
        ("\"name\": \"Net\"", "\"name\": \"\"", "the graph: `name`: expected 1 to 256 bytes without control characters, found \"\""),
        ("\"name\": \"Net\"", "\"name\": 7", "the graph: `name`: expected a string, found 7"),
        ("\"name\": \"Net\"", "\"name\": \"Net\", \"name\": \"Net\"", "not valid JSON: duplicate field `name` at line 4 column 23"),
        ("\"inputs\": [{", "\"inputs\": [3, {", "input 0: expected an object, found 3"),
        ("\"shape\": [2, 4]", "\"shape\": []", "input `input`: `shape`: expected 1 to 5 sizes, found a list of 0"),
        ("\"shape\": [2, 4]", "\"shape\": [1, 1, 1, 1, 2, 4]", "input `input`: `shape`: expected 1 to 5 sizes, found a list of 6"),
        ("\"shape\": [2, 4]", "\"shape\": [2, -4]", "input `input`: `shape`: expected 1 to 5 sizes, found a list of 2"),
        ("\"shape\": [2, 4]", "\"shape\": [2, 0]", "the network's input has the shape [2, 0]; every size must be at least 1"),
        ("\"shape\": [2, 4]", "\"shape\": 8", "input `input`: `shape`: expected a list, found 8"),
        ("\"shape\": [2, 4]", "\"shape\": [2, 4], \"type\": \"f32\"", "input `input`: unknown field `type`"),
        (
            "\"shape\": [2, 4]",
            "\"shape\": [2, 18446744073709551615]",
            "not valid JSON: the number 18446744073709551615 is above the limit 4294967296 at line 5 column 64",
        ),
        (
            "\"shape\": [2, 4]}",
            "\"shape\": [4294967296, 4294967296]}",
            "the network's input has the shape [4294967296, 4294967296], which does not fit in memory",
        ),
        ("{\"name\": \"input\"", "{\"name\": \"other\"", "node `flat`: expected the name of an input or of an earlier node, found `input`"),
        (
            "}],\n  \"nodes\"",
            "}, {\"name\": \"input\", \"shape\": [1]}],\n  \"nodes\"",
            "the input `input` is already defined; each needs its own name",
        ),
        ("\"op\": \"Flatten\", ", "", "node `flat`: the field `op` is missing"),
        ("\"op\": \"ReLU\"", "\"op\": \"Relu\"", "node `act`: unknown operation `Relu`; expected one of: Linear, DropConnect, "),
        (
            "\"op\": \"ReLU\"",
            "\"op\": \"Frobnicate\"",
            "node `act`: unknown operation `Frobnicate`; expected one of: Linear, DropConnect, ",
        ),
        ("\"op\": \"ReLU\"", "\"op\": \"Subgraph\"", "node `act`: unknown operation `Subgraph`; expected one of: Linear, DropConnect, "),
        ("\"op\": \"ReLU\"", "\"op\": \"ReLU\", \"inplace\": true", "node `act`: unknown field `inplace`"),
        ("\"bias\": true", "\"bias\": true, \"device\": \"cpu\"", "node `fc`: unknown field `device`"),
        ("\"bias\": true, ", "", "node `fc`: the field `bias` is missing"),
        ("\"bias\": true", "\"bias\": \"yes\"", "node `fc`: `bias`: expected `true` or `false`, found \"yes\""),
        ("\"out_features\": 3", "\"out_features\": 3.5", "node `fc`: `out_features`: expected an integer, found 3.5"),
        ("\"out_features\": 3", "\"out_features\": -3", "node `fc`: `out_features`: expected an integer, found -3"),
        ("\"out_features\": 3", "\"out_features\": [3]", "node `fc`: `out_features`: expected an integer, found a list of 1"),
        ("\"out_features\": 3", "\"out_features\": 0", "`fc` has 0 output features; it must have at least 1"),
        ("\"in_features\": 8", "\"in_features\": 9", "`fc` (Linear) expects 9 input features, but receives 8: [2, 4] flattened by `flat`"),
        ("\"output\": [3]", "\"output\": [4]", "node `fc`: states the output [4], but the operation returns [3]"),
        ("\"output\": [3]", "\"output\": 3", "node `fc`: `output`: expected a list, found 3"),
        ("\"inputs\": [1]", "\"inputs\": [2]", "`fc` takes value 2, but there are only 2 values before it"),
        ("\"inputs\": [1]", "\"inputs\": []", "`fc` needs an input, but receives none"),
        ("\"inputs\": [1]", "\"inputs\": [1, 1]", "`fc` (Linear) expects one input, but receives 2"),
        ("\"inputs\": [1]", "\"inputs\": [null]", "node `fc`: `inputs`: expected the name or number of a value, found null"),
        ("\"inputs\": [1]", "\"inputs\": [\"act\"]", "node `fc`: expected the name of an input or of an earlier node, found `act`"),
        ("\"inputs\": [1]", "\"inputs\": [\"fc\"]", "node `fc`: expected the name of an input or of an earlier node, found `fc`"),
        ("\"act\", \"fc\"", "\"act\"", "`sum` adds two or more values, but receives 1"),
        ("\"act\", \"fc\"", "\"act\", \"flat\"", "`sum` adds [3] from `act` and [8]"),
        ("\"name\": \"act\"", "\"name\": \"fc\"", "two layers are named `fc`; each needs its own name"),
        (
            "\"value\": \"sum\"",
            "\"value\": \"product\"",
            "output `output`: expected the name of an input or of an earlier node, found `product`",
        ),
        ("\"value\": \"sum\"", "\"value\": 5", "the output `output` is value 5, but there are only 5 values before it"),
        ("\"value\": \"sum\"", "\"value\": 3, \"value\": 3", "not valid JSON: duplicate field `value`"),
        (", \"value\": \"sum\"", "", "output `output`: the field `value` is missing"),
        ("{\"name\": \"output\", \"value\": \"sum\"}", "", "the network `Net` has no output"),
        ("{\"name\": \"input\", \"shape\": [2, 4]}", "", "node `flat`: expected the name of an input"),
        ("]\n}", "]", "not valid JSON: EOF while parsing an object at line 12"),
        ("]\n}", "]}\n}", "not valid JSON: trailing characters at line 13 column 1"),
    ];
    for (from, to, expected) in cases {
        assert!(GOOD.contains(from), "{from}");
        let error = graph_from_json(&GOOD.replacen(from, to, 1)).expect_err(to).to_string();
        assert!(error.starts_with(expected), "{to}\n  expected: {expected}\n  found:    {error}");
    }
}

/// Texts that would use excessive memory, time or stack if they were trusted.
#[test]
fn hostile_texts() {
    let says = |text: &str, expected: &str| {
        let begin = Instant::now();
        let error = graph_from_json(text).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
        assert!(begin.elapsed() < Duration::from_secs(5), "{expected}: {:?}", begin.elapsed());
    };
    says("", "not valid JSON: EOF while parsing a value");
    says("null", "the graph: expected an object, found null");
    says("[]", "the graph: expected an object, found a list of 0");
    says(&"[".repeat(1 << 20), "not valid JSON: recursion limit exceeded");
    says(&"{\"a\":".repeat(1 << 18), "not valid JSON: recursion limit exceeded");
    says(&" ".repeat(5 << 20), "longer than 4194304 bytes, the limit for a graph");
    let list = |item: &str, count: usize| vec![item; count].join(",");
    let with = |inputs: &str, nodes: &str| {
        format!(r#"{{"format":"layercake-graph","version":1,"name":"N","inputs":[{inputs}],"nodes":[{nodes}],"outputs":[]}}"#)
    };
    says(&with(&list("0", 1 << 20), ""), "1048576 values; the limit is 2048");
    says(&format!("{{{}}}", list("\"a\":0", 1 << 19)), "not valid JSON: duplicate field `a`");
    let names: Vec<String> = (0..100_000).map(|i| format!("\"f{i}\":0")).collect();
    says(&format!("{{{}}}", names.join(",")), "not valid JSON: an object with more than 64 fields");
    let x = r#"{"name":"x","shape":[4294967296,4294967296]}"#;
    says(&with(x, ""), "the input `x` has the shape [4294967296, 4294967296], which does not fit in memory");
    let x = r#"{"name":"x","shape":[1]}"#;
    let sum = format!(r#"{{"name":"s","op":"Add","inputs":[{}]}}"#, list("0", 500_000));
    says(&with(x, &sum), "500000 inputs of all nodes; the limit is 16384");
    let big = r#"{"name":"x","shape":[67108864,67108864]}"#;
    let relus: Vec<String> = (0..5).map(|i| format!(r#"{{"name":"r{i}","op":"ReLU","inputs":[{i}]}}"#)).collect();
    let text = with(big, &relus.join(",")).replace("\"outputs\":[]", r#""outputs":[{"name":"y","value":"r4"}]"#);
    says(&text, "22517998136852480 numbers in all values; the limit is 9007199254740992");
}

/// A message describes the error without quoting long texts in full.
#[test]
fn messages_are_short() {
    let long = "x".repeat(1 << 20);
    for part in ["layercake-graph", "\"Net\"", "input", "flat", "ReLU", "\"op\"", "\"bias\"", "\"version\"", "true", "sum", "[1]", "[2, 4]"]
    {
        let quoted = if part.starts_with(['"', '[', 't']) { format!("\"{long}\"") } else { long.clone() };
        let error = graph_from_json(&GOOD.replacen(part, &quoted, 1)).expect_err(part).to_string();
        assert!(error.len() < 1000, "{part}: {} bytes", error.len());
    }
    let twice = GOOD.replacen("\"version\"", &format!("\"{long}\": 1, \"{long}\": 1, \"version\""), 1);
    assert!(graph_from_json(&twice).unwrap_err().to_string().len() < 1000);
}

/// The largest graph that is accepted: it is counted, printed and drawn in bounded time.
#[test]
fn the_largest_graph() {
    let mut b = Builder::new("Largest");
    let mut x = b.input("input", Shape::new(&[1, 1 << 31, 1 << 21])).unwrap();
    let conv = Conv2d {
        in_channels: INFER,
        out_channels: 1,
        kernel: [1 << 31, 1],
        stride: [1; 2],
        padding: [1 << 30, 0],
        dilation: [1; 2],
        groups: 1,
        bias: true,
    };
    x = b.add("conv", Op::Conv2d(conv), &[x]).unwrap();
    let pool = MaxPool2d { kernel: [1 << 30; 2], stride: [1 << 30; 2], padding: [1 << 29; 2], dilation: [1; 2], ceil_mode: true };
    x = b.add("pool", Op::MaxPool2d(pool), &[x]).unwrap();
    for i in 3..MAX_VALUES {
        x = b.add(&format!("relu{i}"), Op::Relu(Relu {}), &[x]).unwrap();
    }
    let graph = b.finish(&[("output", x)]);
    let begin = Instant::now();
    let again = graph_from_json(&graph_to_json(&graph).unwrap()).unwrap();
    assert_eq!(again, graph);
    // 2^31 + 2^30 - 1, and 1 + 2^30 - 1.
    let summary = Summary::from(again).to_string();
    assert!(summary.contains("receptive field        3221225471 x 1073741824"), "{summary}");
    assert!(Drawing::of(&graph).svg().contains("relu2047"));
    assert!(begin.elapsed() < Duration::from_secs(60), "{:?}", begin.elapsed());
}

/// 5,000 mutated graph files: each is accepted or rejected in bounded time, and accepted graphs obey the rules and can be written.
#[test]
fn mutated_texts() {
    let mut state = 7u64;
    let mut next = move |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let mut texts: Vec<String> = networks::all().iter().take(11).map(|graph| graph_to_json(graph).unwrap()).collect();
    texts.extend(vec![graph_to_json(Catalogue::GRAPH).unwrap(); 6]);
    texts.push(GOOD.to_owned());
    // Without declared outputs, another size may result in another valid graph.
    texts.extend(texts.clone().iter().map(|text| text.lines().map(without_output).collect::<Vec<_>>().join("\n")));
    const TOKENS: [&str; 24] = [
        "0",
        "1",
        "2",
        "3",
        "-1",
        "1e308",
        "1e-320",
        "4294967296",
        "9007199254740993",
        "0.5",
        "null",
        "true",
        "\"\"",
        "\"Add\"",
        "\"Split\"",
        "[",
        "]",
        "{",
        "}",
        ",",
        "\"shares\": \"conv1\",",
        "\"axis\": 1,",
        "\"input\"",
        "\\u0000",
    ];
    let (mut read, mut refused) = (0, 0);
    for case in 0..5000 {
        let mut text = texts[next(texts.len())].clone().into_bytes();
        for _ in 0..[1, 1, 1, 2, 3][next(5)] {
            let at = next(text.len());
            match next(9) {
                0 => text[at] = b' ' + next(95) as u8,
                1 => drop(text.drain(at..(at + 1 + next(40)).min(text.len() - 1).max(at))),
                2 => text.truncate(at.max(1)),
                3 => drop(text.splice(at..at, TOKENS[next(TOKENS.len())].bytes())),
                4..7 => {
                    // Replace a number.
                    let Some(begin) = (at..text.len()).find(|&i| text[i].is_ascii_digit()) else { continue };
                    let end = (begin..text.len()).find(|&i| !text[i].is_ascii_digit()).unwrap_or(text.len());
                    drop(text.splice(begin..end, TOKENS[next(12)].bytes()));
                }
                7 => {
                    // Copy a line to another position.
                    let mut lines: Vec<&[u8]> = text.split(|&byte| byte == b'\n').collect();
                    let line = lines[next(lines.len())];
                    lines.insert(next(lines.len()), line);
                    text = lines.join(&b'\n');
                }
                _ => {
                    // Replace a quoted text with another one.
                    let words: Vec<(usize, usize)> = quoted(&text);
                    if words.len() < 2 {
                        continue;
                    }
                    let ((a, b), (c, d)) = (words[next(words.len())], words[next(words.len())]);
                    let word = text[c..d].to_vec();
                    drop(text.splice(a..b, word));
                }
            }
        }
        let text = String::from_utf8_lossy(&text);
        let begin = Instant::now();
        match graph_from_json(&text) {
            Ok(graph) => {
                graph.check().unwrap();
                assert_eq!(graph_from_json(&graph_to_json(&graph).unwrap()).unwrap(), graph, "{text}");
                assert!(!Summary::from(graph.clone()).to_string().is_empty());
                if case % 8 == 0 {
                    assert!(Drawing::of(&graph).svg().starts_with("<svg"));
                }
                read += 1;
            }
            Err(error) => {
                assert!(error.to_string().len() > 10);
                refused += 1;
            }
        }
        assert!(begin.elapsed() < Duration::from_secs(5), "{:?}: {text}", begin.elapsed());
    }
    // Both outcomes are frequent enough to be significant.
    assert!(read > 100 && refused > 2000, "{read} were read and {refused} refused");
}

/// Each layer alone, with any two numbers extreme, on inputs of any size: no rule overflows, divides by zero or loops that many times.
#[test]
fn extreme_numbers() {
    const EXTREMES: [&str; 7] = ["0", "1", "2", "7", "4294967295", "4294967296", "-1e300"];
    let graph = Catalogue::GRAPH;
    let whole = graph_to_json(graph).unwrap();
    let (mut read, mut refused) = (0, 0);
    for node in graph.nodes() {
        let shape = graph.shape(node.inputs()[0]);
        for size in [1, 3, shape.dim(shape.rank() - 1), 1 << 31, 1 << 32] {
            let sizes = shape.with_dim(shape.rank() - 1, size);
            let input = format!(r#"{{"name": "x", "shape": {sizes}}}"#);
            let name = format!("{{\"name\": \"{}\", \"op\"", node.name);
            let line = whole.lines().map(str::trim).find(|line| line.starts_with(&name)).unwrap();
            let at = line.find("\"inputs\"").unwrap();
            let line = format!("{}\"inputs\": [\"x\"]}}", &line[..at]);
            let text = format!(
                r#"{{"format": "layercake-graph", "version": 1, "name": "One", "inputs": [{input}], "outputs": [{{"name": "y", "value": 1}}], "nodes": [{line}]}}"#
            );
            let numbers = numbers(&text[text.len() - line.len()..], text.len() - line.len());
            for (i, &first) in numbers.iter().enumerate() {
                for &second in &numbers[i..] {
                    for (one, other) in EXTREMES.iter().flat_map(|one| EXTREMES.iter().map(move |other| (one, other))) {
                        let text = match first == second {
                            true => [&text[..first.0], one, &text[first.1..]].concat(),
                            false => [&text[..first.0], one, &text[first.1..second.0], other, &text[second.1..]].concat(),
                        };
                        let clock = Instant::now();
                        match graph_from_json(&text) {
                            Ok(graph) => {
                                assert!(!Summary::from(graph).to_string().is_empty());
                                read += 1;
                            }
                            Err(_) => refused += 1,
                        }
                        assert!(clock.elapsed() < Duration::from_secs(2), "{:?}: {text}", clock.elapsed());
                    }
                }
            }
        }
    }
    assert!(read > 1000 && refused > 10_000, "{read} were read and {refused} refused");
}

/// The byte ranges of the numbers in a text, shifted by `offset`.
fn numbers(text: &str, offset: usize) -> Vec<(usize, usize)> {
    let bytes = text.as_bytes();
    let begins = (1..bytes.len()).filter(|&i| bytes[i].is_ascii_digit() && matches!(bytes[i - 1], b' ' | b'['));
    let end = |i: usize| i + bytes[i..].iter().position(|b| matches!(b, b',' | b']' | b'}')).unwrap();
    begins.map(|i| (offset + i, offset + end(i))).collect()
}

/// The line of a node without its declared output.
fn without_output(line: &str) -> String {
    match line.find(", \"output\": ") {
        Some(at) => format!("{}{}", &line[..at], &line[line.rfind('}').unwrap()..]),
        None => line.to_owned(),
    }
}

/// The byte ranges of the quoted texts, with their quotation marks.
fn quoted(text: &[u8]) -> Vec<(usize, usize)> {
    let marks: Vec<usize> = (0..text.len()).filter(|&i| text[i] == b'"').collect();
    marks.chunks_exact(2).map(|pair| (pair[0], pair[1] + 1)).collect()
}

#[test]
fn files() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("graph_file");
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join("net.json");
    let graph = graph_from_json(GOOD).unwrap();
    save_graph(&graph, &path).unwrap();
    assert_eq!(load_graph(&path).unwrap(), graph);
    fs::write(&path, format!("\u{feff}{GOOD}")).unwrap();
    assert!(load_graph(&path).is_ok(), "a byte order mark is no part of the text");
    fs::write(&path, GOOD.replace("ReLU", "Gelee")).unwrap();
    let error = load_graph(&path).unwrap_err();
    assert!(
        error.to_string().starts_with(&format!("{}: node `act`: unknown operation `Gelee`; expected one of: ", path.display())),
        "{error}"
    );
    fs::write(&path, [0xff, 0xfe]).unwrap();
    assert!(matches!(load_graph(&path), Err(IoError::Read { .. })));
    assert!(matches!(load_graph(&folder), Err(IoError::Read { .. })));
    assert!(matches!(load_graph(folder.join("absent.json")), Err(IoError::Read { .. })));
    assert!(matches!(save_graph(&graph, folder.join("no/such.json")), Err(IoError::Write { .. })));
    if cfg!(unix) {
        assert!(load_graph("/dev/zero").unwrap_err().to_string().ends_with("cannot read it: not a regular file"));
    }
}

/// Several outputs have their own names, and declared outputs are compared with the shape rule.
#[test]
fn several_outputs_of_a_node() {
    let mut b = Builder::new("Parts");
    let x = b.input("x", Shape::new(&[5])).unwrap();
    let parts = b.add("parts", Split { sizes: Sizes::new(&[2, 3]), axis: 0 }, &[x]).unwrap();
    let fc = b.add("fc", Linear { in_features: INFER, out_features: 4, bias: true }, &[parts + 1]).unwrap();
    let graph = b.finish(&[("first", parts), ("output", fc)]);
    let text = graph_to_json(&graph).unwrap();
    assert!(text.contains(r#""inputs": ["x"], "outputs": [[2], [3]]}"#), "{text}");
    assert!(text.contains(r#""inputs": ["parts.1"], "output": [4]}"#), "{text}");
    assert_eq!(graph_from_json(&text).unwrap(), graph);
    let refused = |from: &str, to: &str| {
        assert!(text.contains(from), "{from} in {text}");
        graph_from_json(&text.replace(from, to)).unwrap_err().to_string()
    };
    assert_eq!(refused("[[2], [3]]", "[[2]]"), "node `parts`: the operation has 2 outputs, but the file lists 1");
    assert!(refused("[[2], [3]]", "[[2], [4]]").contains("[4]"));
    assert!(refused("[[2], [3]]", "[2, 3]").starts_with("node `parts`: "));
    assert!(refused("\"sizes\": [2, 3]", "\"sizes\": [2, 4]").contains("`parts` splits axis 0"));
    assert!(refused("\"parts.1\"", "\"parts.2\"").contains("parts.2"));
    assert!(refused("\"parts.1\"", "\"parts\"").contains("`parts`"));
    // Without the declared outputs.
    assert_eq!(graph_from_json(&text.replace(", \"outputs\": [[2], [3]]", "")).unwrap(), graph);
}
