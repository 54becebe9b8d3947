//! Gradients by the path of their parameter.

use dfdx::nn::tensor_collection::TensorCollection;
use dfdx::tensor::Gradients;
use dfdx::tensor_ops::Device;

use crate::model::any_tensor::each;
use crate::optim::presence;
use crate::{Scalar, host};

/// The gradients of a model's trained parameters: the path of each, and the elements in row-major order. Parameters without a gradient are left out.
///
/// # Errors
/// Returns an error if the device fails.
pub fn named_gradients<M: TensorCollection<E, D>, E: Scalar, D: Device<E>>(
    model: &M,
    gradients: &mut Gradients<E, D>,
) -> Result<Vec<(String, Vec<E>)>, D::Err> {
    let present = presence::of_model(model, gradients)?;
    let mut present = present.iter();
    let mut found = Vec::new();
    each(model, |place, tensor| {
        if place.trained && present.next() == Some(&true) {
            let gradient = tensor.gradient_value(gradients)?;
            found.push((place.path.to_owned(), host::read(&gradient.flat())));
        }
        Ok(())
    })?;
    Ok(found)
}

#[cfg(test)]
mod tests {
    use dfdx::prelude::{Backward, Cpu, SumTo, TensorFromVec, Trace, ZeroGrads};

    use super::*;
    use crate::GraphModel;

    /// Of `sum(w x + b)`: the sum of the inputs for each weight, and the batch size for each bias.
    #[test]
    fn of_a_linear_layer() {
        let mut builder = layercake_ir::Builder::new("Net");
        let x = builder.input("input", layercake_ir::Shape::new(&[2])).unwrap();
        let x = builder.add("fc", layercake_ir::ops::Linear { in_features: 2, out_features: 3, bias: true }, &[x]).unwrap();
        let device = Cpu::default();
        let net = GraphModel::new(builder.finish(&[("output", x)]), &device);
        let x = device.tensor_from_vec(vec![1.0, 2.0, 3.0, 5.0], (2, dfdx::shapes::Const::<2>));
        let y: dfdx::tensor::Tensor<(usize, dfdx::shapes::Const<3>), f32, _, _> = net.forward_eval(x.traced(net.alloc_grads()));
        let mut gradients = y.sum::<dfdx::shapes::Rank0, _>().backward();
        let found = named_gradients(&net, &mut gradients).unwrap();
        assert_eq!(found, [("fc.weight".to_owned(), [4.0, 7.0].repeat(3)), ("fc.bias".to_owned(), vec![2.0; 3])]);
    }
}
