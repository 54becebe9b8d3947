//! Compiling the GPU engine's kernels, and launching them on dfdx's tensors.
//!
//! The launches of a plan are data (`layercake_engine_cuda`). Here they get the addresses of tensors, and go to the device's stream in order, which is
//! dfdx's own: what dfdx was asked for before is done before.
#![allow(unsafe_code, reason = "launches of kernels are calls of the driver")]

use std::collections::HashMap;
use std::ffi::{CString, c_void};
use std::fmt::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use cudarc::driver::{CudaDevice, CudaSlice, DevicePtr, DeviceSlice, DriverError, result, sys};
use cudarc::nvrtc::{CompileError, CompileOptions, compile_ptx_with_opts};
use dfdx::tensor::{Cuda, Storage, Tensor};
use layercake_engine_cuda::{Arg, Kernel, Place, Plan, Work};

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
    fn address(&self, plan: &Plan, place: Place) -> u64 {
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

/// The kernels of a plan on a device.
#[derive(Debug)]
pub(crate) struct Loaded {
    device: Arc<CudaDevice>,
    functions: Vec<Function>,
}

/// A kernel on a device. Its module is never unloaded.
#[derive(Clone, Copy, Debug)]
struct Function(sys::CUfunction);

// SAFETY: a handle of the driver's, which any thread may use once the context is its own (`CudaDevice::bind_to_thread`).
unsafe impl Send for Function {}

/// What was compiled, by the GPU's number and the text. The device is kept, since its context has the modules.
type Known = HashMap<(usize, String), (Arc<CudaDevice>, Function)>;

static KNOWN: Mutex<Option<Known>> = Mutex::new(None);

/// What the compiler said last. dfdx's errors have no place for it.
static LOG: Mutex<String> = Mutex::new(String::new());

/// What the compiler said of the last kernel that it refused.
pub(crate) fn take_log() -> String {
    std::mem::take(&mut *LOG.lock().unwrap_or_else(PoisonError::into_inner))
}

impl Loaded {
    /// Compiles the kernels that are not known yet.
    ///
    /// # Errors
    /// Returns an error if the compiler or the driver refuses one.
    pub fn new(device: Arc<CudaDevice>, plan: &Plan) -> Result<Self, DriverError> {
        device.bind_to_thread()?;
        // A panic elsewhere leaves the table as it was: it is changed in one step.
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        let known = known.get_or_insert_default();
        let mut functions = Vec::new();
        for kernel in &plan.kernels {
            let key = (device.ordinal(), kernel.source.clone());
            let function = match known.get(&key) {
                Some(&(_, function)) => function,
                None => {
                    let function = load(&device, kernel)?;
                    known.insert(key, (Arc::clone(&device), function));
                    function
                }
            };
            functions.push(function);
        }
        Ok(Self { device, functions })
    }

    /// An arena of so many elements, with any content.
    ///
    /// # Errors
    /// Returns an error if the device is out of memory.
    pub fn arena(&self, len: usize) -> Result<CudaSlice<f32>, DriverError> {
        // SAFETY: no element is read before a task has written it: a plan's buffer is written by the first task that names it.
        unsafe { self.device.alloc(len.max(1)) }
    }

    /// Token ids on the device.
    ///
    /// # Errors
    /// Returns an error if the device is out of memory.
    pub fn upload(&self, ids: Vec<i32>) -> Result<CudaSlice<i32>, DriverError> {
        self.device.htod_copy(ids)
    }

    /// Does one piece of work.
    ///
    /// # Errors
    /// Returns the driver's error. A kernel that fails while it runs may show later.
    pub fn run(&self, plan: &Plan, work: &Work, places: &Places, seed: u64) -> Result<(), DriverError> {
        self.device.bind_to_thread()?;
        let stream = *self.device.cu_stream();
        let bytes = |len: usize| len * size_of::<f32>();
        match work {
            Work::Zero { place, len } => {
                // SAFETY: the place has at least so many elements ([`Places::fit`]), and is not freed before the stream gets here, since freeing is
                // in the same stream.
                unsafe { result::memset_d8_async(places.address(plan, *place), 0, bytes(*len), stream) }
            }
            Work::Copy { from, to, len } => {
                let (from, to) = (places.address(plan, *from), places.address(plan, *to));
                // SAFETY: as above, for both places; they are different tensors.
                unsafe { result::memcpy_dtod_async(to, from, bytes(*len), stream) }
            }
            Work::Launch { kernel, grid, block, args } => {
                // Each argument in 8 bytes, of which the kernel reads the first that it needs.
                let mut words: Vec<u64> = args
                    .iter()
                    .map(|arg| match *arg {
                        Arg::At(place) => places.address(plan, place),
                        Arg::Int(number) => u64::from(number.cast_unsigned()),
                        Arg::Float(number) => u64::from(number.to_bits()),
                        Arg::Seed => seed,
                    })
                    .collect();
                let mut pointers: Vec<*mut c_void> = words.iter_mut().map(|word| std::ptr::from_mut(word).cast()).collect();
                let [x, y, z] = *grid;
                // SAFETY: the function is of a module that is never unloaded. The arguments are as many as the kernel takes and of the same kinds,
                // which the plan's `emit` asserts for each launch; the driver copies them before it returns. The addresses are of memory with the
                // lengths with which the plan counts ([`Places::fit`]), and kernels stay within them, since their sizes are of the same graph. What
                // they write is fresh, or a gradient that is lent: no other tensor shares it.
                unsafe { result::launch_kernel(self.functions[*kernel].0, (x, y, z), (*block, 1, 1), 0, stream, &mut pointers) }
            }
        }
    }
}

/// Compiles a kernel and puts it on the device.
fn load(device: &CudaDevice, kernel: &Kernel) -> Result<Function, DriverError> {
    let options = CompileOptions { arch: architecture(device)?, ..Default::default() };
    let ptx = compile_ptx_with_opts(&kernel.source, options).map_err(|error| {
        let log = match &error {
            CompileError::CompileError { log, .. } => log.to_string_lossy().into_owned(),
            _ => error.to_string(),
        };
        *LOG.lock().unwrap_or_else(PoisonError::into_inner) = format!("{}: {}", kernel.name, log.trim());
        DriverError(sys::CUresult::CUDA_ERROR_INVALID_SOURCE)
    })?;
    let text = |text: String| CString::new(text).map_err(|_| DriverError(sys::CUresult::CUDA_ERROR_INVALID_SOURCE));
    let image = text(ptx.to_src())?;
    // SAFETY: a text that ends with a zero and lives until the driver has read it; the context is this thread's.
    let module = unsafe { result::module::load_data(image.as_ptr().cast()) }?;
    // SAFETY: the module was just loaded. It is never unloaded.
    unsafe { result::module::get_function(module, text(kernel.name.to_owned())?) }.map(Function)
}

/// The GPU's name.
///
/// # Errors
/// Returns the driver's error.
pub(crate) fn name(device: &CudaDevice) -> Result<String, DriverError> {
    let mut text = [0_u8; 128];
    // SAFETY: a place for so many bytes. The driver writes a text there, and a zero behind it.
    unsafe { sys::cuDeviceGetName(text.as_mut_ptr().cast(), text.len() as i32, *device.cu_device()) }.result()?;
    let end = text.iter().position(|&byte| byte == 0).unwrap_or(text.len());
    Ok(String::from_utf8_lossy(&text[..end]).into_owned())
}

/// The GPU's own instruction set, if the compiler's name for it is known here; otherwise the compiler's default, which the driver translates.
fn architecture(device: &CudaDevice) -> Result<Option<&'static str>, DriverError> {
    use sys::CUdevice_attribute::{
        CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR as MAJOR, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR as MINOR,
    };
    Ok(match (device.attribute(MAJOR)?, device.attribute(MINOR)?) {
        (7, 5) => Some("compute_75"),
        (8, 0) => Some("compute_80"),
        (8, 6) => Some("compute_86"),
        (8, 9) => Some("compute_89"),
        (9, 0) => Some("compute_90"),
        _ => None,
    })
}
