//! Comparison of a network with PyTorch's results.

use std::collections::BTreeMap;

use dfdx::tensor::Cpu;
use layercake::ir::{Graph, Op};
use layercake_engine::{Engine, Mode};

use crate::{Case, Fixture, Numbers, Report, Subject, check_graph, graphs, table};

/// The tolerance of the CPU engine, in float32.
const ENGINE: f64 = 1e-5;
/// The tolerance of the portable path in float64: the rounding of PyTorch's results to float32, at most 6e-8.
const PORTABLE: f64 = 1e-7;

/// One network of a table.
pub struct Entry {
    /// The case's name.
    pub name: &'static str,
    /// Its declaration.
    pub graph: &'static Graph,
    /// The network's type. Without it the declaration is built as a graph.
    pub typed: Option<Typed>,
}

/// Builds a network of `network!`.
pub struct Typed {
    /// In float32 on `Cpu`, where the engine runs it.
    pub engine: fn() -> Box<dyn Subject>,
    /// In float64, where the portable path runs it.
    pub portable: fn() -> Box<dyn Subject>,
}

/// Tests for one kind of layer: a table of networks named after the fixture's cases.
///
/// The first is compiled as a type, the others are built as graphs: the same engine and the same portable path run both, and types take long to compile.
/// With the feature `typed` all are types.
///
/// ```text
/// layercake_tests::parity! { relu:
///     features: [9] -> [9] { ReLU }
///     image: [2, 3, 7] -> [2, 3, 7] { ReLU }
/// }
/// ```
#[macro_export]
macro_rules! parity {
    ($kind:ident: $first:ident: $first_input:tt -> $first_output:tt $first_body:tt $($case:ident: $input:tt -> $output:tt $body:tt)*) => {
        mod $kind {
            pub mod $first {
                $crate::__private::network! { pub Net: $first_input -> $first_output $first_body }
                $crate::subject!(Net);
                $crate::entry!($first, Net);
            }
            $(
                pub mod $case {
                    $crate::__private::network! { pub Net: $input -> $output $body }
                    #[cfg(feature = "typed")]
                    $crate::subject!(Net);
                    #[cfg(feature = "typed")]
                    $crate::entry!($case, Net);
                    #[cfg(not(feature = "typed"))]
                    $crate::entry_of_graph!($case, Net);
                }
            )*

            #[test]
            fn agrees_with_pytorch() {
                $crate::check_kind(stringify!($kind), &[$first::ENTRY, $($case::ENTRY),*]);
            }
        }
    };
}

/// [`parity!`] for networks that take token ids.
#[macro_export]
macro_rules! parity_of_ids {
    ($kind:ident: $($case:ident: $input:tt -> $output:tt $body:tt)+) => {
        mod $kind {
            $(
                pub mod $case {
                    $crate::__private::network! { pub Net: usize $input -> $output $body }
                    $crate::subject_of_ids!(Net);
                    $crate::entry!($case, Net);
                }
            )+

            #[test]
            fn agrees_with_pytorch() {
                $crate::check_kind(stringify!($kind), &[$($case::ENTRY),+]);
            }
        }
    };
}

/// The [`Entry`] of a network, as a constant `ENTRY`.
#[macro_export]
macro_rules! entry {
    ($case:ident, $net:ident) => {
        pub const ENTRY: $crate::Entry = $crate::Entry {
            name: stringify!($case),
            graph: <$net>::GRAPH,
            typed: Some($crate::Typed {
                engine: || Box::new($crate::__private::build::<$net, f32>()),
                portable: || Box::new($crate::__private::build::<$net, f64>()),
            }),
        };
    };
}

/// [`entry!`] without the network's type.
#[macro_export]
macro_rules! entry_of_graph {
    ($case:ident, $net:ident) => {
        pub const ENTRY: $crate::Entry = $crate::Entry { name: stringify!($case), graph: <$net>::GRAPH, typed: None };
    };
}

