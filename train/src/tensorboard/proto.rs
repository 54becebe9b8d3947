//! The encoding of protobuf messages, as far as event files need it.

/// A message that grows field by field. Fields are written in the order of their numbers; those with the default value are left out, as proto3 does.
#[derive(Clone, Debug, Default)]
pub(super) struct Message(Vec<u8>);

/// How a field is encoded.
#[derive(Clone, Copy)]
enum Wire {
    Varint = 0,
    Fixed64 = 1,
    Bytes = 2,
    Fixed32 = 5,
}

impl Message {
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    fn varint(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }

    fn key(&mut self, field: u32, wire: Wire) {
        self.varint(u64::from(field) << 3 | wire as u64);
    }

    /// An `int32`, `int64` or enum; a negative number takes ten bytes.
    pub fn int(mut self, field: u32, number: i64) -> Self {
        if number != 0 {
            self.key(field, Wire::Varint);
            self.varint(number as u64);
        }
        self
    }

    pub fn double(mut self, field: u32, number: f64) -> Self {
        if number.to_bits() != 0 {
            self.key(field, Wire::Fixed64);
            self.0.extend(number.to_le_bytes());
        }
        self
    }

    /// A `double` in a `oneof`, which is written even if it is 0.
    pub fn chosen_double(mut self, field: u32, number: f64) -> Self {
        self.key(field, Wire::Fixed64);
        self.0.extend(number.to_le_bytes());
        self
    }

    /// A `float` in a `oneof`.
    pub fn chosen_float(mut self, field: u32, number: f32) -> Self {
        self.key(field, Wire::Fixed32);
        self.0.extend(number.to_le_bytes());
        self
    }

    /// A `bool` in a `oneof`.
    pub fn chosen_bool(mut self, field: u32, value: bool) -> Self {
        self.key(field, Wire::Varint);
        self.varint(u64::from(value));
        self
    }

    /// A string, bytes or a message, also if it is empty.
    pub fn part(mut self, field: u32, bytes: impl AsRef<[u8]>) -> Self {
        let bytes = bytes.as_ref();
        self.key(field, Wire::Bytes);
        self.varint(bytes.len() as u64);
        self.0.extend(bytes);
        self
    }

    /// Several `double`s.
    pub fn packed(self, field: u32, numbers: &[f64]) -> Self {
        let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        if bytes.is_empty() { self } else { self.part(field, bytes) }
    }
}

impl AsRef<[u8]> for Message {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of the protobuf documentation: `a = 150` and `b = "testing"`.
    #[test]
    fn known_encodings() {
        assert_eq!(Message::default().int(1, 150).bytes(), [0x08, 0x96, 0x01]);
        assert_eq!(Message::default().part(2, "testing").bytes(), [0x12, 7, b't', b'e', b's', b't', b'i', b'n', b'g']);
        assert!(Message::default().int(1, 0).double(2, 0.0).bytes().is_empty());
        assert_eq!(Message::default().int(1, -1).bytes(), [0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]);
        assert_eq!(Message::default().double(2, -0.0).bytes().len(), 9);
    }
}
