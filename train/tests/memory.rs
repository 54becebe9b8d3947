//! Memory of damaged IDX files. A separate test binary, since it measures the whole process.

use std::fs;
use std::io::Write;

use flate2::{Compression, write::GzEncoder};
use layercake_train::data::read_idx;

/// An IDX header for images.
fn header(sizes: [u32; 3]) -> Vec<u8> {
    [0x0803].into_iter().chain(sizes).flat_map(u32::to_be_bytes).collect()
}

/// A memory statistic of this process in bytes: the peak resident (`VmHWM`) or reserved (`VmPeak`) memory.
fn used(metric: &str) -> Option<usize> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(metric)?.strip_prefix(':'))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<usize>().ok()? * 1024)
}

#[test]
fn false_headers_and_bombs_are_cheap() {
    let Some(reserved) = used("VmPeak") else {
        let _ = writeln!(std::io::stderr(), "SKIPPED: this system does not tell how much memory a process has used");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("images");
    let message = || {
        let error = read_idx(&path, &path, vec!["only".to_owned()]).unwrap_err().to_string();
        error.rsplit_once("images: ").unwrap().1.to_owned()
    };

    // A header with the maximum size of 4 GiB: rejected without allocating it.
    fs::write(&path, [header([1 << 12, 1 << 10, 1 << 10]), vec![0; 12]].concat()).unwrap();
    assert_eq!(message(), "truncated: the header says 4096x1024x1024, which is 4294967296 bytes, but only 12 follow it");
    assert!(used("VmPeak").unwrap() - reserved < 1 << 30);

    // 256 MiB of zeros in a file of 256 KiB, after a header of 12 bytes: only 13 bytes are decompressed.
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&header([2, 2, 3])).unwrap();
    (0..256).for_each(|_| encoder.write_all(&[0; 1 << 20]).unwrap());
    fs::write(&path, encoder.finish().unwrap()).unwrap();
    let held = used("VmHWM").unwrap();
    assert_eq!(message(), "the header says 2x2x3, which is 12 bytes, but more follow it");
    assert!(used("VmHWM").unwrap() - held < 128 << 20);
}
