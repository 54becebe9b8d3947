//! Parameters of a built model by path.

use dfdx::nn::tensor_collection::TensorCollection;
use dfdx::shapes::Shape;
use dfdx::tensor::Tensor;
use dfdx::tensor_ops::Device;

use super::Init;
use crate::Scalar;
use crate::model::{Model, NoSuchParameter, Place, VisitMut, pattern, visit_mut};

/// Fills all trained parameters that a pattern means (`*.weight`, `encoder`; [`Frozen`](crate::model::Frozen) tells what patterns mean), and
/// says how many tensors these are. PyTorch's defaults come back with dfdx's `reset_params`.
///
/// # Errors
/// If the pattern means no parameter of the model: then nothing is changed.
///
/// # Panics
/// Where [`Init::fill`] does: a rule that needs fans, for a pattern that means biases.
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
                self.init.try_fill(tensor)?;
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
