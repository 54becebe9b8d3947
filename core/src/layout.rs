//! Tensors that are not contiguous, such as results of `permute` and `broadcast`.
//!
//! dfdx copies elements in and out in memory order, and its strides are private. All writes to a tensor that a user may have assigned to a network
//! use this module.

use dfdx::shapes::{HasShape, Shape};
use dfdx::tensor::{Gradients, NoneTape, Storage, Tensor};
use dfdx::tensor_ops::{Device, ReshapeTo};

use crate::Scalar;
use crate::host::{number, wide};
use crate::ident::id;

/// Whether the tensor is contiguous. Nothing is copied if it is.
pub(crate) fn is_in_order<S: Shape, E: Scalar, D: Device<E>, T>(tensor: &Tensor<S, E, D, T>) -> Result<bool, D::Err> {
    let tensor = tensor.retaped::<NoneTape>();
    // dfdx makes a new tensor only if it is not contiguous.
    let own = id(&tensor);
    Ok(id(&tensor.try_contiguous()?) == own)
}

/// Overwrites the elements in row-major order. The tensor keeps its identity, unless several of its elements share memory: then it gets memory of its
/// own.
pub(crate) fn write<S: Shape, E: Scalar, D: Device<E>>(tensor: &mut Tensor<S, E, D>, elements: &[E]) -> Result<(), D::Err> {
    if is_in_order(tensor)? {
        tensor.copy_from(elements);
        return Ok(());
    }
    let device = tensor.device().clone();
    let mut gradients = Gradients::leaky();
    let places = <D as Storage<E>>::len(&device, gradients.get_or_alloc_mut(tensor)?);
    if places != elements.len() {
        *tensor = device.try_tensor_from_vec(elements.to_vec(), *tensor.shape())?;
        return Ok(());
    }
    let mut memory = vec![E::default(); places];
    places_of(tensor, places).into_iter().zip(elements).for_each(|(place, &element)| memory[place] = element);
    tensor.copy_from(&memory);
    Ok(())
}

/// For each element, in row-major order, its index in memory: a tensor of the same layout is filled with the indices and read. In two digits, since a
/// float represents integers only up to a limit.
fn places_of<S: Shape, E: Scalar, D: Device<E>>(tensor: &Tensor<S, E, D>, places: usize) -> Vec<usize> {
    const DIGIT: usize = 1 << 11;
    let mut probe = tensor.clone();
    let mut digits = |digit: fn(usize) -> usize| {
        probe.copy_from(&(0..places).map(|place| number(digit(place) as f64)).collect::<Vec<E>>());
        probe.as_vec().into_iter().map(|found| wide(found) as usize).collect::<Vec<_>>()
    };
    let (high, low) = (digits(|place| place / DIGIT), digits(|place| place % DIGIT));
    high.into_iter().zip(low).map(|(high, low)| high * DIGIT + low).collect()
}

#[cfg(test)]
mod tests {
    use dfdx::shapes::{Axes3, Axis, Rank1, Rank3};
    use dfdx::tensor::{AsArray, Cpu, TensorFromVec};
    use dfdx::tensor_ops::{BroadcastTo, PermuteTo};

    use super::*;

    #[test]
    fn permuted_tensors_are_written_in_the_order_of_their_indices() {
        let device = Cpu::default();
        let straight = device.tensor_from_vec(
            (0..24).map(|i| i as f32).collect(),
            (dfdx::shapes::Const::<2>, dfdx::shapes::Const::<3>, dfdx::shapes::Const::<4>),
        );
        let mut permuted: Tensor<Rank3<4, 2, 3>, f32, _> = straight.permute::<_, Axes3<2, 0, 1>>();
        assert!(!is_in_order(&permuted).unwrap());
        let own = id(&permuted);
        let wanted: Vec<f32> = (0..24).map(|i| (i * 7 % 24) as f32).collect();
        write(&mut permuted, &wanted).unwrap();
        assert_eq!(permuted.as_vec(), wanted);
        assert!(id(&permuted) == own, "it keeps its identity");
    }

    #[test]
    fn broadcast_tensors_get_memory_of_their_own() {
        let row: Tensor<Rank1<3>, f64, _> = Cpu::default().tensor_from_vec(vec![1.0, 2.0, 3.0], (dfdx::shapes::Const::<3>,));
        let mut rows = row.broadcast::<dfdx::shapes::Rank2<2, 3>, Axis<0>>();
        write(&mut rows, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]).unwrap();
        assert_eq!(rows.array(), [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
    }
}
