//! A network under test: its tensors by path, and its forward and backward passes on untyped numbers.

use std::collections::BTreeMap;

use dfdx::nn::tensor_collection::{
    RecursiveWalker, TensorCollection, TensorOptions, TensorVisitor, ViewTensorMut, ViewTensorName, ViewTensorRef,
};
use dfdx::shapes::{HasShape, Rank0, Shape};
use dfdx::tensor::{Cpu, Gradients, HasErr, OwnedTape, PutTape, SplitTape, Tensor};
use dfdx::tensor_ops::{Backward, Device, SumTo};
use layercake::__private::Value;
use layercake::Scalar;

use crate::Numbers;

/// The results of a run: `output`, `input_grad`, `grad/` and a parameter's path, `after/` and a buffer's path.
pub type Outcome = BTreeMap<String, Numbers>;

/// A network under test. [`subject!`](crate::subject) implements it for networks of `network!`. It is untyped, so that the
/// comparisons are compiled once, not for every network.
pub trait Subject {
    /// Sets every tensor to the result of `source` for its path and sizes.
    fn fill(&mut self, source: &mut dyn FnMut(&str, &[usize]) -> Numbers);

    /// `forward`: the output.
    fn infer(&self, input: &Numbers) -> Outcome;

    /// `forward_eval` and backward.
    fn eval(&self, input: &Numbers, output_grad: &Numbers) -> Outcome;

    /// `forward_mut` and backward, including the input's gradient; running statistics afterwards.
    fn train(&mut self, input: &Numbers, output_grad: &Numbers) -> Outcome;

    /// `forward_train` and backward to the parameters; running statistics afterwards.
    fn train_on_data(&mut self, input: &Numbers, output_grad: &Numbers) -> Outcome;
}

/// Implements [`Subject`] for a network.
#[macro_export]
macro_rules! subject {
    ($net:ident) => {
        impl<E: $crate::__private::Scalar> $crate::Subject for $net<E>
        where
            $crate::__private::Cpu: $crate::__private::Backend<E>,
        {
            fn fill(&mut self, source: &mut dyn FnMut(&str, &[usize]) -> $crate::Numbers) {
                $crate::fill(self, source);
            }

            fn infer(&self, input: &$crate::Numbers) -> $crate::Outcome {
                let y = self.forward::<usize>(input.tensor(&Default::default()));
                $crate::Outcome::from([("output".to_owned(), $crate::Numbers::of(&y))])
            }

            fn eval(&self, input: &$crate::Numbers, output_grad: &$crate::Numbers) -> $crate::Outcome {
                let x = input.tensor(&Default::default());
                let y = self.forward_eval::<usize>($crate::__private::Trace::leaky_trace(&x));
                $crate::record(self, Some(&x), y, output_grad, false)
            }

            fn train(&mut self, input: &$crate::Numbers, output_grad: &$crate::Numbers) -> $crate::Outcome {
                let x = input.tensor(&Default::default());
                let y = self.forward_mut::<usize>($crate::__private::Trace::leaky_trace(&x));
                $crate::record(self, Some(&x), y, output_grad, true)
            }

            fn train_on_data(&mut self, input: &$crate::Numbers, output_grad: &$crate::Numbers) -> $crate::Outcome {
                let x = input.tensor(&Default::default());
                let y = self.forward_train::<usize>(x, $crate::__private::Gradients::leaky());
                $crate::record_outputs(self, y, output_grad, true)
            }
        }
    };
}

/// Implements [`Subject`] for a network that takes token ids.
#[macro_export]
macro_rules! subject_of_ids {
    ($net:ident) => {
        impl<E: $crate::__private::Scalar> $crate::Subject for $net<E>
        where
            $crate::__private::Cpu: $crate::__private::Backend<E>,
        {
            fn fill(&mut self, source: &mut dyn FnMut(&str, &[usize]) -> $crate::Numbers) {
                $crate::fill(self, source);
            }

            fn infer(&self, input: &$crate::Numbers) -> $crate::Outcome {
                let y = self.forward::<usize>(input.ids(&Default::default()));
                $crate::Outcome::from([("output".to_owned(), $crate::Numbers::of(&y))])
            }

            fn eval(&self, input: &$crate::Numbers, output_grad: &$crate::Numbers) -> $crate::Outcome {
                let y = self.forward_eval::<usize>($crate::__private::Trace::leaky_traced(input.ids(&Default::default())));
                $crate::record_outputs(self, y, output_grad, false)
            }

            fn train(&mut self, input: &$crate::Numbers, output_grad: &$crate::Numbers) -> $crate::Outcome {
                let y = self.forward_mut::<usize>($crate::__private::Trace::leaky_traced(input.ids(&Default::default())));
                $crate::record_outputs(self, y, output_grad, true)
            }

            fn train_on_data(&mut self, input: &$crate::Numbers, output_grad: &$crate::Numbers) -> $crate::Outcome {
                let ids = input.ids(&Default::default());
                let y = self.forward_train::<usize>(ids, $crate::__private::Gradients::leaky());
                $crate::record_outputs(self, y, output_grad, true)
            }
        }
    };
}

/// [`record`] without a gradient of the input.
pub fn record_outputs<E: Scalar, N: TensorCollection<E, Cpu>, Y: Shape>(
    network: &N,
    y: Tensor<Y, E, Cpu, OwnedTape<E, Cpu>>,
    output_grad: &Numbers,
    trained: bool,
) -> Outcome
where
    Cpu: Device<E>,
{
    record::<E, N, (usize,), Y>(network, None, y, output_grad, trained)
}

