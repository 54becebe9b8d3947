//! The engine against a slow interpreter of graphs in f64, and its guarantees besides numbers.

mod allocation;
mod blocks;
mod channels;
mod curves;
mod drawn;
mod graphs;
mod interpreter;
mod joins;
mod maps;
mod networks;
mod norms;
mod picks;
mod products;
mod random;
mod ranks;
mod runs;
mod sequences;
mod slopes;
mod tiles;
