//! The state that an optimizer keeps for a parameter.

use dfdx::tensor::{Gradients, Storage, Trace};
use dfdx::tensor_ops::{Backward, Device, SumTo, TryMul};
use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::rule::{At, Flat, Rule};
use crate::host::number;
use crate::{Scalar, host};

/// The number of elements from which all cores share an update. Below it, waking them takes longer than the work: an update moves about five numbers
/// per element, so it handles some hundred elements per microsecond.
const PARALLEL: usize = 1 << 16;
/// The number of elements in one piece of shared work.
const PIECE: usize = 1 << 15;

/// The state of one parameter.
#[derive(Clone, Debug)]
pub(super) struct State<E: Scalar, D: Device<E>> {
    /// The number of its updates.
    pub steps: u64,
    pub buffers: Buffers<E, D>,
}

/// The buffers of the rule, in its order.
#[derive(Clone, Debug)]
pub(super) enum Buffers<E: Scalar, D: Device<E>> {
    Host(Vec<Vec<E>>),
    /// Of a parameter whose step is one kernel of dfdx's, which updates them in place ([`Rule::kernel`]).
    InPlace(D, Vec<<D as Storage<E>>::Vec>),
    Device(Vec<Flat<E, D>>),
}

impl<E: Scalar, D: Device<E>> Buffers<E, D> {
    /// The buffers of a new parameter, or of one whose buffers were loaded. `in_place` says whether a kernel of dfdx's will update them.
    pub fn new(numbers: Vec<Vec<E>>, device: &D, in_place: bool) -> Result<Self, D::Err> {
        if host::is_host::<D>() {
            return Ok(Self::Host(numbers));
        }
        if in_place {
            let stored = numbers.into_iter().map(|numbers| stored(numbers, device)).collect::<Result<_, _>>()?;
            return Ok(Self::InPlace(device.clone(), stored));
        }
        let tensors = numbers.into_iter().map(|numbers| {
            let len = numbers.len();
            device.try_tensor_from_vec(numbers, (len,))
        });
        Ok(Self::Device(tensors.collect::<Result<_, _>>()?))
    }

    /// The initial values of a rule's buffers.
    pub fn first<R: Rule>(rule: &R, len: usize) -> Vec<Vec<E>> {
        rule.buffers().iter().map(|&(_, value)| vec![number(value); len]).collect()
    }

    /// A copy of the elements.
    pub fn numbers(&self) -> Vec<Vec<E>> {
        match self {
            Self::Host(numbers) => numbers.clone(),
            Self::InPlace(device, storages) => storages.iter().map(|storage| numbers_of(storage, device).expect("enough memory")).collect(),
            Self::Device(tensors) => tensors.iter().map(host::read).collect(),
        }
    }
}

/// Numbers in a device's storage. dfdx gives storages away as gradients only: that of zeros which these numbers multiply.
fn stored<E: Scalar, D: Device<E>>(numbers: Vec<E>, device: &D) -> Result<<D as Storage<E>>::Vec, D::Err> {
    let len = numbers.len();
    if numbers.iter().all(|&number| number == E::default()) {
        return <D as Storage<E>>::try_alloc_len(device, len);
    }
    let zeros: Flat<E, D> = device.try_zeros_like(&(len,))?;
    let numbers: Flat<E, D> = device.try_tensor_from_vec(numbers, (len,))?;
    let mut gradients = zeros.leaky_trace().try_mul(numbers)?.try_sum::<(), _>()?.try_backward()?;
    Ok(std::mem::replace(gradients.get_or_alloc_mut(&zeros)?, <D as Storage<E>>::try_alloc_len(device, 1)?))
}

/// The opposite of [`stored`].
fn numbers_of<E: Scalar, D: Device<E>>(storage: &<D as Storage<E>>::Vec, device: &D) -> Result<Vec<E>, D::Err> {
    let of: Flat<E, D> = device.try_zeros_like(&(<D as Storage<E>>::len(device, storage),))?;
    let mut gradients = Gradients::leaky();
    *gradients.get_or_alloc_mut(&of)? = storage.clone();
    Ok(gradients.get(&of).as_vec())
}

/// Updates the elements of a parameter, on all cores if there are many. The new value of an element depends on that element alone, so the bits do not
/// depend on the number of cores.
pub(super) fn update<R: Rule, E: Scalar>(rule: &R, at: At, p: &mut [E], g: &[E], buffers: &mut [Vec<E>]) {
    if p.len() < PARALLEL {
        let mut whole: Vec<&mut [E]> = buffers.iter_mut().map(Vec::as_mut_slice).collect();
        return E::update(rule, at, p, g, &mut whole);
    }
    let mut pieces: Vec<_> = p.chunks_mut(PIECE).zip(g.chunks(PIECE)).map(|(p, g)| (p, g, Vec::<&mut [E]>::new())).collect();
    for buffer in buffers {
        pieces.iter_mut().zip(buffer.chunks_mut(PIECE)).for_each(|(piece, buffer)| piece.2.push(buffer));
    }
    pieces.into_par_iter().for_each(|(p, g, mut buffers)| E::update(rule, at, p, g, &mut buffers));
}

/// Compiled for each instruction set and selected at run time. The operations and their order are the same in all, and so are the bits.
pub(super) fn with_vectors<R: Rule, E: Scalar>(rule: &R, at: At, p: &mut [E], g: &[E], buffers: &mut [&mut [E]]) {
    Arch::new().dispatch(Update { rule, at, p, g, buffers });
}

struct Update<'a, 'b, R, E> {
    rule: &'a R,
    at: At,
    p: &'a mut [E],
    g: &'a [E],
    buffers: &'a mut [&'b mut [E]],
}

impl<R: Rule, E: Scalar> WithSimd for Update<'_, '_, R, E> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        self.rule.update(self.at, self.p, self.g, self.buffers);
    }
}
