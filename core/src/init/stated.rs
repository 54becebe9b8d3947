//! The rules of a graph (`init = ..`), as rules of this module.

use dfdx::shapes::{HasShape, Shape};
use dfdx::tensor::Tensor;
use dfdx::tensor_ops::Device;

use super::fan::fans;
use super::rule::Init;
use crate::Scalar;

/// Fills a tensor by the `init = ..` of its layer.
///
/// # Errors
/// Returns an error if the device is out of memory.
pub(crate) fn fill<S: Shape, E: Scalar, D: Device<E>>(rule: layercake_ir::Init, tensor: &mut Tensor<S, E, D>) -> Result<(), D::Err> {
    let shape: Vec<usize> = tensor.shape().concrete().into();
    rule_for(rule, &shape).try_fill(tensor)
}

/// The rule for a weight of this shape. For the Kaiming rules the graph has the gain as a number, and this module as an activation. For a given shape
/// the rule is a plain Gaussian or uniform distribution, so the difference does not matter.
fn rule_for(rule: layercake_ir::Init, shape: &[usize]) -> Init {
    use layercake_ir::Init as Stated;
    let fan = |which: layercake_ir::Fan| match which {
        layercake_ir::Fan::In => fans(shape).fan_in as f64,
        layercake_ir::Fan::Out => fans(shape).fan_out as f64,
    };
    match rule {
        Stated::Constant { value } => Init::Constant(value),
        Stated::Normal { mean, std } => Init::Normal { mean, std },
        Stated::Uniform { low, high } => Init::Uniform { low, high },
        Stated::XavierNormal { gain } => Init::XavierNormal { gain },
        Stated::XavierUniform { gain } => Init::XavierUniform { gain },
        Stated::KaimingNormal { fan: which, gain } => Init::Normal { mean: 0.0, std: gain.abs() / fan(which).sqrt() },
        Stated::KaimingUniform { fan: which, gain } => {
            let bound = gain.abs() * (3.0 / fan(which)).sqrt();
            Init::Uniform { low: -bound, high: bound }
        }
        Stated::Orthogonal { gain } => Init::Orthogonal { gain },
        _ => unreachable!("a rule of the graph that this module does not have"),
    }
}
