//! Losses of rows of scores, with one score for each class.

use dfdx::shapes::{Axis, Rank0, ReduceShape, Shape};
use dfdx::tensor::{PutTape, Tape, Tensor};
use dfdx::tensor_ops::{Device, ReshapeTo, SumTo, TryAdd, TryMul};

use super::pointwise::Flat;
use super::record;
use crate::run::value::{Rank3, Value};
use crate::{Scalar, bounds, host};

/// A shape without its axis 1: `[B, ..]` for `[B, CLASSES, ..]`.
pub type Rows<S> = <S as ReduceShape<Axis<1>>>::Reduced;

/// The shape of the rows.
pub(super) fn shape<S: Shape + ReduceShape<Axis<1>>>(scores: &S) -> Rows<S> {
    let mut sizes = <Rows<S> as Shape>::Concrete::default();
    let kept = scores.concrete().into_iter().enumerate().filter(|&(axis, _)| axis != 1);
    kept.enumerate().for_each(|(i, (_, size))| sizes[i] = size);
    Rows::<S>::from_concrete(&sizes).expect("the axes of one shape fit those of the other")
}

/// Scores as three axes: all axes before the classes, the classes, and all axes after them.
pub(super) struct Scores<E: Scalar, D: Device<E>, T> {
    x: Value<E, D>,
    tape: T,
    pub dims: [usize; 3],
}

/// The losses of all rows, not yet reduced.
pub(super) enum Losses<E: Scalar, D: Device<E>, T> {
    /// With their gradients; `[n, c, p]`.
    Known { x: Flat<E, D, T>, dims: [usize; 3], values: Vec<E>, slopes: Vec<E> },
    /// On the tape already.
    Recorded(Flat<E, D, T>),
}

impl<E: Scalar, D: Device<E>, T: Tape<E, D>> Scores<E, D, T> {
    /// The classes are on axis 1.
    pub fn new<S: Shape + ReduceShape<Axis<1>>>(scores: Tensor<S, E, D, T>) -> Result<Self, D::Err> {
        let (x, tape) = Value::erase(scores)?;
        let dims = [x.dims()[0], x.dims()[1], x.dims()[2..].iter().product()];
        Ok(Self { x, tape, dims })
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.dims[0] * self.dims[2]
    }

    /// The scores, and their tape.
    #[cfg(feature = "cuda")]
    pub fn into_parts(self) -> (Value<E, D>, T) {
        (self.x, self.tape)
    }

    /// On `Cpu`: calls `row` with each row's index and scores; `row` stores the gradient and returns the loss. On other devices `portable` computes
    /// everything.
    pub fn losses(
        self,
        mut row: impl FnMut(usize, &[E], &mut [E]) -> f64,
        portable: impl FnOnce(Tensor<Rank3, E, D, T>) -> Result<Tensor<Rank3, E, D, T>, D::Err>,
    ) -> Result<Losses<E, D, T>, D::Err> {
        let [batch, classes, positions] = self.dims;
        if !host::is_host::<D>() {
            let losses = portable(self.x.around(1)?.put_tape(self.tape))?;
            return sum_of_classes(losses, self.dims).map(Losses::Recorded);
        }
        let x = self.x.flat();
        let numbers = host::read(&x);
        let (mut values, mut slopes) = (Vec::with_capacity(batch * positions), vec![E::default(); numbers.len()]);
        let (mut scores, mut slope) = (vec![E::default(); classes], vec![E::default(); classes]);
        for n in 0..batch {
            for p in 0..positions {
                let at = |class: usize| (n * classes + class) * positions + p;
                scores.iter_mut().enumerate().for_each(|(class, score)| *score = numbers[at(class)]);
                values.push(host::number(row(n * positions + p, &scores, &mut slope)));
                slope.iter().enumerate().for_each(|(class, &slope)| slopes[at(class)] = slope);
            }
        }
        Ok(Losses::Known { x: x.put_tape(self.tape), dims: self.dims, values, slopes })
    }

    /// A constant for each row and class, `[n, c, p]`: `amount` stores those of one row.
    pub fn constant(&self, mut amount: impl FnMut(usize, &mut [f64])) -> Result<Tensor<Rank3, E, D>, D::Err> {
        let [batch, classes, positions] = self.dims;
        let (mut all, mut amounts) = (vec![E::default(); batch * classes * positions], vec![0.0; classes]);
        for n in 0..batch {
            for p in 0..positions {
                amount(n * positions + p, &mut amounts);
                amounts.iter().enumerate().for_each(|(class, &a)| all[(n * classes + class) * positions + p] = host::number(a));
            }
        }
        self.x.device().try_tensor_from_vec(all, (batch, classes, positions))
    }
}