/// Runs backward from `y` and records all results.
pub fn record<E: Scalar, N: TensorCollection<E, Cpu>, X: Shape, Y: Shape>(
    network: &N,
    x: Option<&Tensor<X, E, Cpu>>,
    y: Tensor<Y, E, Cpu, OwnedTape<E, Cpu>>,
    output_grad: &Numbers,
    trained: bool,
) -> Outcome
where
    Cpu: Device<E>,
{
    let (y, tape) = y.split_tape();
    let mut outcome = Outcome::from([("output".to_owned(), Numbers::of(&y))]);
    let gradients = backward(&[(Value::erase(y).expect("enough memory").0, output_grad)], tape);
    if let Some(x) = x {
        outcome.insert("input_grad".to_owned(), Numbers::of(&gradients.get(x)));
    }
    let mut recorder = Recorder { gradients, buffers: trained, outcome };
    let _ = N::iter_tensors(&mut RecursiveWalker { m: (network, String::new()), f: &mut recorder });
    recorder.outcome
}

/// The gradients for given output gradients: those of the sum of all products.
pub(crate) fn backward<E: Scalar, D: Device<E>>(outputs: &[(Value<E, D>, &Numbers)], mut tape: OwnedTape<E, D>) -> Gradients<E, D> {
    let mut total: Option<Tensor<Rank0, E, D>> = None;
    for (y, grad) in outputs {
        assert_eq!(y.dims(), grad.dims, "the output, and its gradient");
        let len = (grad.values.len(),);
        let y = y.clone().restore(&len).expect("no memory is needed");
        let weights = y.device().tensor_from_vec(grad.cast(), len);
        let sum: Tensor<Rank0, E, D, _> = (y.put_tape(tape) * weights).sum();
        let (sum, carried) = match total {
            Some(total) => (sum + total).split_tape(),
            None => sum.split_tape(),
        };
        (total, tape) = (Some(sum), carried);
    }
    total.expect("an output").put_tape(tape).backward()
}

/// Records the gradient of each parameter and the value of each buffer.
struct Recorder<E: Scalar> {
    gradients: Gradients<E, Cpu>,
    buffers: bool,
    outcome: Outcome,
}

impl<E: Scalar> TensorVisitor<E, Cpu> for Recorder<E>
where
    Cpu: Device<E>,
{
    type Viewer = (ViewTensorRef, ViewTensorName);
    type Err = <Cpu as HasErr>::Err;
    type E2 = E;
    type D2 = Cpu;

    fn visit<S: Shape>(
        &mut self,
        options: TensorOptions<S, E, Cpu>,
        (tensor, path): (&Tensor<S, E, Cpu>, String),
    ) -> Result<Option<Tensor<S, E, Cpu>>, Self::Err> {
        let path = plain(&path);
        if options.do_gradient_update {
            // A parameter that the output does not depend on has no gradient, which counts as zero.
            self.gradients.try_alloc_for(tensor)?;
            self.outcome.insert(format!("grad/{path}"), Numbers::of(&self.gradients.get(tensor)));
        } else if self.buffers {
            self.outcome.insert(format!("after/{path}"), Numbers::of(tensor));
        }
        Ok(None)
    }
}

/// dfdx ends the path of a tensor without a name of its own, that of a `Parameter`, with a dot.
fn plain(path: &str) -> &str {
    path.strip_suffix('.').unwrap_or(path)
}

/// All tensors of a network by path.
pub fn state<E: Scalar, N: TensorCollection<E, Cpu>>(network: &N) -> Outcome
where
    Cpu: Device<E>,
{
    let mut reader = Reader(Outcome::new());
    let _ = N::iter_tensors(&mut RecursiveWalker { m: (network, String::new()), f: &mut reader });
    reader.0
}

struct Reader(Outcome);

impl<E: Scalar> TensorVisitor<E, Cpu> for Reader
where
    Cpu: Device<E>,
{
    type Viewer = (ViewTensorRef, ViewTensorName);
    type Err = <Cpu as HasErr>::Err;
    type E2 = E;
    type D2 = Cpu;

    fn visit<S: Shape>(
        &mut self,
        _: TensorOptions<S, E, Cpu>,
        (tensor, path): (&Tensor<S, E, Cpu>, String),
    ) -> Result<Option<Tensor<S, E, Cpu>>, Self::Err> {
        self.0.insert(plain(&path).to_owned(), Numbers::of(tensor));
        Ok(None)
    }
}

/// Sets every tensor of a network to the result of `source` for its path and sizes.
pub fn fill<E: Scalar, N: TensorCollection<E, Cpu>>(network: &mut N, source: impl FnMut(&str, &[usize]) -> Numbers)
where
    Cpu: Device<E>,
{
    let _ = N::iter_tensors(&mut RecursiveWalker { m: (network, String::new()), f: &mut Filler(source) });
}

struct Filler<F>(F);

impl<E: Scalar, F: FnMut(&str, &[usize]) -> Numbers> TensorVisitor<E, Cpu> for Filler<F>
where
    Cpu: Device<E>,
{
    type Viewer = (ViewTensorMut, ViewTensorName);
    type Err = <Cpu as HasErr>::Err;
    type E2 = E;
    type D2 = Cpu;

    fn visit<S: Shape>(
        &mut self,
        _: TensorOptions<S, E, Cpu>,
        (tensor, path): (&mut Tensor<S, E, Cpu>, String),
    ) -> Result<Option<Tensor<S, E, Cpu>>, Self::Err> {
        let dims: Vec<usize> = tensor.shape().concrete().into();
        let path = plain(&path);
        let numbers = (self.0)(path, &dims);
        assert_eq!(numbers.dims, dims, "`{path}`");
        tensor.copy_from(&numbers.cast::<E>());
        Ok(None)
    }
}
