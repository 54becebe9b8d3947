//! Agreement with PyTorch, and of the two execution paths with each other. One binary: linking is most of what tests cost.

mod activation;
mod conv2d;
mod convolutions;
mod dropout;
mod explain;
mod harness;
mod joins;
mod linear;
mod nan;
mod networks;
mod norm;
mod paths;
mod pool;
mod random;
mod roi;
mod sampling;
mod sequences;
mod shapes;
mod slopes;
mod table;
