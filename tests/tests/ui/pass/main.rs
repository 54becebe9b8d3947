//! Programs that have to compile and to run. Those that are about a whole crate, its lints, names or prelude, are crates of their own beside this one.

mod derive;
mod dfdx;
mod dfdx_tuple;
mod imported;
mod names;
mod options;
mod stride_with_remainder;
mod symbolic;
mod templates;
mod without_parameters;
