//! Tools for all models: networks, dfdx modules, tuples of these, structs with `#[derive(Model)]`.
//!
//! All of them are collections of tensors with paths (dfdx's [`TensorCollection`]), and [`Model`] has the methods for them:
//!
//! ```
//! use layercake::prelude::*;
//!
//! network! { Head: [4] -> [2] { hidden: Linear(3), BatchNorm1d, Tanh, out: Linear(2) } }
//!
//! let mut head = Head::new(&Cpu::seed_from_u64(0));
//! let paths: Vec<String> = head.named_parameters().iter().map(|p| p.path().to_owned()).collect();
//! assert_eq!(paths[..2], ["hidden.weight", "hidden.bias"]);
//! assert_eq!(head.parameter_count(), 15 + 6 + 8);
//! head.for_each_tensor_mut(|mut tensor| {
//!     if tensor.path() == "out.bias" {
//!         tensor.copy_from(&[1.0, -1.0]);
//!     }
//! });
//! assert_eq!(head.out.bias.unwrap().array(), [1.0, -1.0]);
//! ```

pub(crate) mod any_tensor;
#[doc(hidden)]
pub mod chain;
pub(crate) mod copy;
#[doc(hidden)]
pub mod fields;
#[doc(hidden)]
pub mod forward;
mod freeze;
mod graph;
#[doc(hidden)]
pub mod init;
#[doc(hidden)]
pub mod junction;
mod named;
#[doc(hidden)]
pub mod part;
pub(crate) mod pattern;
#[doc(hidden)]
pub mod ports;
mod table;
pub(crate) mod visit;

use dfdx::nn::tensor_collection::TensorCollection;
use dfdx::tensor_ops::Device;

pub use crate::run::slot::Slot;
pub use crate::run::value::Value;
pub use copy::{CopyError, copy_tensors};
pub use freeze::{Freezing, Frozen, NoSuchParameter};
pub use graph::{HasGraph, NoGraph};
pub use named::{Named, NamedMut};
pub use table::ParameterTable;
pub use visit::{Place, Visit, VisitMut, visit, visit_mut};

use crate::Scalar;

/// The methods of every model. Implemented for all types whose tensors dfdx can visit.
pub trait Model<E: Scalar, D: Device<E>>: TensorCollection<E, D> {
    /// The trained parameters with their paths, in the order of their declaration.
    fn named_parameters(&self) -> Vec<Named<E, D>> {
        self.named_tensors().into_iter().filter(Named::is_trained).collect()
    }

    /// The buffers: tensors that optimizers do not change, such as running means.
    fn named_buffers(&self) -> Vec<Named<E, D>> {
        self.named_tensors().into_iter().filter(|tensor| !tensor.is_trained()).collect()
    }

    /// Parameters and buffers: PyTorch's `state_dict`.
    fn named_tensors(&self) -> Vec<Named<E, D>> {
        named::collect(self)
    }

    /// The parameter or buffer with this path.
    fn tensor_at(&self, path: &str) -> Option<Named<E, D>> {
        self.named_tensors().into_iter().find(|tensor| tensor.path() == path)
    }

    /// Calls `work` with each parameter and buffer, mutably.
    fn for_each_tensor_mut(&mut self, work: impl FnMut(NamedMut<'_, E, D>)) {
        named::for_each_mut(self, work);
    }

    /// The number of elements of all trained parameters.
    fn parameter_count(&self) -> usize {
        self.named_parameters().iter().map(Named::element_count).sum()
    }

    /// The number of elements of all buffers.
    fn buffer_count(&self) -> usize {
        self.named_buffers().iter().map(Named::element_count).sum()
    }

    /// The table of all parameters and buffers with their shapes.
    fn parameter_table(&self) -> ParameterTable {
        let row = |tensor: &Named<E, D>| table::Row {
            path: tensor.path().to_owned(),
            shape: tensor.shape().to_vec(),
            trained: tensor.is_trained(),
        };
        ParameterTable::new(self.named_tensors().iter().map(row).collect(), size_of::<E>())
    }
}

impl<M: TensorCollection<E, D>, E: Scalar, D: Device<E>> Model<E, D> for M {}
