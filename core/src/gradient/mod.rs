//! Tools for gradients.

mod accumulate;
mod backward;
mod check;
mod finite;
mod input;
mod named;
mod recorded;
mod storage;

pub use accumulate::Accumulation;
pub use backward::backward;
pub use check::{GradCheck, GradReport, Worst, gradcheck, relative_error};
pub use finite::{NonFinite, NonFiniteOutput, first_non_finite, first_non_finite_gradient, first_non_finite_output};
pub use input::input_gradient;
pub use named::named_gradients;
pub use recorded::{Recorded, Unrecorded};
pub(crate) use storage::storage_of;
