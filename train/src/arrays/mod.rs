//! Arrays of NumPy, as the user has them: inputs of any shape, and what is to be predicted from each row.
//!
//! ```python
//! numpy.savez("flowers.npz", x=measurements, y=species)      # or x_train, y_train, x_test and y_test
//! ```
//!
//! Read are `.npz` and `.safetensors` files, and folders with a `.npy` file for each array (`x.npy`, `y.npy`). A file is read into memory; rows of `.npy` files are read when
//! they are needed, so that the inputs may be larger than memory. A file that is cut short is an error before the training begins.
//!
//! | array | is |
//! |---|---|
//! | the one named as the target, otherwise `y`, `labels`, `label`, `targets` or `target` | what is to be predicted |
//! | the only other one, otherwise `x`, `inputs`, `images`, `features` or `data` | the inputs |
//! | with `_train` and `_test` behind these names | the parts for training and test |
//!
//! What is to be predicted follows from the target, unless [`TableOptions::task`](crate::tables::TableOptions::task) says it:
//!
//! | target | task |
//! |---|---|
//! | integers or truth values `[rows]` or `[rows, 1]` | classification; each value is a class |
//! | integers or truth values `[rows, labels]`, all 0 or 1 | labels |
//! | floats `[rows]` or `[rows, targets]`, other integers `[rows, targets]` | regression |
//!
//! Inputs of a network `[channels, height, width]` may be `[rows, height, width, channels]` or, with one channel, `[rows, height, width]`. A network `[features]` takes rows of any shape,
//! flattened. Inputs get mean 0 and standard deviation 1 in the training rows: each feature of `[features]` and of `[steps, features]`, each channel of other inputs.
//!
//! Reading files needs the feature `tables`.

#[cfg(feature = "tables")]
mod learn;
#[cfg(feature = "tables")]
mod named;
#[cfg(feature = "tables")]
mod rows;
mod schema;
#[cfg(feature = "tables")]
mod set;
#[cfg(all(test, feature = "tables"))]
mod tests;

#[cfg(feature = "tables")]
pub(crate) use learn::measure_targets;
#[cfg(feature = "tables")]
pub use named::{Named, Pairs};
#[cfg(feature = "tables")]
pub use rows::Rows;
pub use schema::{ArraySchema, Layout};
#[cfg(feature = "tables")]
pub use set::ArraySet;
