//! What the known classes and functions make. Nothing is called: the results are made here.

use super::class::known;
use super::machine::{Done, Machine};
use super::value::{Class, Object, Storage, Tensor, Value};
use crate::io::arrays::MOST_AXES;

/// The name of a storage is a number. It is looked up for each tensor, so it must not be long.
const LONGEST_KEY: usize = 64;
/// PyTorch knows two marks of a tensor. They may be shared by all tensors, so there must not be many.
const MOST_MARKS: usize = 8;
/// So much of the name of a class is shown.
const LONGEST_NAME: usize = 100;

impl Machine<'_> {
    pub(super) fn global(&mut self) -> Done {
        let (module, name) = (self.input.line()?, self.input.line()?);
        self.class(module, name)
    }

    pub(super) fn stack_global(&mut self) -> Done {
        let names = self.stack.pop_last(2)?;
        let [Value::Text(module), Value::Text(name)] = names[..] else { return Err("it names a class by what is no text".to_owned()) };
        self.class(self.texts[module as usize], self.texts[name as usize])
    }

    fn class(&mut self, module: &str, name: &str) -> Done {
        match known(module, name) {
            Some(class) => self.make(Object::Class(class)),
            None => Err(format!(
                "it names `{module:.LONGEST_NAME$}.{name:.LONGEST_NAME$}`, which is refused: only tensors, dicts, lists, tuples, texts and numbers are read; \
                 save the tensors alone in Python: torch.save(model.state_dict(), 'tensors.pt')"
            )),
        }
    }

    /// A storage: `('storage', torch.FloatStorage, key, location, count)`. Before the zip format a sixth item told of a view.
    pub(super) fn persistent(&mut self) -> Done {
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
    pub(super) fn reduce(&mut self) -> Done {
        let taken = self.stack.pop_last(2)?;
        let (Some(Object::Class(class)), Some(Object::Tuple(items))) = (self.object(taken[0]), self.object(taken[1])) else {
            return Err("it calls what is not a class".to_owned());
        };
        let made = match (class, &items[..]) {
            (Class::OrderedDict, []) => Object::Dict(Vec::new()),
            (Class::Other(what), _) => Object::Other(what),
            (Class::Size, &[sizes]) if matches!(self.object(sizes), Some(Object::Tuple(_) | Object::List(_))) => return self.push(sizes),
            (Class::Parameter, &[tensor, ..]) if matches!(self.object(tensor), Some(Object::Tensor(_))) => return self.push(tensor),
            (Class::Blank, []) => Object::Blank,
            (Class::Tensor { version: 1 }, &[storage, offset, shape, strides]) => self.tensor(storage, None, offset, shape, strides)?,
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

    /// NEWOBJ, which makes a parameter.
    pub(super) fn new_object(&mut self) -> Done {
        let taken = self.stack.pop_last(2)?;
        match (self.object(taken[0]), self.object(taken[1])) {
            (Some(Object::Class(Class::Blank)), Some(Object::Tuple(items))) if items.is_empty() => self.make(Object::Blank),
            _ => Err("it makes an object of a class, which is refused".to_owned()),
        }
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

    /// A state is given to an object: `state_dict()` has one, with the versions of its modules, and a parameter its tensor.
    pub(super) fn build(&mut self) -> Done {
        let (state, object) = (self.stack.pop()?, self.stack.top()?);
        let (Value::Object(number), Some(found)) = (object, self.object(object)) else {
            return Err("it gives a state to what is not a dict".to_owned());
        };
        let tensor = match (found, self.object(state)) {
            (Object::Dict(_) | Object::Tensor(_) | Object::Same(_), _) => return Ok(()),
            (Object::Blank, Some(Object::Tuple(items))) => match items[..] {
                [storage, offset, shape, strides] => self.tensor(storage, None, offset, shape, strides)?,
                [Value::Object(tensor), _, _, _, _] => Object::Same(tensor),
                _ => return Err("it gives a state to a parameter that PyTorch does not write".to_owned()),
            },
            _ => return Err("it gives a state to what is not a dict".to_owned()),
        };
        self.objects[number as usize] = tensor;
        Ok(())
    }
}

fn size(number: i64) -> Result<usize, String> {
    usize::try_from(number).map_err(|_| format!("a size is {number}"))
}
