//! The engine against a slow interpreter of graphs in f64, and what it promises besides numbers.

mod allocation;
mod graphs;
mod interpreter;
mod joins;
mod networks;
mod random;
mod runs;
mod slopes;
