//! Which graphs run on the engine for the GPU, and that what it computes does not depend on the order of threads.

use std::collections::BTreeMap;

use layercake::cuda::lacks;
use layercake_tests::{EngineMode as Mode, fixtures, graphs};

/// The operations that have no kernels of their own: a graph with one of them runs in dfdx's operations.
const LACKING: [&str; 0] = [];

/// Exactly the fixtures without one of these operations run on the engine: `fixtures` and `random` compare what it computes.
#[test]
fn runs_all_fixtures_but_those_of_operations_that_it_lacks() {
    let (mut all, mut lacking) = (0, BTreeMap::<&str, usize>::new());
    for kind in fixtures() {
        for graph in graphs(&kind).values() {
            all += 1;
            if let Some(unsupported) = lacks(graph, Mode::Train) {
                *lacking.entry(unsupported.kind).or_default() += 1;
            }
        }
    }
    println!("{} of {all} graphs of the fixtures run on the engine; the others have {lacking:?}", all - lacking.values().sum::<usize>());
    assert!(lacking.keys().copied().eq(LACKING), "{:?}", lacking.keys().collect::<Vec<_>>());
}
