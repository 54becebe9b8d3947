//! Damaged and hostile files of tensors: whatever the bytes are, reading them ends with arrays or an error, in bounded memory and time.
//!
//! A program of its own: its allocator counts what the whole process takes.
#![cfg(feature = "zip")]

mod made;
mod mutations;
mod random;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use layercake::io::{self, IoError};
use peak_alloc::PeakAlloc;
use rawzip::ZipArchiveWriter;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// The stated bound: this multiple of the file's size,
const MULTIPLE: usize = 128;
/// and this much for the smallest of files.
const AROUND: usize = 256 << 10;
/// Compressed arrays may inflate to 64 MiB whatever the size of their file; they are copied once, and a vector grows by doubling.
const INFLATED: usize = 192 << 20;
/// A debug build reads a million bytes within this time on a busy machine.
const LONGEST: Duration = Duration::from_secs(10);

/// One at a time: the allocator counts the whole process.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/pytorch/files").join(name)).expect("a file of the repository")
}

/// A file that each test overwrites.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        Self(std::env::temp_dir().join(format!("layercake-hostile-{}-{name}", std::process::id())))
    }

    /// Whether these bytes are read, and the most memory that it takes. Panics if the error does not name the file, or if it takes long.
    fn read(&self, bytes: &[u8]) -> (Result<(), IoError>, usize) {
        std::fs::write(&self.0, bytes).expect("a folder for temporary files");
        let (before, begun) = (ALLOCATOR.current_usage(), Instant::now());
        ALLOCATOR.reset_peak_usage();
        let outcome = io::read_arrays(&self.0).map(drop);
        let room = ALLOCATOR.peak_usage().saturating_sub(before);
        assert!(begun.elapsed() < LONGEST, "{:?} for {} bytes", begun.elapsed(), bytes.len());
        if let Err(error) = &outcome {
            let text = error.to_string();
            assert!(text.starts_with(&self.0.display().to_string()) && text.len() < 16 << 10, "{} bytes: {text:.2000}", text.len());
        }
        (outcome, room)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// An archive of entries that are not compressed, with right checksums.
fn archive(entries: &[(String, Vec<u8>)]) -> Vec<u8> {
    use std::io::Write;
    let mut archive = ZipArchiveWriter::new(Vec::new());
    for (name, data) in entries {
        let (mut entry, config) = archive.new_file(name).start().expect("an entry");
        let mut writer = config.wrap(&mut entry);
        writer.write_all(data).expect("memory");
        let (_, descriptor) = writer.finish().expect("memory");
        entry.finish(descriptor).expect("memory");
    }
    archive.finish().expect("memory")
}