/// Compares all networks of a kind with its fixture. A case in only one of the two fails the test.
///
/// # Panics
/// If a difference exceeds its tolerance.
pub fn check_kind(kind: &str, table: &[Entry]) {
    let fixture = Fixture::open(kind);
    let mut names: Vec<&str> = table.iter().map(|entry| entry.name).collect();
    names.sort_unstable();
    assert_eq!(names, fixture.cases(), "the networks here, and the cases in the fixture");
    let networks: Vec<(&str, &'static Graph)> = table.iter().map(|entry| (entry.name, entry.graph)).collect();
    graphs::keep(kind, &networks);
    let mut report = Report::new(kind);
    for entry in table {
        check(entry, &fixture.case(entry.name), &mut report);
    }
    let item = item(kind);
    for (path, name) in [("portable f64", "portable f64"), ("engine f32", "engine f32")] {
        for (way, groups) in WAYS {
            let measured = report.largest(path, groups).expect("each case has an output and gradients");
            table::figure(&item, &format!("{way}, {name}"), measured);
        }
    }
    report.finish();
}

/// The execution paths, and the tensors of each.
const WAYS: [(&str, &[&str]); 2] = [("forward", &["output", "running statistic"]), ("backward", &["input gradient", "parameter gradient"])];

/// The row of the table for a fixture: that of the layer of its name, or its own.
pub fn item(kind: &str) -> String {
    let plain = |word: &str| word.replace('_', "").to_lowercase();
    let mut layers = Op::SPECS.iter().map(|spec| spec.kind);
    // `attention` is the fixture of `MultiheadAttention`.
    let layer =
        layers.clone().find(|layer| plain(layer) == plain(kind)).or_else(|| layers.find(|layer| plain(layer).ends_with(&plain(kind))));
    layer.map_or_else(|| kind.to_owned(), str::to_owned)
}

/// Compares one network, on the engine and on the portable path.
pub fn check(entry: &Entry, case: &Case, report: &mut Report) {
    report.case();
    // A network that the engine does not support would run on the portable path and pass unnoticed.
    let started = Engine::default().start(&entry.graph.inlined(), 2, Mode::Eval, true).map(drop);
    assert!(started.is_ok(), "{}: {started:?}", case.name);
    match &entry.typed {
        Some(typed) => {
            check_path("engine f32", typed.engine, case, report, ENGINE);
            check_path("portable f64", typed.portable, case, report, PORTABLE);
        }
        None => {
            check_graph::<f32, _>("engine f32", &Cpu::default(), entry.graph, case, ENGINE, report);
            check_graph::<f64, _>("portable f64", &Cpu::default(), entry.graph, case, PORTABLE, report);
        }
    }
}

fn check_path(path: &'static str, build: fn() -> Box<dyn Subject>, case: &Case, report: &mut Report, bar: f64) {
    let (input, output_grad) = (&case.given["input"], &case.given["output_grad"]);
    let name = |how: &str| format!("{} {how}", case.name);
    let network = || loaded(build(), case);

    let output = BTreeMap::from([("output".to_owned(), case.eval["output"].clone())]);
    report.compare_all(path, &name("forward"), &network().infer(input), &output, bar);
    report.compare_all(path, &name("forward_eval"), &network().eval(input, output_grad), &case.eval, bar);
    if let Some(expected) = &case.train {
        report.compare_all(path, &name("forward_mut"), &network().train(input, output_grad), expected, bar);
        let expected = without_input_grad(expected);
        report.compare_all(path, &name("forward_train"), &network().train_on_data(input, output_grad), &expected, bar);
    }
}

/// The network with the case's parameters; it must have exactly those.
fn loaded(mut network: Box<dyn Subject>, case: &Case) -> Box<dyn Subject> {
    let mut used = Vec::new();
    network.fill(&mut |path, _| {
        used.push(path.to_owned());
        case.given.get(path).unwrap_or_else(|| panic!("{}: PyTorch's network has no `{path}`", case.name)).clone()
    });
    let unused = |name: &&String| !used.contains(name) && !["input", "output_grad"].contains(&name.as_str());
    let unused: Vec<&String> = case.given.keys().filter(unused).collect();
    assert!(unused.is_empty(), "{}: the network has no {unused:?}", case.name);
    network
}

fn without_input_grad(outcome: &BTreeMap<String, Numbers>) -> BTreeMap<String, Numbers> {
    outcome.iter().filter(|(name, _)| *name != "input_grad").map(|(name, tensor)| (name.clone(), tensor.clone())).collect()
}
