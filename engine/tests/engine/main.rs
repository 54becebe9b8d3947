//! The engine against a slow interpreter of graphs in f64, and what it promises besides numbers.

mod allocation;
mod graphs;
mod interpreter;
mod networks;
mod runs;
mod slopes;
