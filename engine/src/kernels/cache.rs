//! The sizes of this machine's caches. They decide how work is divided, and never the order of a sum.

use std::sync::OnceLock;

/// Where the size is unknown: that of small cores.
const LEVEL2: usize = 512 * 1024;

/// The number of bytes of the level-2 cache of a core.
pub fn level2() -> usize {
    static SIZE: OnceLock<usize> = OnceLock::new();
    *SIZE.get_or_init(|| read().unwrap_or(LEVEL2))
}

/// As Linux states it.
fn read() -> Option<usize> {
    let index = |i: usize, name: &str| std::fs::read_to_string(format!("/sys/devices/system/cpu/cpu0/cache/index{i}/{name}")).ok();
    let at = (0..8).find(|&i| index(i, "level").is_some_and(|level| level.trim() == "2"))?;
    size(index(at, "size")?.trim())
}

/// A size such as `2048K`.
fn size(text: &str) -> Option<usize> {
    let (number, unit) = [("K", 1 << 10), ("M", 1 << 20)].iter().find_map(|(unit, bytes)| Some((text.strip_suffix(unit)?, bytes)))?;
    number.parse::<usize>().ok()?.checked_mul(*unit).filter(|&bytes| bytes > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read() {
        assert_eq!(
            ["2048K", "1M", "512", "0K", "K", "", "99999999999999999999K"].map(size),
            [Some(2 << 20), Some(1 << 20), None, None, None, None, None]
        );
        assert!(level2() > 0);
    }
}
