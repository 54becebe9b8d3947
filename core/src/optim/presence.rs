//! Which parameters received a gradient in this step.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use dfdx::nn::tensor_collection::TensorCollection;
use dfdx::shapes::Rank0;
use dfdx::tensor::{Gradients, Merge, PutTape, SplitTape, Storage, Tape, Tensor, Trace, UniqueId};
use dfdx::tensor_ops::{Backward, Device};

use crate::model::Place;
use crate::model::any_tensor::{AnyTensor, each};
use crate::{Scalar, host};

/// Tells whether tensors have gradients. dfdx returns zeros for a missing gradient, or panics, but does not say which.
///
/// So a marker, with a length that no gradient of the tensor has, is put in the place of each gradient, and the gradients are merged over the
/// markers: a real one replaces its marker. Nothing is copied, and all tensors are checked at once.
#[derive(Clone, Debug)]
pub(super) struct Presence<E: Scalar, D: Device<E>> {
    /// The markers of all tensors so far: the next step has the same tensors.
    marks: Gradients<E, D>,
    met: BTreeSet<UniqueId>,
}

/// One tensor's entry among gradients and markers.
pub(super) type Look<E, D, Err> = Box<dyn FnOnce(&mut Gradients<E, D>) -> Result<bool, Err>>;

thread_local! {
    /// The tensors that had no gradient when they were checked. They have zeros from then on, since an entry cannot be removed again. A later check,
    /// by an optimizer after a clipping function, must not take these zeros for a gradient.
    static ABSENT: RefCell<BTreeSet<UniqueId>> = const { RefCell::new(BTreeSet::new()) };
}

/// Forgets which gradients were missing: a new pass begins, which may bring gradients.
pub(crate) fn begin_pass() {
    ABSENT.with_borrow_mut(BTreeSet::clear);
}

/// Whether these are the zeros of a missing gradient.
fn was_absent<E: Scalar, D: Device<E>>(tensor: UniqueId, found: &mut <D as Storage<E>>::Vec) -> bool {
    let known = ABSENT.with_borrow(|absent| !absent.is_empty() && absent.contains(&tensor));
    known && host::numbers_mut::<E, D>(found).is_none_or(|numbers| numbers.iter().all(|x| *x == E::default()))
}

impl<E: Scalar, D: Device<E>> Default for Presence<E, D> {
    fn default() -> Self {
        Self { marks: Gradients::leaky(), met: BTreeSet::new() }
    }
}

impl<E: Scalar, D: Device<E>> Presence<E, D> {
    /// Prepares the check of a tensor's gradient.
    pub fn expect(&mut self, tensor: &dyn AnyTensor<E, D>) -> Result<Look<E, D, D::Err>, D::Err> {
        // A gradient has as many elements as the tensor has in memory: 0 only if the tensor has none.
        let len = usize::from(tensor.element_count() == 0);
        if self.met.insert(tensor.id()) {
            *tensor.gradient(&mut self.marks)? = <D as Storage<E>>::try_alloc_len(tensor.device(), len)?;
        }
        let tensor = tensor.boxed();
        Ok(Box::new(move |gradients| {
            let found = tensor.gradient(gradients)?;
            if <D as Storage<E>>::len(tensor.device(), found) != len {
                return Ok(!was_absent::<E, D>(tensor.id(), found));
            }
            // The marker has the capacity that dfdx's gradient needs.
            std::mem::swap(found, tensor.gradient(&mut Gradients::leaky())?);
            ABSENT.with_borrow_mut(|absent| absent.insert(tensor.id()));
            Ok(false)
        }))
    }

    /// Forgets tensors that no longer belong to the model, once they outnumber its `count`.
    pub fn forget_others(&mut self, count: usize) {
        if self.met.len() > 2 * count + 16 {
            *self = Self::default();
        }
    }

    /// For each check, whether the gradient is there.
    pub fn find(&self, looks: Vec<Look<E, D, D::Err>>, gradients: &mut Gradients<E, D>, device: &D) -> Result<Vec<bool>, D::Err> {
        let scalar: Tensor<Rank0, E, D> = device.try_zeros_like(&())?;
        let mut marks = self.marks.clone();
        if !host::is_host::<D>() {
            // dfdx begins with a gradient of 1, which it uploads: one without elements needs nothing.
            *marks.get_or_alloc_mut(&scalar)? = <D as Storage<E>>::try_alloc_len(device, 0)?;
        }
        let real = std::mem::replace(gradients, Gradients::leaky());
        let (_, real) = scalar.clone().traced(real).split_tape();
        let (scalar, marks) = scalar.traced(marks).split_tape();
        let mut tape = marks.merge(real);
        let found = Rc::new(RefCell::new(Vec::new()));
        let tell = Rc::clone(&found);
        // Gradients with markers are visible only while a tape is played: afterwards dfdx drops those that are not of leaves.
        tape.add_backward_op(move |gradients| {
            *tell.borrow_mut() = looks.into_iter().map(|look| look(gradients)).collect::<Result<_, _>>()?;
            Ok(())
        });
        *gradients = scalar.put_tape(tape).try_backward()?;
        Ok(found.take())
    }
}

/// For each trained parameter of a model, in order, whether it has a gradient.
pub(crate) fn of_model<M: TensorCollection<E, D>, E: Scalar, D: Device<E>>(
    model: &M,
    gradients: &mut Gradients<E, D>,
) -> Result<Vec<bool>, D::Err> {
    let mut collect = Collect { presence: Presence::default(), looks: Vec::new(), device: None };
    each(model, |place, tensor| collect.tensor(place, tensor))?;
    let Collect { presence, looks, device } = collect;
    device.map_or(Ok(Vec::new()), |device| presence.find(looks, gradients, &device))
}

struct Collect<E: Scalar, D: Device<E>> {
    presence: Presence<E, D>,
    looks: Vec<Look<E, D, D::Err>>,
    device: Option<D>,
}

impl<E: Scalar, D: Device<E>> Collect<E, D> {
    fn tensor(&mut self, place: Place<'_>, tensor: &dyn AnyTensor<E, D>) -> Result<(), D::Err> {
        if place.trained {
            self.looks.push(self.presence.expect(tensor)?);
            self.device.get_or_insert_with(|| tensor.device().clone());
        }
        Ok(())
    }
}
