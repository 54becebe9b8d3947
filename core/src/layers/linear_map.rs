//! Sparse linear maps along some axes, given as index tables: interpolation, means, moves of elements.

use dfdx::shapes::{Axes2, Axes3};
use dfdx::tensor::{PutTape, Tape, Tensor, TensorFromVec};
use dfdx::tensor_ops::{BroadcastTo, Device, GatherTo, PermuteTo, ReshapeTo, SumTo, TryMul};

use super::Taped;
use crate::run::value::{Rank3, Value};
use crate::{Scalar, bounds};

/// Each element of the output is a weighted sum of a few elements of the input.
pub(super) struct LinearMap {
    /// The sizes of the mapped axes in the output.
    pub out: Vec<usize>,
    /// For each tap and each element of the output, the index of the input element within the mapped axes.
    pub index: Vec<Vec<usize>>,
    /// The weights in the same layout; `None` if all are 1. A tap without a weight is skipped, even if its element is NaN. A weight of 0,
    /// as in PyTorch's interpolation, is not skipped and keeps NaN.
    pub weight: Option<Vec<Vec<Option<f64>>>>,
}

impl LinearMap {
    /// Each element of the output is one element of the input.
    pub fn pick(out: Vec<usize>, index: Vec<usize>) -> Self {
        Self { out, index: vec![index], weight: None }
    }

    /// The product of a map of rows and a map of columns, each given as the taps (element, weight) of every row and column of the output.
    pub fn of_axes(size: [usize; 2], rows: &[Vec<(usize, f64)>], columns: &[Vec<(usize, f64)>]) -> Self {
        let taps = |axis: &[Vec<(usize, f64)>]| axis.iter().map(Vec::len).max().unwrap_or(0);
        let (mut index, mut weight) = (Vec::new(), Vec::new());
        for i in 0..taps(rows) {
            for j in 0..taps(columns) {
                // A tap that does not exist has any index and no weight.
                let pairs = || rows.iter().flat_map(|row| columns.iter().map(move |column| row.get(i).zip(column.get(j))));
                index.push(pairs().map(|pair| pair.map_or(0, |((row, _), (column, _))| row * size[1] + column)).collect());
                weight.push(pairs().map(|pair| pair.map(|((_, a), (_, b))| a * b)).collect());
            }
        }
        Self { out: vec![rows.len(), columns.len()], index, weight: Some(weight) }
    }

    /// Applies the map to `count` axes of a value, from axis `first` on; the batch is axis 0.
    pub fn apply<E: Scalar, D: Device<E>, T: Tape<E, D>>(
        &self,
        x: &Value<E, D>,
        first: usize,
        count: usize,
        tape: T,
    ) -> Result<Taped<E, D, T>, D::Err> {
        let (before, rest) = x.dims().split_at(first);
        let (mapped, after) = rest.split_at(count);
        let dims = [before, &self.out, after].concat();
        let shape: Rank3 = (before.iter().product(), mapped.iter().product(), after.iter().product());
        let device = x.device().clone();
        let x = x.flat().put_tape(tape).try_reshape_like(&shape)?;
        let x = x.try_permute::<Rank3, Axes3<1, 0, 2>>()?.try_contiguous()?;

        let index: Vec<usize> = self.index.concat();
        let (rows, taps) = (index.len(), self.index.len());
        let index = <D as TensorFromVec<usize>>::try_tensor_from_vec(&device, index, (rows,))?;
        let mut found: Tensor<Rank3, E, D, T> = x.try_gather(index)?;
        if let Some(weight) = &self.weight {
            let number = |weight: f64| E::from_f64(weight).expect("a weight is a number");
            let wide: Rank3 = (rows, shape.0, shape.2);
            if weight.iter().flatten().any(Option::is_none) {
                let inside = weight.iter().flatten().map(|weight| if weight.is_some() { E::ONE } else { E::zero() }).collect();
                let inside = <D as TensorFromVec<E>>::try_tensor_from_vec(&device, inside, (rows,))?;
                found = bounds::masked(found, inside.try_broadcast_like::<_, Axes2<1, 2>>(&wide)?)?;
            }
            let weight = weight.iter().flatten().map(|weight| number(weight.unwrap_or(0.0))).collect();
            let weight = <D as TensorFromVec<E>>::try_tensor_from_vec(&device, weight, (rows,))?;
            found = found.try_mul(weight.try_broadcast_like::<_, Axes2<1, 2>>(&wide)?)?;
        }
        if taps > 1 {
            let each: Rank3 = (taps, rows / taps, shape.0 * shape.2);
            let sum = found.try_reshape_like(&each)?.try_sum::<(usize, usize), dfdx::shapes::Axis<0>>()?;
            found = sum.try_reshape_like(&(rows / taps, shape.0, shape.2))?;
        }
        let (y, tape) = Value::erase(found.try_permute::<Rank3, Axes3<1, 0, 2>>()?)?;
        Ok((y.with_dims(dims), tape))
    }
}
