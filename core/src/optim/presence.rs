//! Which parameters a tape reached in this step.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use dfdx::nn::tensor_collection::TensorCollection;
use dfdx::shapes::{HasShape, Rank0, Shape};
use dfdx::tensor::{Gradients, Merge, PutTape, SplitTape, Storage, Tape, Tensor, Trace, UniqueId};
use dfdx::tensor_ops::{Backward, Device};

use crate::ident::id;
use crate::model::{Place, Visit, visit};
use crate::{Scalar, host};

/// Tells whether there are gradients of tensors. dfdx gives one that is not there as zeros, or panics, but does not say.
///
/// So a mark of a length that no gradient of the tensor has is laid where each gradient would be, and the gradients are merged over the
/// marks: a real one takes the mark's place. Nothing is copied, and all tensors are looked at in one go.
#[derive(Clone, Debug)]
pub(super) struct Presence<E: Scalar, D: Device<E>> {
    /// The marks of all tensors that were met so far: the next step meets the same ones.
    marks: Gradients<E, D>,
    met: BTreeSet<UniqueId>,
}

/// Looks at one tensor's place among gradients with marks: is there a gradient?
pub(super) type Look<E, D, Err> = Box<dyn FnOnce(&mut Gradients<E, D>) -> Result<bool, Err>>;

thread_local! {
    /// The tensors that had no gradient when it was looked for. From then on they have zeros, since an entry cannot be taken out again: whoever
    /// looks next, an optimizer after a function that clips, must not take them for a gradient.
    static ABSENT: RefCell<BTreeSet<UniqueId>> = const { RefCell::new(BTreeSet::new()) };
}

/// Forgets what was absent: a new pass begins, which may bring gradients.
pub(crate) fn begin_pass() {
    ABSENT.with_borrow_mut(BTreeSet::clear);
}

/// Are these the zeros of a gradient that was not there?
fn was_absent<S: Shape, E: Scalar, D: Device<E>>(tensor: &Tensor<S, E, D>, found: &mut <D as Storage<E>>::Vec) -> bool {
    let known = ABSENT.with_borrow(|absent| !absent.is_empty() && absent.contains(&id(tensor)));
    known && host::numbers_mut::<E, D>(found).is_none_or(|numbers| numbers.iter().all(|x| *x == E::default()))
}

impl<E: Scalar, D: Device<E>> Default for Presence<E, D> {
    fn default() -> Self {
        Self { marks: Gradients::leaky(), met: BTreeSet::new() }
    }
}

impl<E: Scalar, D: Device<E>> Presence<E, D> {
    /// Prepares to look for a tensor's gradient.
    pub fn expect<S: Shape>(&mut self, tensor: &Tensor<S, E, D>) -> Result<Look<E, D, D::Err>, D::Err> {
        // A gradient has as many elements as the tensor's memory: none only if the tensor has none.
        let len = usize::from(tensor.shape().num_elements() == 0);
        if self.met.insert(id(tensor)) {
            *self.marks.get_or_alloc_mut(tensor)? = <D as Storage<E>>::try_alloc_len(tensor.device(), len)?;
        }
        let tensor = tensor.clone();
        Ok(Box::new(move |gradients| {
            let found = gradients.get_or_alloc_mut(&tensor)?;
            if <D as Storage<E>>::len(tensor.device(), found) != len {
                return Ok(!was_absent(&tensor, found));
            }
            // The mark makes room for what dfdx would give.
            std::mem::swap(found, Gradients::leaky().get_or_alloc_mut(&tensor)?);
            ABSENT.with_borrow_mut(|absent| absent.insert(id(&tensor)));
            Ok(false)
        }))
    }

    /// Forgets tensors that are no longer the model's, once they outnumber its `count`.
    pub fn forget_others(&mut self, count: usize) {
        if self.met.len() > 2 * count + 16 {
            *self = Self::default();
        }
    }

    /// For each of the looks whether the gradient is there.
    pub fn find(&self, looks: Vec<Look<E, D, D::Err>>, gradients: &mut Gradients<E, D>, device: &D) -> Result<Vec<bool>, D::Err> {
        let scalar: Tensor<Rank0, E, D> = device.try_zeros_like(&())?;
        let real = std::mem::replace(gradients, Gradients::leaky());
        let (_, real) = scalar.clone().traced(real).split_tape();
        let (scalar, marks) = scalar.traced(self.marks.clone()).split_tape();
        let mut tape = marks.merge(real);
        let found = Rc::new(RefCell::new(Vec::new()));
        let tell = Rc::clone(&found);
        // Gradients with marks are seen only while a tape is played back: behind it dfdx drops what is no leaf's.
        tape.add_backward_op(move |gradients| {
            *tell.borrow_mut() = looks.into_iter().map(|look| look(gradients)).collect::<Result<_, _>>()?;
            Ok(())
        });
        *gradients = scalar.put_tape(tape).try_backward()?;
        Ok(found.take())
    }
}

/// For each trained parameter of a model, in order, whether there is a gradient.
pub(crate) fn of_model<M: TensorCollection<E, D>, E: Scalar, D: Device<E>>(
    model: &M,
    gradients: &mut Gradients<E, D>,
) -> Result<Vec<bool>, D::Err> {
    struct Collect<E: Scalar, D: Device<E>> {
        presence: Presence<E, D>,
        looks: Vec<Look<E, D, D::Err>>,
        device: Option<D>,
    }
    impl<E: Scalar, D: Device<E>> Visit<E, D> for Collect<E, D> {
        type Error = D::Err;

        fn tensor<S: Shape>(&mut self, place: Place<'_>, tensor: &Tensor<S, E, D>) -> Result<(), D::Err> {
            if place.trained {
                self.looks.push(self.presence.expect(tensor)?);
                self.device.get_or_insert_with(|| tensor.device().clone());
            }
            Ok(())
        }
    }
    let mut collect = Collect { presence: Presence::default(), looks: Vec::new(), device: None };
    visit(model, &mut collect)?;
    let Collect { presence, looks, device } = collect;
    device.map_or(Ok(Vec::new()), |device| presence.find(looks, gradients, &device))
}
