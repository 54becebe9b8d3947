//! The CUDA libraries, opened when they are first called.
//!
//! cudarc links libcuda, libcublas and libnvrtc, and a program that is linked with them does not start where they are absent, not even for a run on the
//! CPU. So this module defines their functions itself: the linker then needs the libraries no more. Each function jumps to an address in a table. At
//! first this is code that opens the libraries and stores the addresses of the real functions there, and then jumps to them. What a function takes and
//! returns is therefore not repeated here.
//!
//! The list has the functions that dfdx and cudarc call. Another one would be taken from the linked library as before.
#![allow(unsafe_code, reason = "functions of libraries are found by name when the program runs")]

use std::arch::global_asm;
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicPtr, Ordering};

use super::DeviceError;

/// Defines functions that jump to addresses in a table, and lists their names in the order of the table. Those of the first list return at once if their third argument,
/// a number of bytes, is 0: copies and fills of tensors without elements, which have no memory. dfdx asks for them, and what the driver says of such an address is not documented.
macro_rules! functions {
    ($names:ident, $count:ident: sized $($sized:ident)* ; $($name:ident)*) => {
        const $names: &[&str] = &[$(stringify!($sized),)* $(stringify!($name)),*];
        const $count: usize = $names.len();

        global_asm!(
            ".pushsection .data.layercake_cuda,\"aw\",@progbits",
            ".p2align 3",
            "layercake_cuda_table:",
            ".popsection",
            ".text",
            $(
                concat!(".globl ", stringify!($sized)),
                concat!(".type ", stringify!($sized), ",@function"),
                concat!(stringify!($sized), ":"),
                // 0 is `CUDA_SUCCESS`.
                "xor eax, eax",
                "test rdx, rdx",
                "jz layercake_cuda_nothing",
                concat!("lea r11, [rip + layercake_cuda_to_", stringify!($sized), "]"),
                "jmp qword ptr [r11]",
                ".pushsection .data.layercake_cuda,\"aw\",@progbits",
                concat!("layercake_cuda_to_", stringify!($sized), ":"),
                ".quad layercake_cuda_first",
                ".popsection",
            )*
            "layercake_cuda_nothing:",
            "ret",
            $(
                concat!(".globl ", stringify!($name)),
                concat!(".type ", stringify!($name), ",@function"),
                concat!(stringify!($name), ":"),
                concat!("lea r11, [rip + layercake_cuda_to_", stringify!($name), "]"),
                "jmp qword ptr [r11]",
                ".pushsection .data.layercake_cuda,\"aw\",@progbits",
                concat!("layercake_cuda_to_", stringify!($name), ":"),
                ".quad layercake_cuda_first",
                ".popsection",
            )*
            // The first call: r11 has the place in the table, and the other registers the arguments.
            "layercake_cuda_first:",
            "push rdi", "push rsi", "push rdx", "push rcx", "push r8", "push r9", "push r11",
            "lea rdi, [rip + layercake_cuda_table]",
            "call {open}",
            "pop r11", "pop r9", "pop r8", "pop rcx", "pop rdx", "pop rsi", "pop rdi",
            "jmp qword ptr [r11]",
            // The address of the table, for Rust.
            ".globl layercake_cuda_addresses",
            ".type layercake_cuda_addresses,@function",
            "layercake_cuda_addresses:",
            "lea rax, [rip + layercake_cuda_table]",
            "ret",
            open = sym open,
        );
    };
}

