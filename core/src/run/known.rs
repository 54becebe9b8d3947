//! Token ids that are known on the host although their tensor is on another device.
//!
//! Ids are looked at before anything is done with them: one that is out of range would be read out of bounds. Reading them back waits for all work of
//! the device. So those that were uploaded through [`upload`], and those that were read once, are remembered with a copy of their tensor.

use std::any::Any;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::fmt::{self, Debug, Write};
use std::sync::Arc;

use dfdx::shapes::{HasShape, Shape};
use dfdx::tensor::{NoneTape, Storage, Tensor, TensorFromVec};

use crate::host;

/// As many as the steps of a few networks need: the inputs and the targets of each.
const MOST: usize = 8;

struct Known {
    key: Key,
    ids: Arc<Vec<usize>>,
    /// While it is kept, its memory is not given to another tensor, and a write to a tensor that shares it copies it first. So the same place means
    /// the same ids.
    _tensor: Box<dyn Any>,
}

thread_local! {
    static KNOWN: RefCell<VecDeque<Known>> = const { RefCell::new(VecDeque::new()) };
}

/// A tensor of these elements: [`TensorFromVec::try_tensor_from_vec`], but token ids are remembered, so that neither a network nor a loss reads them
/// back from the device to check them.
///
/// # Errors
/// Returns an error if the device is out of memory.
///
/// # Panics
/// Panics if the number of elements is not that of the shape.
pub fn upload<S: Shape, E: Debug + 'static, D: TensorFromVec<E>>(
    device: &D,
    elements: Vec<E>,
    shape: S,
) -> Result<Tensor<S, E, D>, D::Err> {
    let ids = (&elements as &dyn Any).downcast_ref::<Vec<usize>>().filter(|_| !host::is_host::<D>()).cloned();
    let tensor = device.try_tensor_from_vec(elements, shape)?;
    if let Some(ids) = ids {
        remember(Key::of(&tensor, &shape), Arc::new(ids), &tensor);
    }
    Ok(tensor)
}

/// The elements of a tensor in row-major order, from the device only if they are not known.
pub(crate) fn ids_of<S: Shape, D: Storage<usize>>(tensor: &Tensor<S, usize, D>) -> Arc<Vec<usize>> {
    let key = match host::is_host::<D>() {
        true => None,
        false => Key::of(tensor, tensor.shape()),
    };
    let Some(key) = key else { return Arc::new(tensor.as_vec()) };
    let known = KNOWN.with_borrow(|known| known.iter().find(|known| known.key == key).map(|known| Arc::clone(&known.ids)));
    known.unwrap_or_else(|| {
        let ids = Arc::new(tensor.as_vec());
        remember(Some(key), Arc::clone(&ids), tensor);
        ids
    })
}

fn remember<S: Shape, E: 'static, D: Storage<E>>(key: Option<Key>, ids: Arc<Vec<usize>>, tensor: &Tensor<S, E, D>) {
    let Some(key) = key else { return };
    let known = Known { key, ids, _tensor: Box::new(tensor.retaped::<NoneTape>()) };
    let oldest = KNOWN.with_borrow_mut(|all| {
        all.push_back(known);
        if all.len() > MOST { all.pop_front() } else { None }
    });
    drop(oldest);
}

/// Where the elements of a tensor are, and in which order.
#[derive(Debug, Default, PartialEq, Eq)]
struct Key {
    address: String,
    strides: String,
    sizes: Vec<usize>,
}

impl Key {
    /// dfdx keeps the address and the strides to itself, except in its debug output. `None` if they are not there: then nothing is remembered.
    fn of<S: Shape>(tensor: &impl Debug, shape: &S) -> Option<Self> {
        let sizes: Vec<usize> = shape.concrete().into();
        let mut find = Find { key: Self { sizes, ..Self::default() }, reading: Part::Other };
        // It stops early by an error of its own.
        let _ = write!(find, "{tensor:?}");
        let key = find.key;
        (key.address.contains(|c: char| c.is_ascii_digit()) && key.strides.ends_with(']')).then_some(key)
    }
}

/// Takes the fields of a tensor out of its debug text.
struct Find {
    key: Key,
    reading: Part,
}

/// What the text that comes belongs to.
enum Part {
    Address,
    Strides,
    Other,
}

impl Write for Find {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        match self.reading {
            // Names of fields come as texts of their own.
            Part::Other if text == "cu_device_ptr" && self.key.address.is_empty() => self.reading = Part::Address,
            Part::Other if text == "strides" => self.reading = Part::Strides,
            Part::Other => {}
            Part::Address if text.contains(',') => self.reading = Part::Other,
            Part::Address => self.key.address.push_str(text),
            Part::Strides => {
                self.key.strides.push_str(text);
                if text.contains(']') {
                    return Err(fmt::Error);
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What dfdx's tensors print on `Cuda`.
    #[derive(Debug)]
    #[allow(dead_code, reason = "they are printed")]
    struct Like {
        id: usize,
        data: Data,
        shape: (usize, usize),
        strides: [usize; 2],
        device: &'static str,
    }

    #[derive(Debug)]
    #[allow(dead_code, reason = "they are printed")]
    struct Data {
        cu_device_ptr: u64,
        len: usize,
    }

    #[test]
    fn the_place_is_the_address_and_the_strides() {
        let like = |cu_device_ptr, strides| Like { id: 1, data: Data { cu_device_ptr, len: 4 }, shape: (2, 2), strides, device: "[7]" };
        let key = |address, strides| Key::of(&like(address, strides), &(2, 2)).expect("both are printed");
        assert_eq!(key(17, [2, 1]), Key { address: ": 17".into(), strides: ": [2, 1]".into(), sizes: vec![2, 2] });
        assert_ne!(key(17, [2, 1]), key(17, [1, 2]));
        assert_ne!(key(17, [2, 1]), key(170, [2, 1]));
        // A tensor without an address is not remembered.
        assert_eq!(Key::of(&"strides: [2, 1]", &(2, 2)), None);
    }
}
