//! Sparse linear maps along some axes, given as index tables: interpolation, means, moves of elements.

use dfdx::shapes::{Axes3, Axis, HasShape};
use dfdx::tensor::{PutTape, Tape};
use dfdx::tensor_ops::{Device, PermuteTo, ReshapeTo, SumTo};

use super::Taped;
use crate::Scalar;
use crate::run::tables::{Table, Tables};
use crate::run::value::{Rank3, Value};

/// Each element of the output is a weighted sum of a few elements of the input.
pub(super) struct LinearMap {
    /// For each tap and each element of the output, the index of the input element within the mapped axes.
    pub index: Vec<Vec<usize>>,
    /// The weights in the same layout; `None` if all are 1. A tap without a weight is skipped, even if its element is NaN. A weight of 0,
    /// as in PyTorch's interpolation, is not skipped and keeps NaN.
    pub weight: Option<Vec<Vec<Option<f64>>>>,
}

impl LinearMap {
    /// Each element of the output is one element of the input.
    pub fn pick(index: Vec<usize>) -> Self {
        Self { index: vec![index], weight: None }
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
        Self { index, weight: Some(weight) }
    }

    /// The tables of the map of `of` elements: all taps, one behind the other.
    fn table(self, of: usize) -> Table {
        let weights = self.weight.map(|weights| weights.concat());
        let inside = weights.as_ref().map(|weights| weights.iter().map(Option::is_some).collect());
        let factors = weights.map(|weights| weights.into_iter().map(|weight| weight.unwrap_or(0.0)).collect());
        Table { of, index: self.index.concat(), inside, factors }
    }
}

/// Applies a map to `count` axes of a value, from axis `first` on; the batch is axis 0. `what` and the sizes of these axes determine the map, and `out`
/// is the sizes of the axes in the output.
#[allow(clippy::too_many_arguments, reason = "a map, where it acts, and what a pass carries along")]
pub(super) fn apply<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    what: &str,
    out: &[usize],
    make: impl FnOnce() -> LinearMap,
    x: &Value<E, D>,
    first: usize,
    count: usize,
    tape: T,
    tables: &Tables<E, D>,
) -> Result<Taped<E, D, T>, D::Err> {
    let (before, rest) = x.dims().split_at(first);
    let (mapped, after) = rest.split_at(count);
    let dims = [before, out, after].concat();
    let shape: Rank3 = (before.iter().product(), mapped.iter().product(), after.iter().product());
    let (rows, columns) = (out.iter().product::<usize>(), shape.0 * shape.2);
    let lookup = tables.get(x.device(), format!("{what} of {mapped:?}"), || vec![make().table(shape.1)])?;
    let x = x.flat().put_tape(tape).try_reshape_like(&shape)?;
    let x = x.try_permute::<Rank3, Axes3<1, 0, 2>>()?.try_reshape_like(&(shape.1, columns))?;
    let mut found = lookup[0].rows(x)?;
    let taps = found.shape().0 / rows;
    if taps > 1 {
        let each: Rank3 = (taps, rows, columns);
        found = found.try_reshape_like(&each)?.try_sum::<(usize, usize), Axis<0>>()?;
    }
    let found = found.try_reshape_like(&(rows, shape.0, shape.2))?;
    let (y, tape) = Value::erase(found.try_permute::<Rank3, Axes3<1, 0, 2>>()?)?;
    Ok((y.with_dims(dims), tape))
}
