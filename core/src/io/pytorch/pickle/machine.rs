//! The machine that runs a pickle.

use std::collections::HashMap;

use super::input::Input;
use super::stack::Stack;
use super::value::{Object, Storage, Tensor, Value};

/// What was read from a pickle.
#[derive(Debug)]
pub(crate) struct Pickle<'a> {
    /// Where the pickle ended.
    pub(crate) end: usize,
    pub(crate) root: Value,
    objects: Vec<Object>,
    texts: Vec<&'a str>,
}

impl<'a> Pickle<'a> {
    /// Runs the pickle at the beginning of these bytes.
    pub(crate) fn read(bytes: &'a [u8]) -> Result<Self, String> {
        let mut machine =
            Machine { input: Input::new(bytes), stack: Stack::default(), memo: HashMap::new(), objects: Vec::new(), texts: Vec::new() };
        let root = machine.run().map_err(|reason| format!("its pickle, at byte {}: {reason}", machine.input.at()))?;
        Ok(Self { end: machine.input.at(), root, objects: machine.objects, texts: machine.texts })
    }

    /// The container or tensor of a value.
    pub(crate) fn object(&self, value: Value) -> Option<&Object> {
        match object(&self.objects, value) {
            // A parameter of a parameter is none.
            Some(&Object::Same(number)) => object(&self.objects, Value::Object(number)).filter(|found| matches!(found, Object::Tensor(_))),
            found => found,
        }
    }

    /// The storage of a tensor.
    pub(crate) fn storage(&self, tensor: &Tensor) -> &Storage {
        let Some(Object::Storage(storage)) = self.objects.get(tensor.storage as usize) else {
            unreachable!("tensors are made from storages")
        };
        storage
    }

    /// The text of a value.
    pub(crate) fn text(&self, value: Value) -> Option<&'a str> {
        if let Value::Text(number) = value { self.texts.get(number as usize).copied() } else { None }
    }

    /// The name of a storage in the file.
    pub(crate) fn key(&self, storage: &Storage) -> &'a str {
        self.texts[storage.key as usize]
    }

    /// All storages.
    pub(crate) fn storages(&self) -> impl Iterator<Item = &Storage> {
        self.objects.iter().filter_map(|object| if let Object::Storage(storage) = object { Some(&**storage) } else { None })
    }
}

/// What a pickle makes while it runs. What its classes make is in `calls.rs`.
pub(super) struct Machine<'a> {
    pub(super) input: Input<'a>,
    pub(super) stack: Stack,
    memo: HashMap<u32, Value>,
    pub(super) objects: Vec<Object>,
    pub(super) texts: Vec<&'a str>,
}

pub(super) type Done = Result<(), String>;

impl<'a> Machine<'a> {
    fn run(&mut self) -> Result<Value, String> {
        loop {
            let [opcode] = self.input.array()?;
            if opcode == b'.' {
                return self.stack.pop();
            }
            self.step(opcode)?;
        }
    }

    /// One instruction. The names are those of Python's `pickletools`.
    fn step(&mut self, opcode: u8) -> Done {
        match opcode {
            0x80 => match self.input.array()? {
                [2..=5] => Ok(()), // PROTO
                [other] => Err(format!("it has protocol {other}; 2 to 5 are read")),
            },
            0x95 => self.input.array::<8>().map(drop), // FRAME
            b'N' => self.push(Value::None),
            0x88 => self.push(Value::Bool(true)),
            0x89 => self.push(Value::Bool(false)),
            b'J' => self.input.array().map(i32::from_le_bytes).and_then(|number| self.push(Value::Int(number.into()))), // BININT
            b'K' => self.input.array().and_then(|[number]| self.push(Value::Int(number.into()))),                       // BININT1
            b'M' => self.input.array().map(u16::from_le_bytes).and_then(|number| self.push(Value::Int(number.into()))), // BININT2
            0x8a => self.input.size_u8().and_then(|size| self.long(size)),                                              // LONG1
            0x8b => self.input.size_u32().and_then(|size| self.long(size)),                                             // LONG4
            b'G' => self.input.array().map(f64::from_be_bytes).and_then(|number| self.push(Value::Float(number))),      // BINFLOAT
            0x8c => self.input.size_u8().and_then(|size| self.text(size)),                                              // SHORT_BINUNICODE
            b'X' => self.input.size_u32().and_then(|size| self.text(size)),                                             // BINUNICODE
            0x8d => self.input.size_u64().and_then(|size| self.text(size)),                                             // BINUNICODE8
            b'U' => self.input.size_u8().and_then(|size| self.old_text(size)),                                          // SHORT_BINSTRING
            b'T' => self.input.size_u32().and_then(|size| self.old_text(size)),                                         // BINSTRING
            b'C' => self.input.size_u8().and_then(|size| self.raw(size)),                                               // SHORT_BINBYTES
            b'B' => self.input.size_u32().and_then(|size| self.raw(size)),                                              // BINBYTES
            0x8e | 0x96 => self.input.size_u64().and_then(|size| self.raw(size)), // BINBYTES8, BYTEARRAY8
            b')' => self.make(Object::Tuple(Vec::new())),
            0x85..=0x87 => self.stack.pop_last(usize::from(opcode - 0x84)).and_then(|items| self.make(Object::Tuple(items))), // TUPLE1..3
            b't' => self.stack.pop_mark().and_then(|items| self.make(Object::Tuple(items))),
            b']' => self.make(Object::List(Vec::new())),
            b'l' => self.stack.pop_mark().and_then(|items| self.make(Object::List(items))),
            b'a' => self.stack.pop_last(1).and_then(|items| self.extend(items)), // APPEND
            b'e' => self.stack.pop_mark().and_then(|items| self.extend(items)),  // APPENDS
            b'}' => self.make(Object::Dict(Vec::new())),
            b'd' => self.stack.pop_mark().and_then(pairs).and_then(|pairs| self.make(Object::Dict(pairs))),
            b's' => self.stack.pop_last(2).and_then(|items| self.set_items(items)), // SETITEM
            b'u' => self.stack.pop_mark().and_then(|items| self.set_items(items)),  // SETITEMS
            0x8f => self.make(Object::Other("a set")),
            0x90 => self.stack.pop_mark().map(drop), // ADDITEMS
            0x91 => self.stack.pop_mark().and_then(|_| self.make(Object::Other("a set"))),
            b'(' => {
                self.stack.mark();
                Ok(())
            }
            b'0' => self.stack.pop().map(drop),
            b'1' => self.stack.pop_mark().map(drop),
            b'2' => self.stack.top().and_then(|value| self.push(value)), // DUP
            b'q' => self.input.size_u8().and_then(|number| self.memorize(number as u32)),
            b'r' => self.input.array().map(u32::from_le_bytes).and_then(|number| self.memorize(number)),
            0x94 => self.memorize(self.memo.len() as u32), // MEMOIZE
            b'h' => self.input.size_u8().and_then(|number| self.recall(number as u32)),
            b'j' => self.input.array().map(u32::from_le_bytes).and_then(|number| self.recall(number)),
            b'c' => self.global(),
            0x93 => self.stack_global(),
            b'Q' => self.persistent(),
            b'R' => self.reduce(),
            b'b' => self.build(),
            0x81 => self.new_object(),
            0x92 | b'i' | b'o' => Err("it makes an object of a class, which is refused".to_owned()), // NEWOBJ_EX, INST, OBJ
            other => Err(format!("it has the instruction {other:#04x}, which is not read")),
        }
    }

