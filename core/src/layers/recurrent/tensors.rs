//! The tensors of a recurrent layer.

use dfdx::nn::tensor_collection::{ModuleVisitor, TensorCollection, TensorOptions};
use dfdx::shapes::{ConstShape, Dtype, Rank1, Rank2};
use dfdx::tensor::{Cpu, Storage, Tensor};
use dfdx::tensor_ops::Device;

use crate::layers::{Layer, present, present_mut};
use crate::run::slot::Slot;
use crate::tensors::Tensors;
use crate::{Scalar, init};

/// The tensors of one layer and direction of a recurrent network from `IN` to `HIDDEN` features; `GATES` is `HIDDEN` times the number of
/// gates.
#[derive(Clone, Debug)]
pub struct RecurrentCell<const IN: usize, const HIDDEN: usize, const GATES: usize, E: Dtype = f32, D: Storage<E> = Cpu> {
    /// The weight of the input, `[GATES, IN]`.
    pub weight_ih: Tensor<Rank2<GATES, IN>, E, D>,
    /// The weight of the state, `[GATES, HIDDEN]`.
    pub weight_hh: Tensor<Rank2<GATES, HIDDEN>, E, D>,
    /// `[GATES]`; `None` without `BIAS`.
    pub bias_ih: Option<Tensor<Rank1<GATES>, E, D>>,
    /// `[GATES]`; `None` without `BIAS`.
    pub bias_hh: Option<Tensor<Rank1<GATES>, E, D>>,
}

/// The tensors of `RNN`, `LSTM` and `GRU` with `LAYERS` layers, the second and later of which have `WIDTH` input features; with
/// `BIDIRECTIONAL`, two directions. Their paths are PyTorch's: `weight_ih_l0`, `weight_hh_l1_reverse`.
///
/// Initial values are PyTorch's: uniform within `1 / sqrt(HIDDEN)`.
#[derive(Clone, Debug)]
pub struct Recurrent<
    const IN: usize,
    const HIDDEN: usize,
    const GATES: usize,
    const WIDTH: usize,
    const LAYERS: usize,
    const BIDIRECTIONAL: bool,
    E: Dtype = f32,
    D: Storage<E> = Cpu,
    const BIAS: bool = true,
> {
    /// The first layer, one cell per direction.
    pub first: Vec<RecurrentCell<IN, HIDDEN, GATES, E, D>>,
    /// The other layers; for each layer, one cell per direction.
    pub later: Vec<RecurrentCell<WIDTH, HIDDEN, GATES, E, D>>,
}

/// A new cell, if the visitor builds one.
type Visited<const IN: usize, const HIDDEN: usize, const GATES: usize, E, D> = Option<RecurrentCell<IN, HIDDEN, GATES, E, D>>;

impl<
    const IN: usize,
    const HIDDEN: usize,
    const GATES: usize,
    const WIDTH: usize,
    const LAYERS: usize,
    const BIDIRECTIONAL: bool,
    E: Scalar,
    D: Device<E>,
    const BIAS: bool,
> Recurrent<IN, HIDDEN, GATES, WIDTH, LAYERS, BIDIRECTIONAL, E, D, BIAS>
{
    const DIRECTIONS: usize = if BIDIRECTIONAL { 2 } else { 1 };

    /// Passes the cell that `get` and `get_mut` return to a visitor.
    fn visit<const FROM: usize, V: ModuleVisitor<Self, E, D>>(
        visitor: &mut V,
        number: usize,
        get: impl Fn(&Self) -> &RecurrentCell<FROM, HIDDEN, GATES, E, D>,
        get_mut: impl Fn(&mut Self) -> &mut RecurrentCell<FROM, HIDDEN, GATES, E, D>,
    ) -> Result<Visited<FROM, HIDDEN, GATES, V::E2, V::D2>, V::Err> {
        let (layer, side) = (number / Self::DIRECTIONS, if number % Self::DIRECTIONS == 1 { "_reverse" } else { "" });
        let path = |tensor: &str| format!("{tensor}_l{layer}{side}");
        fn options<S: ConstShape, E: Scalar, D: Device<E>, const HIDDEN: usize>() -> TensorOptions<S, E, D> {
            TensorOptions::reset_with(|t| init::default_uniform(t, HIDDEN))
        }
        let weight_ih =
            visitor.visit_tensor(&path("weight_ih"), |s| &get(s).weight_ih, |s| &mut get_mut(s).weight_ih, options::<_, _, _, HIDDEN>())?;
        let weight_hh =
            visitor.visit_tensor(&path("weight_hh"), |s| &get(s).weight_hh, |s| &mut get_mut(s).weight_hh, options::<_, _, _, HIDDEN>())?;
        if !BIAS {
            let both = weight_ih.zip(weight_hh);
            return Ok(both.map(|(weight_ih, weight_hh)| RecurrentCell { weight_ih, weight_hh, bias_ih: None, bias_hh: None }));
        }
        let bias_ih = visitor.visit_tensor(
            &path("bias_ih"),
            |s| present(&get(s).bias_ih),
            |s| present_mut(&mut get_mut(s).bias_ih),
            options::<_, _, _, HIDDEN>(),
        )?;
        let bias_hh = visitor.visit_tensor(
            &path("bias_hh"),
            |s| present(&get(s).bias_hh),
            |s| present_mut(&mut get_mut(s).bias_hh),
            options::<_, _, _, HIDDEN>(),
        )?;
        let all = weight_ih.zip(weight_hh).zip(bias_ih.zip(bias_hh));
        Ok(all.map(|((weight_ih, weight_hh), (bias_ih, bias_hh))| RecurrentCell {
            weight_ih,
            weight_hh,
            bias_ih: Some(bias_ih),
            bias_hh: Some(bias_hh),
        }))
    }
}

