//! Tests on dfdx's `Cuda`. `tests/cuda/emulated` runs them without a GPU; on a machine with one,
//! `cargo test -p layercake-cuda-tests -p layercake-models --features cuda` does. Without the feature there is nothing to run, which is said.

#[cfg(not(feature = "cuda"))]
mod absent;
#[cfg(feature = "cuda")]
mod attention;
#[cfg(feature = "cuda")]
mod budgets;
#[cfg(feature = "cuda")]
mod checkpoints;
#[cfg(feature = "cuda")]
mod counts;
#[cfg(feature = "cuda")]
mod engine;
#[cfg(feature = "cuda")]
mod errors;
#[cfg(feature = "cuda")]
mod fixtures;
#[cfg(feature = "cuda")]
mod gradients;
#[cfg(feature = "cuda")]
mod ids;
#[cfg(feature = "cuda")]
mod losses;
#[cfg(feature = "cuda")]
mod models;
#[cfg(feature = "cuda")]
mod optimizers;
#[cfg(feature = "cuda")]
mod program;
#[cfg(feature = "cuda")]
mod races;
#[cfg(feature = "cuda")]
mod random;
#[cfg(feature = "cuda")]
mod regions;
#[cfg(feature = "cuda")]
mod sizes;
#[cfg(feature = "cuda")]
mod trainer;
