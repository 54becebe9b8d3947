//! The bytes of a pickle.

/// The bytes, and how many of them are read.
pub(super) struct Input<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Input<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn bytes(&mut self, size: usize) -> Result<&'a [u8], String> {
        let bytes = self.at.checked_add(size).and_then(|end| self.bytes.get(self.at..end)).ok_or("it is cut off")?;
        self.at += size;
        Ok(bytes)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], String> {
        self.bytes(N).map(|bytes| bytes.try_into().expect("as many bytes as were asked for"))
    }

    pub(super) fn size_u8(&mut self) -> Result<usize, String> {
        self.array().map(|[size]| size.into())
    }

    pub(super) fn size_u32(&mut self) -> Result<usize, String> {
        self.array().map(|size| u32::from_le_bytes(size) as usize)
    }

    pub(super) fn size_u64(&mut self) -> Result<usize, String> {
        self.array().map(|size| usize::try_from(u64::from_le_bytes(size)).unwrap_or(usize::MAX))
    }

    /// The bytes to the end of the line.
    pub(super) fn line(&mut self) -> Result<&'a str, String> {
        let rest = &self.bytes[self.at..];
        let size = rest.iter().position(|&byte| byte == b'\n').ok_or("it is cut off")?;
        let line = std::str::from_utf8(&rest[..size]).map_err(|_| "the name of a class is not UTF-8")?;
        self.at += size + 1;
        Ok(line)
    }
}