functions! { NAMES, COUNT:
    sized
    cuMemcpyDtoDAsync_v2 cuMemcpyDtoD_v2 cuMemcpyDtoHAsync_v2 cuMemcpyDtoH_v2 cuMemcpyHtoDAsync_v2 cuMemcpyHtoD_v2 cuMemsetD8Async
    cuMemsetD8_v2;
    cuCtxGetCurrent cuCtxSetCurrent cuCtxSynchronize cuDestroyExternalMemory cuDeviceGet cuDeviceGetAttribute cuDeviceGetCount
    cuDeviceGetName cuDevicePrimaryCtxRelease_v2 cuDevicePrimaryCtxRetain cuDeviceTotalMem_v2 cuDriverGetVersion cuEventCreate
    cuEventDestroy_v2 cuEventElapsedTime cuEventQuery cuEventRecord cuEventSynchronize cuExternalMemoryGetMappedBuffer
    cuFuncSetAttribute cuGetErrorName cuGetErrorString cuImportExternalMemory cuInit cuLaunchKernel cuMemAllocAsync cuMemAlloc_v2
    cuMemFreeAsync cuMemFree_v2 cuMemGetInfo_v2 cuModuleGetFunction cuModuleGetGlobal_v2 cuModuleLoad cuModuleLoadData
    cuModuleUnload cuOccupancyAvailableDynamicSMemPerBlock cuOccupancyMaxActiveBlocksPerMultiprocessor
    cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags cuOccupancyMaxActiveClusters cuOccupancyMaxPotentialBlockSize
    cuOccupancyMaxPotentialBlockSizeWithFlags cuOccupancyMaxPotentialClusterSize cuProfilerStart cuProfilerStop cuStreamCreate
    cuStreamDestroy_v2 cuStreamQuery cuStreamSynchronize cuStreamWaitEvent
    cublasCreate_v2 cublasDestroy_v2 cublasDgemmStridedBatched cublasDgemm_v2 cublasDgemv_v2 cublasGemmEx cublasGemmStridedBatchedEx
    cublasGetStream_v2 cublasGetVersion_v2 cublasHgemm cublasHgemmStridedBatched cublasSetMathMode cublasSetPointerMode_v2
    cublasSetStream_v2 cublasSetWorkspace_v2 cublasSgemmStridedBatched cublasSgemm_v2 cublasSgemv_v2
    nvrtcCompileProgram nvrtcCreateProgram nvrtcDestroyProgram nvrtcGetErrorString nvrtcGetPTX nvrtcGetPTXSize nvrtcGetProgramLog
    nvrtcGetProgramLogSize nvrtcVersion
}

unsafe extern "C" {
    fn layercake_cuda_addresses() -> *const [AtomicPtr<c_void>; COUNT];
    fn dlopen(name: *const c_char, flags: c_int) -> *mut c_void;
    fn dlsym(library: *mut c_void, name: *const c_char) -> *mut c_void;
    fn dlerror() -> *const c_char;
}

/// `RTLD_NOW | RTLD_GLOBAL`: its symbols are there for other libraries, as those of a linked library are.
const LIKE_LINKED: c_int = 0x2 | 0x100;

/// A library: the beginning of its functions' names, its files, the newest first, and what stands in for its functions where it is absent.
struct Library {
    prefix: &'static str,
    files: &'static [&'static str],
    absent: extern "C" fn() -> c_int,
}

const DRIVER: Library = Library { prefix: "cu", files: &["libcuda.so.1"], absent: no_device };
const CUBLAS: Library = Library {
    prefix: "cublas",
    files: &["libcublas.so.13", "libcublas.so.12", "libcublas.so.11", "libcublas.so"],
    absent: not_initialized,
};
const NVRTC: Library =
    Library { prefix: "nvrtc", files: &["libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so.11.2", "libnvrtc.so"], absent: internal_error };

/// `CUDA_ERROR_NO_DEVICE`
extern "C" fn no_device() -> c_int {
    100
}

/// `CUBLAS_STATUS_NOT_INITIALIZED`
extern "C" fn not_initialized() -> c_int {
    1
}

/// `NVRTC_ERROR_INTERNAL_ERROR`
extern "C" fn internal_error() -> c_int {
    11
}

/// The text of an error where the driver, which has the texts, is absent.
extern "C" fn error_text(_: c_int, text: *mut *const c_char) -> c_int {
    // SAFETY: the caller, cudarc, passes the address of a pointer.
    unsafe { *text = c"there is no driver".as_ptr() };
    0
}

