//! Compiling the GPU engine's kernels, and launching them on dfdx's tensors.
//!
//! The launches of a plan are data (`layercake_engine_cuda`). Here they get the addresses of tensors, and go to the device's stream in order, which is
//! dfdx's own: what dfdx was asked for before is done before.
#![allow(unsafe_code, reason = "launches of kernels are calls of the driver")]

use std::collections::HashMap;
use std::ffi::{CString, c_void};
use std::sync::{Arc, Mutex, PoisonError};

use cudarc::driver::{CudaDevice, CudaSlice, DriverError, result, sys};
use cudarc::nvrtc::{CompileError, CompileOptions, compile_ptx_with_opts};
use layercake_engine_cuda::{Arg, Kernel, Kind, Many, Plan, Rows, Work};

use super::places::Places;

/// The kernels of a plan on a device.
#[derive(Debug)]
pub(crate) struct Loaded {
    device: Arc<CudaDevice>,
    functions: Vec<Function>,
}

/// A parameter of a launch that is not of a plan.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Given {
    /// An address, or null.
    At(u64),
    Int(usize),
    Float(f32),
}

impl Given {
    fn kind(self) -> Kind {
        match self {
            Self::At(_) => Kind::Pointer,
            Self::Int(_) => Kind::Int,
            Self::Float(_) => Kind::Float,
        }
    }

    fn word(self) -> u64 {
        match self {
            Self::At(address) => address,
            Self::Int(number) => u64::from(u32::try_from(number).expect("kernels count in 32 bits")),
            Self::Float(number) => u64::from(number.to_bits()),
        }
    }
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
    pub fn new(device: Arc<CudaDevice>, kernels: &[Kernel]) -> Result<Self, DriverError> {
        device.bind_to_thread()?;
        // A panic elsewhere leaves the table as it was: it is changed in one step.
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        let known = known.get_or_insert_default();
        let mut functions = Vec::new();
        for kernel in kernels {
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
                let words = args
                    .iter()
                    .map(|arg| match *arg {
                        Arg::At(place) => places.address(plan, place),
                        Arg::Int(number) => u64::from(number.cast_unsigned()),
                        Arg::Float(number) => u64::from(number.to_bits()),
                        Arg::Seed => seed,
                    })
                    .collect();
                // SAFETY: the arguments are as many as the kernel takes and of the same kinds, which the plan's `emit` asserts for each launch. The
                // addresses are of memory with the lengths with which the plan counts ([`Places::fit`]), and kernels stay within them, since their
                // sizes are of the same graph. What they write is fresh, or a gradient that is lent: no other tensor shares it.
                unsafe { self.launch(*kernel, *grid, *block, Vec::new(), words) }
            }
        }
    }

    /// Launches a kernel over many tensors, the one of this number. Its rows are of memory that is long enough and, where the kernel writes, shared by no other tensor: those of
    /// [`Row`]s. `more` are its parameters behind the number of rows.
    ///
    /// # Errors
    /// Returns the driver's error. A kernel that fails while it runs may show later.
    ///
    /// # Panics
    /// Panics if the parameters are of other kinds than the kernel's.
    pub fn many(&self, many: &Many, kernel: usize, rows: &Rows, more: &[Given]) -> Result<(), DriverError> {
        self.device.bind_to_thread()?;
        let kinds = [Kind::Rows, Kind::Int].into_iter().chain(more.iter().map(|given| given.kind()));
        assert!(kinds.eq(many.kernel.kinds.iter().copied()), "`{}` takes {:?}, and is given {more:?}", many.kernel.name, many.kernel.kinds);
        let count = rows.tensors.len() as u64;
        let words = std::iter::once(count).chain(more.iter().map(|given| given.word())).collect();
        // SAFETY: the parameters are of the kernel's kinds, as was just asserted, and the rows have the size of the kernel's, which follows from `many` for both. The caller
        // answers for the addresses.
        unsafe { self.launch(kernel, [rows.blocks, 1, 1], rows.block, rows.words.clone(), words) }
    }

    /// Launches a kernel of a plain list of parameters.
    ///
    /// # Errors
    /// Returns the driver's error. A kernel that fails while it runs may show later.
    ///
    /// # Panics
    /// Panics if the parameters are of other kinds than the kernel's.
    pub fn plain(&self, kernel: &Kernel, number: usize, [grid, block]: [u32; 2], given: &[Given]) -> Result<(), DriverError> {
        self.device.bind_to_thread()?;
        assert!(given.iter().map(|given| given.kind()).eq(kernel.kinds.iter().copied()), "`{}` is given {given:?}", kernel.name);
        // SAFETY: the parameters are of the kernel's kinds. The caller answers for the addresses.
        unsafe { self.launch(number, [grid, 1, 1], block, Vec::new(), given.iter().map(|given| given.word()).collect()) }
    }

    /// Launches the kernel of this number. Its first parameter is `table`, if that is not empty, and each of the others is in 8 bytes, of which the kernel reads the first that it needs.
    ///
    /// # Errors
    /// Returns the driver's error.
    ///
    /// # Safety
    /// The parameters are of the kinds that the kernel takes, and what it does with the addresses is allowed.
    unsafe fn launch(
        &self,
        kernel: usize,
        [x, y, z]: [u32; 3],
        block: u32,
        mut table: Vec<u64>,
        mut words: Vec<u64>,
    ) -> Result<(), DriverError> {
        let table = if table.is_empty() { None } else { Some(table.as_mut_ptr().cast()) };
        let mut pointers: Vec<*mut c_void> =
            table.into_iter().chain(words.iter_mut().map(|word| std::ptr::from_mut(word).cast())).collect();
        let stream = *self.device.cu_stream();
        // SAFETY: the function is of a module that is never unloaded, and the driver copies the parameters before it returns; the caller answers for them.
        unsafe { result::launch_kernel(self.functions[kernel].0, (x, y, z), (block, 1, 1), 0, stream, &mut pointers) }
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
