//! Initializes parameters of a built model by path.

use dfdx::nn::tensor_collection::TensorCollection;
use dfdx::shapes::Shape;
use dfdx::tensor::Tensor;
use dfdx::tensor_ops::Device;

use super::{Init, try_fill};
use crate::Scalar;
use crate::model::{Model, NoSuchParameter, Place, VisitMut, pattern, visit_mut};

/// Fills all trained parameters that match a pattern (`*.weight`, `encoder`; [`Frozen`](crate::model::Frozen) describes patterns), and returns the
/// number of these tensors. dfdx's `reset_params` restores PyTorch's defaults.
///
/// # Errors
/// Returns an error if no parameter of the model matches the pattern. Nothing is changed then.
///
/// # Panics
/// Panics if [`fill`](super::fill) does: for instance if the rule needs fans and the pattern matches biases.
pub fn apply<M: TensorCollection<E, D>, E: Scalar, D: Device<E>>(
    model: &mut M,
    pattern: &str,
    init: Init,
) -> Result<usize, NoSuchParameter> {
    struct Fill<'a> {
        pattern: &'a str,
        init: Init,
        count: usize,
    }
    impl<E: Scalar, D: Device<E>> VisitMut<E, D> for Fill<'_> {
        type Error = D::Err;

        fn tensor<S: Shape>(&mut self, place: Place<'_>, tensor: &mut Tensor<S, E, D>) -> Result<(), D::Err> {
            if place.trained && pattern::means(self.pattern, place.path) {
                try_fill(tensor, self.init)?;
                self.count += 1;
            }
            Ok(())
        }
    }
    let mut fill = Fill { pattern, init, count: 0 };
    visit_mut(model, &mut fill).unwrap_or_else(|error| panic!("{error}"));
    if fill.count == 0 {
        let paths = model.named_parameters().iter().map(|parameter| parameter.path().to_owned()).collect();
        return Err(NoSuchParameter { pattern: pattern.to_owned(), paths });
    }
    Ok(fill.count)
}
