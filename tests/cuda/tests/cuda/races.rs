//! A subset in which races are watched: `tests/cuda/emulated` runs it with kernels that are compiled for that.

use layercake_cuda_tests::device;
use layercake_tests::{Fixture, Report, check_graph, fixtures, graphs};

/// The first case of each fixture; a race ends its launch with an error. Bounds are watched in all tests.
#[test]
#[ignore = "needs kernels that tell what they read and write"]
fn in_a_case_of_each_fixture() {
    assert!(std::env::var_os("CUDA_ON_CPU_RACES").is_some(), "CUDA_ON_CPU_RACES is not set");
    let device = device(0);
    for kind in fixtures() {
        let mut report = Report::new(&kind);
        let (case, graph) = graphs(&kind).pop_first().expect("a fixture has a case");
        report.case();
        check_graph::<f32, _>("cuda f32", &device, &graph, &Fixture::open(&kind).case(&case), 1e-5, &mut report);
        report.finish();
    }
}