    // Plain values

    pub(super) fn push(&mut self, value: Value) -> Done {
        self.stack.push(value);
        Ok(())
    }

    fn long(&mut self, size: usize) -> Done {
        let bytes = self.input.bytes(size)?;
        let mut wide = [if bytes.last().is_some_and(|&byte| byte & 0x80 != 0) { 0xff } else { 0 }; 8];
        let value = match wide.get_mut(..size) {
            Some(low) => {
                low.copy_from_slice(bytes);
                Value::Int(i64::from_le_bytes(wide))
            }
            None => Value::Large,
        };
        self.push(value)
    }

    fn text(&mut self, size: usize) -> Done {
        let text = std::str::from_utf8(self.input.bytes(size)?).map_err(|_| "a text is not UTF-8")?;
        self.add_text(text)
    }

    /// Of Python 2, which did not tell texts from bytes.
    fn old_text(&mut self, size: usize) -> Done {
        match std::str::from_utf8(self.input.bytes(size)?) {
            Ok(text) => self.add_text(text),
            Err(_) => self.push(Value::Bytes),
        }
    }

    fn add_text(&mut self, text: &'a str) -> Done {
        let number = u32::try_from(self.texts.len()).map_err(|_| "it has too many texts")?;
        self.texts.push(text);
        self.push(Value::Text(number))
    }

    fn raw(&mut self, size: usize) -> Done {
        self.input.bytes(size)?;
        self.push(Value::Bytes)
    }

    // Containers

    pub(super) fn make(&mut self, object: Object) -> Done {
        let number = u32::try_from(self.objects.len()).map_err(|_| "it has too many values")?;
        self.objects.push(object);
        self.push(Value::Object(number))
    }

    pub(super) fn object(&self, value: Value) -> Option<&Object> {
        object(&self.objects, value)
    }

    fn top_object(&mut self) -> Result<Option<&mut Object>, String> {
        let top = self.stack.top()?;
        Ok(if let Value::Object(number) = top { self.objects.get_mut(number as usize) } else { None })
    }

    fn extend(&mut self, items: Vec<Value>) -> Done {
        match self.top_object()? {
            Some(Object::List(list)) => list.extend(items),
            _ => return Err("it appends to what is not a list".to_owned()),
        }
        Ok(())
    }

    fn set_items(&mut self, items: Vec<Value>) -> Done {
        let pairs = pairs(items)?;
        match self.top_object()? {
            Some(Object::Dict(dict)) => dict.extend(pairs),
            _ => return Err("it sets items of what is not a dict".to_owned()),
        }
        Ok(())
    }

    fn memorize(&mut self, number: u32) -> Done {
        self.memo.insert(number, self.stack.top()?);
        Ok(())
    }

    fn recall(&mut self, number: u32) -> Done {
        let value = *self.memo.get(&number).ok_or_else(|| format!("it recalls value {number}, which there is not"))?;
        self.push(value)
    }
}

fn object(objects: &[Object], value: Value) -> Option<&Object> {
    if let Value::Object(number) = value { objects.get(number as usize) } else { None }
}

fn pairs(items: Vec<Value>) -> Result<Vec<(Value, Value)>, String> {
    let (pairs, []) = items.as_chunks::<2>() else { return Err("a dict has a key without a value".to_owned()) };
    Ok(pairs.iter().map(|&[key, value]| (key, value)).collect())
}