impl<
    const IN: usize,
    const HIDDEN: usize,
    const GATES: usize,
    const WIDTH: usize,
    const LAYERS: usize,
    const BIDIRECTIONAL: bool,
    E: Scalar,
    D: Device<E>,
    const BIAS: bool,
> TensorCollection<E, D> for Recurrent<IN, HIDDEN, GATES, WIDTH, LAYERS, BIDIRECTIONAL, E, D, BIAS>
{
    type To<E2: Dtype, D2: Device<E2>> = Recurrent<IN, HIDDEN, GATES, WIDTH, LAYERS, BIDIRECTIONAL, E2, D2, BIAS>;

    fn iter_tensors<V: ModuleVisitor<Self, E, D>>(visitor: &mut V) -> Result<Option<Self::To<V::E2, V::D2>>, V::Err> {
        let (mut first, mut later) = (Vec::new(), Vec::new());
        for i in 0..Self::DIRECTIONS {
            first.extend(Self::visit(visitor, i, |s| &s.first[i], |s| &mut s.first[i])?);
        }
        for i in 0..(LAYERS - 1) * Self::DIRECTIONS {
            later.extend(Self::visit(visitor, Self::DIRECTIONS + i, |s| &s.later[i], |s| &mut s.later[i])?);
        }
        let whole = first.len() == Self::DIRECTIONS && later.len() == (LAYERS - 1) * Self::DIRECTIONS;
        Ok(whole.then_some(Recurrent { first, later }))
    }
}

impl<
    const IN: usize,
    const HIDDEN: usize,
    const GATES: usize,
    const WIDTH: usize,
    const LAYERS: usize,
    const BIDIRECTIONAL: bool,
    E: Scalar,
    D: Device<E>,
    const BIAS: bool,
> Layer<E, D> for Recurrent<IN, HIDDEN, GATES, WIDTH, LAYERS, BIDIRECTIONAL, E, D, BIAS>
{
    fn tensors(&self, into: &mut Tensors<E, D>) -> Result<(), D::Err> {
        self.first.iter().try_for_each(|cell| cell.tensors(into))?;
        self.later.iter().try_for_each(|cell| cell.tensors(into))
    }

    fn slots<'a>(&'a mut self, into: &mut Vec<&'a mut dyn Slot<E, D>>) {
        self.first.iter_mut().for_each(|cell| cell.slots(into));
        self.later.iter_mut().for_each(|cell| cell.slots(into));
    }
}

impl<const IN: usize, const HIDDEN: usize, const GATES: usize, E: Scalar, D: Device<E>> RecurrentCell<IN, HIDDEN, GATES, E, D> {
    fn tensors(&self, into: &mut Tensors<E, D>) -> Result<(), D::Err> {
        into.add(&self.weight_ih)?;
        into.add(&self.weight_hh)?;
        [&self.bias_ih, &self.bias_hh].into_iter().flatten().try_for_each(|bias| into.add(bias))
    }

    fn slots<'a>(&'a mut self, into: &mut Vec<&'a mut dyn Slot<E, D>>) {
        into.push(&mut self.weight_ih);
        into.push(&mut self.weight_hh);
        into.extend([&mut self.bias_ih, &mut self.bias_hh].into_iter().flatten().map(|bias| bias as &mut dyn Slot<E, D>));
    }
}
