//! Where tensors are in the memory of the device.

use std::fmt::{self, Write};

use cudarc::driver::{CudaSlice, DevicePtr, DeviceSlice};
use dfdx::tensor::{Cuda, Storage, Tensor};
use layercake_engine_cuda::{Place, Plan};

/// Memory of the device, with its length in elements. It stays valid as long as what it was made of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Memory {
    address: u64,
    len: usize,
}

impl Memory {
    /// The elements of a contiguous tensor.
    ///
    /// dfdx lends no address of a tensor; it prints one. The versions of dfdx and cudarc are pinned.
    pub fn of_tensor(tensor: &Tensor<(usize,), f32, Cuda>) -> Self {
        /// Takes the text up to the comma behind the address; all elements of the other fields come later.
        struct Find(String);
        const KEY: &str = "cu_device_ptr: ";
        impl Write for Find {
            fn write_str(&mut self, text: &str) -> fmt::Result {
                self.0.push_str(text);
                match self.0.find(KEY) {
                    Some(at) if self.0[at + KEY.len()..].contains(',') => Err(fmt::Error),
                    _ => Ok(()),
                }
            }
        }
        let mut found = Find(String::new());
        // It always stops early.
        let _ = write!(found, "{tensor:?}");
        let at = found.0.find(KEY).expect("dfdx 0.13 prints a tensor's address") + KEY.len();
        let digits: String = found.0[at..].chars().take_while(char::is_ascii_digit).collect();
        let len = dfdx::shapes::HasShape::shape(tensor).0;
        Self { address: digits.parse().expect("an address in digits"), len }
    }

    /// The elements of a gradient.
    pub fn of_storage(storage: &<Cuda as Storage<f32>>::Vec) -> Self {
        Self::of_slice(storage)
    }

    /// Where it begins.
    pub fn address(&self) -> u64 {
        self.address
    }

    /// The number of elements.
    pub fn len(&self) -> usize {
        self.len
    }

    /// An allocation of cudarc's, of numbers of 32 bits.
    pub fn of_slice<T>(slice: &CudaSlice<T>) -> Self {
        assert_eq!(size_of::<T>(), size_of::<f32>(), "the engine's numbers have 32 bits");
        Self { address: *slice.device_ptr(), len: slice.len() }
    }
}

/// Where the tensors of a pass are.
#[derive(Debug, Default)]
pub(crate) struct Places {
    pub inputs: Vec<Memory>,
    pub params: Vec<Memory>,
    pub outputs: Vec<Memory>,
    pub updates: Vec<Memory>,
    /// `None` for a tensor that is not trained.
    pub param_grads: Vec<Option<Memory>>,
    /// `None` for token ids, or if the gradients of inputs are not asked for.
    pub input_grads: Vec<Option<Memory>>,
    pub output_grads: Vec<Memory>,
    pub arena: Option<Memory>,
}

impl Places {
    /// The address of a place; null if the pass has none for it, which a plan does not ask for.
    pub fn address(&self, plan: &Plan, place: Place) -> u64 {
        let of = |all: &[Memory], i: usize| all.get(i).map(|memory| memory.address);
        let within = |all: &[Option<Memory>], i: usize| all.get(i).copied().flatten().map(|memory| memory.address);
        let found = match place {
            Place::Nowhere => Some(0),
            Place::Input(i) => of(&self.inputs, i),
            Place::Param(i) => of(&self.params, i),
            Place::Output(i) => of(&self.outputs, i),
            Place::Update(i) => of(&self.updates, i),
            Place::ParamGrad(i) => within(&self.param_grads, i),
            Place::InputGrad(i) => within(&self.input_grads, i),
            Place::OutputGrad(i) => of(&self.output_grads, i),
            Place::Buffer(i) => self.arena.map(|arena| arena.address + (plan.buffers[i] * size_of::<f32>()) as u64),
        };
        found.unwrap_or_else(|| panic!("a plan asks for {place:?}, which its pass does not have"))
    }

    /// Whether all have the lengths that a plan counts with.
    pub fn fit(&self, plan: &Plan) -> bool {
        let same = |all: &[Memory], lens: &[usize]| all.iter().map(|memory| memory.len).eq(lens.iter().copied());
        let within =
            |all: &[Option<Memory>], lens: &[usize]| all.iter().zip(lens).all(|(memory, len)| memory.is_none_or(|m| m.len == *len));
        same(&self.inputs, &plan.inputs)
            && same(&self.params, &plan.params)
            && same(&self.outputs, &plan.outputs)
            && self.updates.iter().map(|memory| memory.len).eq(plan.updates.iter().map(|&(_, len)| len))
            && within(&self.param_grads, &plan.params)
            && within(&self.input_grads, &plan.inputs)
            && (self.output_grads.is_empty() || same(&self.output_grads, &plan.outputs))
            && self.arena.is_none_or(|arena| arena.len >= plan.arena)
    }
}
