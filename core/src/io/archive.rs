//! Zip archives in memory: what PyTorch's files and `.npz` files are.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry as Slot;
use std::io::Read;

use flate2::bufread::DeflateDecoder;
use rawzip::{CompressionMethod, ZipArchive, ZipArchiveEntryWayfinder, ZipSliceArchive};

/// Compressed entries of one archive may have this multiple of its size,
const MOST_INFLATED: usize = 16;
/// or this many bytes, if that is more.
const ALWAYS_INFLATED: usize = 64 << 20;

/// The beginnings of archives: of the first entry, and of the end of an archive without entries.
const MAGICS: [&[u8]; 2] = [b"PK\x03\x04", b"PK\x05\x06"];

/// A zip archive.
pub(super) struct Archive<'a> {
    bytes: &'a [u8],
    archive: ZipSliceArchive<&'a [u8]>,
    entries: BTreeMap<String, Place>,
    /// How many bytes of it may still be read: entries that do not overlap have no more than the archive.
    unread: Cell<usize>,
}

#[derive(Clone, Copy)]
struct Place {
    at: ZipArchiveEntryWayfinder,
    method: CompressionMethod,
    /// 0 where the writer has not computed it, as PyTorch can be asked to.
    crc32: u32,
}

impl<'a> Archive<'a> {
    /// Whether the bytes begin as an archive does.
    pub(super) fn is_one(bytes: &[u8]) -> bool {
        MAGICS.iter().any(|magic| bytes.starts_with(magic))
    }

    /// Reads the list of entries.
    pub(super) fn open(bytes: &'a [u8]) -> Result<Self, String> {
        let archive = ZipArchive::from_slice(bytes).map_err(|error| format!("cut off or damaged: {error}"))?;
        let mut entries = BTreeMap::new();
        let mut list = archive.entries();
        while let Some(entry) = list.next_entry().map_err(|error| error.to_string())? {
            let name = String::from_utf8(entry.file_path().as_bytes().to_vec()).map_err(|_| "the name of an entry is not UTF-8")?;
            let place = Place { at: entry.wayfinder(), method: entry.compression_method(), crc32: entry.crc32() };
            match entries.entry(name) {
                Slot::Vacant(slot) => drop(slot.insert(place)),
                Slot::Occupied(slot) => return Err(format!("two entries have the name `{}`", slot.key())),
            }
        }
        if entries.len() as u64 != archive.entries_hint() {
            return Err(format!("it states {} entries, but has {}", archive.entries_hint(), entries.len()));
        }
        Ok(Self { bytes, archive, entries, unread: Cell::new(bytes.len()) })
    }

    /// The number of bytes of the archive.
    pub(super) fn size(&self) -> usize {
        self.bytes.len()
    }

    /// The names of all entries.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    /// The bytes of an entry that is stored as it is; `None` if there is no such entry. The checksum is checked. Each entry is asked for once.
    pub(super) fn stored(&self, name: &str) -> Option<Result<&'a [u8], String>> {
        let place = self.entries.get(name)?;
        Some(self.plain(name, place))
    }

    fn plain(&self, name: &str, place: &Place) -> Result<&'a [u8], String> {
        if place.method != CompressionMethod::STORE {
            return Err(format!("the entry `{name}` is compressed, which torch.save never does"));
        }
        let data = self.data(name, place)?;
        if data.len() as u64 != place.at.uncompressed_size_hint() {
            return Err(format!("the entry `{name}` has {} bytes, but states {}", data.len(), place.at.uncompressed_size_hint()));
        }
        self.check(name, place, data)?;
        Ok(data)
    }

    /// The bytes of an entry, inflated if it is compressed. `budget` is what compressed entries may still inflate to.
    pub(super) fn inflated(&self, name: &str, budget: &mut usize) -> Option<Result<Cow<'a, [u8]>, String>> {
        let place = self.entries.get(name)?;
        Some(match place.method {
            CompressionMethod::STORE => self.plain(name, place).map(Cow::Borrowed),
            CompressionMethod::DEFLATE => self.inflate(name, place, budget).map(Cow::Owned),
            other => Err(format!("the entry `{name}` is compressed by {other}; only deflate is read")),
        })
    }

    /// What all compressed entries together may inflate to.
    pub(super) fn budget(&self) -> usize {
        self.size().saturating_mul(MOST_INFLATED).max(ALWAYS_INFLATED)
    }

    fn inflate(&self, name: &str, place: &Place, budget: &mut usize) -> Result<Vec<u8>, String> {
        let size = usize::try_from(place.at.uncompressed_size_hint()).unwrap_or(usize::MAX);
        let Some(rest) = budget.checked_sub(size) else {
            return Err(format!(
                "its compressed entries inflate to more than {MOST_INFLATED} times its size and {} MiB",
                ALWAYS_INFLATED >> 20
            ));
        };
        *budget = rest;
        let mut bytes = Vec::new();
        // One more than is stated, to notice an entry that is longer. The vector grows with what there is, not with what is stated.
        let mut decoder = DeflateDecoder::new(self.data(name, place)?).take(size as u64 + 1);
        decoder.read_to_end(&mut bytes).map_err(|error| format!("the entry `{name}` cannot be inflated: {error}"))?;
        if bytes.len() != size {
            return Err(format!("the entry `{name}` does not inflate to the {size} bytes that it states"));
        }
        self.check(name, place, &bytes)?;
        Ok(bytes)
    }

    fn data(&self, name: &str, place: &Place) -> Result<&'a [u8], String> {
        let entry = self.archive.get_entry(place.at).map_err(|error| format!("the entry `{name}`: {error}"))?;
        let (start, end) = entry.compressed_data_range();
        let data = self.bytes.get(start as usize..end as usize).ok_or_else(|| format!("the entry `{name}` lies outside of the file"))?;
        let unread = self.unread.get().checked_sub(data.len()).ok_or_else(|| format!("the entry `{name}` overlaps others"))?;
        self.unread.set(unread);
        Ok(data)
    }

    fn check(&self, name: &str, place: &Place, data: &[u8]) -> Result<(), String> {
        let found = rawzip::crc32(data);
        if place.crc32 == 0 || place.crc32 == found {
            return Ok(());
        }
        Err(format!("the entry `{name}` is damaged: its checksum is {:08x}, but {found:08x} is stated", place.crc32))
    }
}
