//! The machine that runs a pickle.

use std::collections::HashMap;

use super::class::known;
use super::input::Input;
use super::stack::Stack;
use super::value::{Class, Object, Storage, Tensor, Value};
use crate::io::arrays::MOST_AXES;

/// The name of a storage is a number. It is looked up for each tensor, so it must not be long.
const LONGEST_KEY: usize = 64;
/// PyTorch knows two marks of a tensor. They may be shared by all tensors, so there must not be many.
const MOST_MARKS: usize = 8;

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
        if let Value::Object(number) = value { self.objects.get(number as usize) } else { None }
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

struct Machine<'a> {
    input: Input<'a>,
    stack: Stack,
    memo: HashMap<u32, Value>,
    objects: Vec<Object>,
    texts: Vec<&'a str>,
}

type Done = Result<(), String>;

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
            0x81 | 0x92 | b'i' | b'o' => Err("it makes an object of a class, which is refused".to_owned()), // NEWOBJ, NEWOBJ_EX, INST, OBJ
            other => Err(format!("it has the instruction {other:#04x}, which is not read")),
        }
    }

    // Plain values

    fn push(&mut self, value: Value) -> Done {
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

    fn make(&mut self, object: Object) -> Done {
        let number = u32::try_from(self.objects.len()).map_err(|_| "it has too many values")?;
        self.objects.push(object);
        self.push(Value::Object(number))
    }

    fn object(&self, value: Value) -> Option<&Object> {
        if let Value::Object(number) = value { self.objects.get(number as usize) } else { None }
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

    // Classes

    fn global(&mut self) -> Done {
        let (module, name) = (self.input.line()?, self.input.line()?);
        self.class(module, name)
    }

    fn stack_global(&mut self) -> Done {
        let names = self.stack.pop_last(2)?;
        let [Value::Text(module), Value::Text(name)] = names[..] else { return Err("it names a class by what is no text".to_owned()) };
        self.class(self.texts[module as usize], self.texts[name as usize])
    }

    fn class(&mut self, module: &str, name: &str) -> Done {
        match known(module, name) {
            Some(class) => self.make(Object::Class(class)),
            None => Err(format!(
                "it names `{module}.{name}`, which is refused: only tensors, dicts, lists, tuples, texts and numbers are read, so save a `state_dict()`"
            )),
        }
    }

    /// A storage: `('storage', torch.FloatStorage, key, location, count)`. Before the zip format a sixth item told of a view.
    fn persistent(&mut self) -> Done {
        let value = self.stack.pop()?;
        let Some(Object::Tuple(items)) = self.object(value) else { return Err("it refers to what is not a storage".to_owned()) };
        let (&[tag, class, key, _, count] | &[tag, class, key, _, count, Value::None]) = &items[..] else {
            return Err("it refers to a storage in a form that is not read".to_owned());
        };
        let is_storage = matches!(tag, Value::Text(number) if self.texts[number as usize] == "storage");
        match (is_storage, self.object(class), key, count) {
            (true, Some(Object::Class(Class::Storage(numbers))), Value::Text(key), Value::Int(count))
                if self.texts[key as usize].len() <= LONGEST_KEY =>
            {
                let (numbers, count) = (*numbers, size(count)?);
                self.make(Object::Storage(Box::new(Storage { numbers, key, count })))
            }
            _ => Err("it refers to a storage in a form that is not read".to_owned()),
        }
    }

    /// A known class is called.
    fn reduce(&mut self) -> Done {
        let taken = self.stack.pop_last(2)?;
        let (Some(Object::Class(class)), Some(Object::Tuple(items))) = (self.object(taken[0]), self.object(taken[1])) else {
            return Err("it calls what is not a class".to_owned());
        };
        let made = match (class, &items[..]) {
            (Class::OrderedDict, []) => Object::Dict(Vec::new()),
            (Class::Other(what), _) => Object::Other(what),
            (Class::Size, &[sizes]) if matches!(self.object(sizes), Some(Object::Tuple(_) | Object::List(_))) => return self.push(sizes),
            (Class::Parameter, &[tensor, ..]) if matches!(self.object(tensor), Some(Object::Tensor(_))) => return self.push(tensor),
            // Hooks are dropped.
            (Class::Tensor { version: 2 }, &[storage, offset, shape, strides, _, _]) => {
                self.tensor(storage, None, offset, shape, strides)?
            }
            (Class::Tensor { version: 2 }, &[storage, offset, shape, strides, _, _, marks]) => {
                self.unmarked(marks)?;
                self.tensor(storage, None, offset, shape, strides)?
            }
            (Class::Tensor { version: 3 }, &[storage, offset, shape, strides, _, _, dtype, ..]) => {
                self.unmarked(items.get(7).copied().unwrap_or(Value::None))?;
                self.tensor(storage, Some(dtype), offset, shape, strides)?
            }
            _ => return Err("it calls a class with arguments that PyTorch does not write".to_owned()),
        };
        self.make(made)
    }

    /// A lazy negation or conjugation is marked, not stored.
    fn unmarked(&self, marks: Value) -> Done {
        let none = match self.object(marks) {
            Some(Object::Dict(marks)) if marks.len() <= MOST_MARKS => marks.iter().all(|&(_, mark)| mark == Value::Bool(false)),
            _ => marks == Value::None,
        };
        if none { Ok(()) } else { Err("a tensor is marked as negated or conjugated, which is not read".to_owned()) }
    }

    fn tensor(&self, storage: Value, dtype: Option<Value>, offset: Value, shape: Value, strides: Value) -> Result<Object, String> {
        let (Value::Object(number), Some(Object::Storage(found))) = (storage, self.object(storage)) else {
            return Err("a tensor has no storage".to_owned());
        };
        let numbers = match (dtype.map(|dtype| self.object(dtype)), found.numbers) {
            (None, Some(numbers)) => numbers,
            (Some(Some(&Object::Class(Class::Dtype(numbers)))), None) => numbers,
            _ => return Err("a tensor has no number type".to_owned()),
        };
        let Value::Int(offset) = offset else { return Err("a tensor has no offset".to_owned()) };
        let tensor = Tensor { storage: number, numbers, offset: size(offset)?, shape: self.sizes(shape)?, strides: self.sizes(strides)? };
        Ok(Object::Tensor(Box::new(tensor)))
    }

    fn sizes(&self, value: Value) -> Result<Vec<usize>, String> {
        let Some(Object::Tuple(items) | Object::List(items)) = self.object(value) else { return Err("a tensor has no shape".to_owned()) };
        // A tuple may be used again and again: what is copied of it is bounded.
        if items.len() > MOST_AXES {
            return Err(format!("a tensor has {} axes", items.len()));
        }
        items
            .iter()
            .map(|item| if let Value::Int(number) = *item { size(number) } else { Err("a size is not an integer".to_owned()) })
            .collect()
    }

    /// A state is given to an object: `state_dict()` has one, with the versions of its modules.
    fn build(&mut self) -> Done {
        self.stack.pop()?;
        match self.top_object()? {
            Some(Object::Dict(_) | Object::Tensor(_)) => Ok(()),
            _ => Err("it gives a state to what is not a dict".to_owned()),
        }
    }
}

fn size(number: i64) -> Result<usize, String> {
    usize::try_from(number).map_err(|_| format!("a size is {number}"))
}

fn pairs(items: Vec<Value>) -> Result<Vec<(Value, Value)>, String> {
    let (pairs, []) = items.as_chunks::<2>() else { return Err("a dict has a key without a value".to_owned()) };
    Ok(pairs.iter().map(|&[key, value]| (key, value)).collect())
}
