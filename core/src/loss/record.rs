//! Operations on dfdx's tape whose values and gradients are already computed, on `Cpu`.

use dfdx::shapes::Rank0;
use dfdx::tensor::{Gradients, PutTape, SplitTape, Storage, Tape, Tensor};
use dfdx::tensor_ops::Device;

use super::pointwise::Flat;
use crate::{Scalar, host};

const NOT_HOST: &str = "only tensors on `Cpu` come here";

/// `values[n, p]` for each of `[n, p]`, whose derivative by `x[n, c, p]` is `slopes[n, c, p]`. `dims` are n, c and p; if `c` is 1, each element has
/// its own loss.
pub(super) fn each<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    x: Flat<E, D, T>,
    dims: [usize; 3],
    values: Vec<E>,
    slopes: Vec<E>,
) -> Result<Flat<E, D, T>, D::Err> {
    let (x, mut tape) = x.split_tape();
    let len = values.len();
    let y = x.device().try_tensor_from_vec(values, (len,))?;
    if T::OWNS_TAPE {
        let (x, y) = (x, y.clone());
        let [_, classes, positions] = dims;
        tape.add_backward_op(move |gradients| {
            let lent = take(gradients, &y)?;
            let into = numbers::<E, D>(gradients.get_or_alloc_mut(&x)?);
            for ((into, slopes), outer) in
                into.chunks_exact_mut(classes * positions).zip(slopes.chunks_exact(classes * positions)).zip(lent.chunks_exact(positions))
            {
                for (into, slopes) in into.chunks_exact_mut(positions).zip(slopes.chunks_exact(positions)) {
                    for ((into, &slope), &outer) in into.iter_mut().zip(slopes).zip(outer) {
                        *into += slope * outer;
                    }
                }
            }
            *numbers::<E, D>(gradients.get_or_alloc_mut(&y)?) = lent;
            Ok(())
        });
    }
    Ok(y.put_tape(tape))
}

/// A single value whose derivative by `x[i]` is `scale * slopes[i]`.
pub(super) fn reduced<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    x: Flat<E, D, T>,
    value: f64,
    slopes: Vec<E>,
    scale: f64,
) -> Result<Tensor<Rank0, E, D, T>, D::Err> {
    let (x, mut tape) = x.split_tape();
    let y: Tensor<Rank0, E, D> = x.device().try_tensor_from_vec(vec![host::number(value)], ())?;
    if T::OWNS_TAPE {
        let y = y.clone();
        tape.add_backward_op(move |gradients| {
            let outer = numbers::<E, D>(gradients.get_or_alloc_mut(&y)?)[0] * host::number(scale);
            let into = numbers::<E, D>(gradients.get_or_alloc_mut(&x)?);
            for (into, &slope) in into.iter_mut().zip(&slopes) {
                *into += slope * outer;
            }
            Ok(())
        });
    }
    Ok(y.put_tape(tape))
}

/// Takes a gradient out without a copy; the caller puts it back.
fn take<E: Scalar, D: Device<E>>(gradients: &mut Gradients<E, D>, of: &Flat<E, D>) -> Result<Vec<E>, D::Err> {
    Ok(std::mem::take(numbers::<E, D>(gradients.get_or_alloc_mut(of)?)))
}

fn numbers<E: Scalar, D: Device<E>>(storage: &mut <D as Storage<E>>::Vec) -> &mut Vec<E> {
    host::numbers_mut::<E, D>(storage).expect(NOT_HOST)
}