/// [`error_text`] of NVRTC, which returns its text.
extern "C" fn compiler_error_text(_: c_int) -> *const c_char {
    c"NVRTC is absent".as_ptr()
}

/// What was found when the libraries were opened: for each, why it cannot be used.
struct Found {
    driver: Result<(), String>,
    cublas: Result<(), String>,
    nvrtc: Result<(), String>,
}

static FOUND: OnceLock<Found> = OnceLock::new();

/// Opens the libraries, if that has not been done.
extern "C" fn open(_: *const c_void) {
    found();
}

fn found() -> &'static Found {
    // The driver first: the others call it.
    FOUND.get_or_init(|| Found { driver: DRIVER.open(), cublas: CUBLAS.open(), nvrtc: NVRTC.open() })
}

/// Whether all libraries are here.
///
/// # Errors
/// Returns an error that names the first that is not.
pub(super) fn ready() -> Result<(), DeviceError> {
    let Found { driver, cublas, nvrtc } = found();
    let missing = |library: &'static str| move |reason: &String| DeviceError::NoLibrary { library, reason: reason.clone() };
    driver.as_ref().map_err(|reason| DeviceError::NoDriver { reason: reason.clone() })?;
    cublas.as_ref().map_err(missing("cuBLAS"))?;
    nvrtc.as_ref().map_err(missing("NVRTC"))?;
    Ok(())
}

/// What the driver says of its version, such as 13000.
pub(super) fn driver_version() -> Option<u32> {
    unsafe extern "C" {
        fn cuDriverGetVersion(version: *mut c_int) -> c_int;
    }
    let mut version: c_int = 0;
    // SAFETY: the address of an integer, as the driver's function takes it.
    let outcome = unsafe { cuDriverGetVersion(&raw mut version) };
    u32::try_from(version).ok().filter(|version| outcome == 0 && *version > 0)
}

impl Library {
    /// Whether a function is of this library.
    fn has(&self, name: &str) -> bool {
        // `cublasCreate_v2` begins with `cu` too.
        name.strip_prefix(self.prefix).is_some_and(|rest| rest.starts_with(|letter: char| letter.is_uppercase()))
    }

    /// Opens the library and stores the addresses of its functions; what stands in for them if it is absent.
    fn open(&self) -> Result<(), String> {
        // SAFETY: the assembly above puts one pointer for each name there, which is written through atomics only.
        let table = unsafe { &*layercake_cuda_addresses() };
        let handle = self.handle();
        for (name, place) in NAMES.iter().zip(table).filter(|(name, _)| self.has(name)) {
            let mut address: *mut c_void = self.absent as *mut c_void;
            if let Ok(handle) = handle {
                let symbol = CString::new(*name).expect("a name without a zero");
                // SAFETY: a library that is never closed, and a text that ends with a zero.
                let known = unsafe { dlsym(handle, symbol.as_ptr()) };
                // A function that this version of the library does not have.
                address = if known.is_null() { address } else { known };
            } else if name.starts_with("cuGetError") {
                address = error_text as *mut c_void;
            } else if *name == "nvrtcGetErrorString" {
                address = compiler_error_text as *mut c_void;
            }
            place.store(address, Ordering::Release);
        }
        handle.map(drop)
    }

    fn handle(&self) -> Result<*mut c_void, String> {
        let mut reason = String::new();
        for file in self.files {
            let file = CString::new(*file).expect("a name without a zero");
            // SAFETY: a text that ends with a zero.
            let handle = unsafe { dlopen(file.as_ptr(), LIKE_LINKED) };
            if !handle.is_null() {
                return Ok(handle);
            }
            if reason.is_empty() {
                // SAFETY: after a failure this is a text.
                reason = unsafe { CStr::from_ptr(dlerror()) }.to_string_lossy().into_owned();
            }
        }
        Err(reason)
    }
}