/// `[n, c, p]` to `[n * p]`.
fn sum_of_classes<E: Scalar, D: Device<E>, T: Tape<E, D>>(x: Tensor<Rank3, E, D, T>, dims: [usize; 3]) -> Result<Flat<E, D, T>, D::Err> {
    x.try_sum::<(usize, usize), Axis<1>>()?.try_reshape_like(&(dims[0] * dims[2],))
}

impl<E: Scalar, D: Device<E>, T: Tape<E, D>> Losses<E, D, T> {
    /// One loss per row.
    pub fn each<S: Shape>(self, shape: &S) -> Result<Tensor<S, E, D, T>, D::Err> {
        let flat = match self {
            Self::Known { x, dims, values, slopes } => record::each(x, dims, values, slopes)?,
            Self::Recorded(losses) => losses,
        };
        let (losses, tape) = Value::erase(flat)?;
        Ok(losses.restore(shape)?.put_tape(tape))
    }

    /// Their sum divided by `count`. If `count` is 0, the mean is NaN, as in PyTorch, and all gradients are 0: one batch without labels must not end
    /// a training run.
    pub fn mean(self, count: f64) -> Result<Tensor<Rank0, E, D, T>, D::Err> {
        if count != 0.0 {
            return self.sum(1.0 / count);
        }
        match self {
            Self::Known { x, mut slopes, .. } => {
                slopes.fill(E::default());
                record::reduced(x, f64::NAN, slopes, 0.0)
            }
            Self::Recorded(losses) => bounds::at_most(losses.try_sum()?, f64::NEG_INFINITY)?.try_add(host::number::<E>(f64::NAN)),
        }
    }

    /// Their sum, times `scale`.
    pub fn sum(self, scale: f64) -> Result<Tensor<Rank0, E, D, T>, D::Err> {
        match self {
            Self::Known { x, values, slopes, .. } => {
                let total: f64 = values.iter().map(|&value| host::wide(value)).sum();
                record::reduced(x, total * scale, slopes, scale)
            }
            Self::Recorded(losses) => losses.try_sum()?.try_mul(host::number::<E>(scale)),
        }
    }
}

#[cfg(test)]
mod tests {
    use dfdx::tensor::{AsArray, Cpu, OwnedTape, TensorFrom, Trace};
    use dfdx::tensor_ops::Backward;

    use super::*;
    use crate::loss::{CrossEntropy, Loss, Nll};

    /// As in PyTorch, the mean of an empty set is NaN and has no gradient.
    fn counts_nothing<L>(name: &str, loss: &L, labels: [usize; 2])
    where
        L: for<'a> Loss<
                Tensor<dfdx::shapes::Rank2<2, 3>, f64, Cpu, OwnedTape<f64, Cpu>>,
                &'a [usize],
                Reduced = Tensor<Rank0, f64, Cpu, OwnedTape<f64, Cpu>>,
            >,
    {
        let scores = Cpu::default().tensor([[0.5, -1.0, 2.0], [1e4, -1e4, 0.0]]);
        let mean = loss.mean(scores.leaky_trace(), &labels[..]);
        assert!(mean.array().is_nan(), "{name}");
        assert_eq!(mean.backward().get(&scores).array(), [[0.0; 3]; 2], "{name}");
    }

    #[test]
    fn nothing_to_count() {
        let (ignore_index, none) = (Some(7), vec![0.0; 3]);
        counts_nothing("ignored labels", &CrossEntropy { ignore_index, ..Default::default() }, [7, 7]);
        counts_nothing("ignored log-probabilities", &Nll { ignore_index, ..Default::default() }, [7, 7]);
        counts_nothing("weights of 0", &CrossEntropy { weight: none.clone(), ..Default::default() }, [0, 2]);
        counts_nothing("weights of 0 of log-probabilities", &Nll { weight: none, ..Default::default() }, [0, 2]);
        counts_nothing("the only weight is another class's", &CrossEntropy { weight: vec![0.0, 1.0, 0.0], ..Default::default() }, [0, 2]);
    }

    #[test]
    fn nothing_to_count_in_dfdx_operations() {
        let x: Tensor<(usize,), f64, Cpu> = dfdx::tensor::TensorFromVec::tensor_from_vec(&Cpu::default(), vec![1.0, -2.0], (2,));
        let mean = Losses::Recorded(x.leaky_trace()).mean(0.0).unwrap();
        assert!(mean.array().is_nan());
        assert_eq!(mean.backward().get(&x).as_vec(), [0.0, 0.0]);
    }
}
