//! All of PyTorch's fixtures as graphs, in both number types, and the page that lists them, `docs/cuda_fixtures.md`.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;

use layercake::dfdx::tensor::Cuda;
use layercake::{Backend, Scalar};
use layercake_cuda_tests::{device, is_emulated};
use layercake_tests::{Fixture, Report, check_graph, fixtures, graphs, table};

const SINGLE: f64 = 1e-5;
/// The rounding of PyTorch's results to float32, at most 6e-8.
const DOUBLE: f64 = 1e-7;

/// The largest difference by fixture and case.
type Worst = BTreeMap<(String, String), f64>;

const HEAD: &str = "# PyTorch's fixtures on an emulated CUDA device

This page is generated: `LAYERCAKE_WRITE=1 tests/cuda/emulated` writes it, and `tests/cuda/emulated` checks it.

Each fixture runs as a graph (`GraphModel`) on dfdx's `Cuda`: inference, evaluation with gradients, and, where training is not random, training with and
without a gradient of the input. The kernels are those that a GPU would run, but the driver, cuBLAS, NVRTC and `nvcc` are the emulated ones of
`tests/cuda/emulator`, which run them on the CPU: what rounds differently on a GPU, and the real compiler and driver, are not tested.

A number is the largest difference from PyTorch's results in all passes, relative to the largest magnitude in the tensor, rounded up to 1, 2 or 5 times a
power of ten. A fixture agrees in float32 up to 1e-5 and in float64 up to 1e-7: PyTorch's results are stored in float32, which alone is an error of 6e-8.
";

/// Those that `LAYERCAKE_CUDA_FIXTURES` names, separated by commas; otherwise all.
fn chosen() -> Option<Vec<String>> {
    std::env::var("LAYERCAKE_CUDA_FIXTURES").ok().map(|names| names.split(',').map(str::to_owned).collect())
}

/// Runs all fixtures in one number type.
fn run<E: Scalar>(path: &'static str, bar: f64) -> (Worst, Vec<String>)
where
    Cuda: Backend<E>,
{
    let device = device(0);
    let (mut worst, mut rejected) = (Worst::new(), Vec::new());
    for kind in fixtures().into_iter().filter(|kind| chosen().is_none_or(|chosen| chosen.contains(kind))) {
        let (fixture, graphs) = (Fixture::open(&kind), graphs(&kind));
        assert!(graphs.keys().eq(fixture.cases()), "`{kind}` has the graphs {:?}", graphs.keys());
        for (case, graph) in &graphs {
            let mut report = Report::new(&kind);
            report.case();
            check_graph::<E, _>(path, &device, graph, &fixture.case(case), bar, &mut report);
            let groups = ["output", "running statistic", "input gradient", "parameter gradient"];
            worst.insert((kind.clone(), case.clone()), report.largest(path, &groups).expect("a case has an output"));
            rejected.extend(report.rejected().iter().map(|text| format!("{kind}: {text}")));
        }
    }
    (worst, rejected)
}

#[test]
fn all_agree_with_pytorch() {
    let (single, double) = std::thread::scope(|scope| {
        let single = scope.spawn(|| run::<f32>("cuda f32", SINGLE));
        let double = run::<f64>("cuda f64", DOUBLE);
        (single.join().expect("no panic"), double)
    });
    let rejected = [single.1, double.1].concat();
    assert!(rejected.is_empty(), "{} too far off\n{}", rejected.len(), rejected.join("\n"));
    println!("{} fixtures agree in both number types", single.0.len());
    if is_emulated() && chosen().is_none() {
        keep(&single.0, &double.0);
    }
}

/// Compares the page with the measurements, or writes it.
fn keep(single: &Worst, double: &Worst) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/cuda_fixtures.md");
    if table::writes() {
        let mut page = format!("{HEAD}\n{} fixtures agree.\n\n| fixture | case | float32 | float64 |\n|--|--|--|--|\n", single.len());
        for (key, worst) in single {
            writeln!(page, "| {} | {} | {} | {} |", key.0, key.1, table::rounded(*worst), table::rounded(double[key])).expect("a string");
        }
        std::fs::write(&path, page).expect("docs/ can be written");
    }
    let page = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut rows = 0;
    for line in page.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| fixture")) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let key = (cells[0].to_owned(), cells[1].to_owned());
        for (stands, found) in [(cells[2], single), (cells[3], double)] {
            let found = found.get(&key).unwrap_or_else(|| panic!("docs/cuda_fixtures.md lists {key:?}, which is no fixture"));
            let figure: f64 = stands.parse().unwrap_or_else(|_| panic!("docs/cuda_fixtures.md: `{stands}` is no number"));
            assert!(table::agrees(figure, *found, true), "docs/cuda_fixtures.md says {stands} for {key:?}, measured is {found:.1e}");
        }
        rows += 1;
    }
    assert_eq!(rows, single.len(), "the rows of docs/cuda_fixtures.md, and the fixtures");
}
