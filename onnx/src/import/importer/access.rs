//! The inputs of a node.

use std::rc::Rc;

use super::Importer;
use crate::Tensor;
use crate::import::attributes::Op;
use crate::import::value::{Const, Data, EachSample, Outcome, Stop, Value};
use crate::import::{integers, logic, lookup};

impl Importer {
    /// Whether an input is given.
    pub(in crate::import) fn has(op: &Op<'_>, index: usize) -> bool {
        op.node.input.get(index).is_some_and(|name| !name.is_empty())
    }

    /// An input as the file has it.
    pub(in crate::import) fn peek(&self, op: &Op<'_>, index: usize) -> Outcome<Value> {
        let name = op.node.input.get(index).filter(|name| !name.is_empty()).ok_or_else(|| format!("input {index} is missing"))?;
        match self.values.get(name) {
            Some(Value::Unknown) => Err(Stop::Quiet),
            Some(value) => Ok(value.clone()),
            None => Err(format!("nothing computes its input `{name}`").into()),
        }
    }

    /// An input to compute with: a constant of each sample is a learned tensor.
    pub(in crate::import) fn input(&mut self, op: &Op<'_>, index: usize) -> Outcome<Value> {
        match self.peek(op, index)? {
            Value::Each(EachSample { rest, at, stride: 0 }) => {
                let mut dims = rest.dims.clone();
                dims.remove(at);
                Ok(Value::Data(Data::of(self.parameter(&rest, dims)?, Some(at))))
            }
            Value::Data(ids) if self.shape(ids).is_ids() && integers::computes(op.kind()) => {
                lookup::numbers(self, op, ids).map(Value::Data)
            }
            Value::Each(_) | Value::Columns(_) | Value::Sized(_) => Err("it computes with the numbers of the samples".into()),
            value => Ok(value),
        }
    }

    pub(in crate::import) fn inputs(&mut self, op: &Op<'_>) -> Outcome<Vec<Value>> {
        (0..op.node.input.len()).map(|index| self.input(op, index)).collect()
    }

    /// A value that may have waited for what uses it.
    pub(in crate::import) fn settled(&mut self, op: &Op<'_>, value: Value) -> Outcome<Value> {
        Ok(match value {
            Value::Above { x, threshold } => Value::Data(logic::is_above(self, op, x, threshold)?),
            Value::Nan { x, holds } => Value::Data(logic::is_nan(self, op, x, holds)?),
            Value::Filled { dims, number } => Value::Data(self.filled(&dims, number)?),
            value => value,
        })
    }

    /// An input that is computed.
    pub(in crate::import) fn data(&mut self, op: &Op<'_>, index: usize) -> Outcome<Data> {
        match self.input(op, index)? {
            Value::Data(data) => Ok(data),
            Value::Filled { dims, number } => self.filled(&dims, number),
            Value::Erf { .. } => Err("the error function is supported as a part of GELU only".into()),
            Value::Above { x, threshold } => logic::is_above(self, op, x, threshold),
            Value::Nan { x, holds } => logic::is_nan(self, op, x, holds),
            // What has no rule for numbers that are known is computed when the model runs.
            Value::Const(found) if found.as_floats().is_some() && !found.dims.is_empty() => {
                Ok(Data::of(self.parameter(&found, found.dims.clone())?, None))
            }
            _ => Err(format!("input {index} is a constant").into()),
        }
    }

    /// An input that is known.
    pub(in crate::import) fn constant(&self, op: &Op<'_>, index: usize) -> Outcome<Rc<Const>> {
        match self.peek(op, index)? {
            Value::Const(found) => Ok(found),
            _ => Err(format!("input {index} is not a constant").into()),
        }
    }

    /// A known input of numbers.
    pub(in crate::import) fn tensor(&self, op: &Op<'_>, index: usize) -> Outcome<Tensor> {
        let found = self.constant(op, index)?;
        let data = found.as_floats().ok_or_else(|| format!("input {index} has integers"))?;
        Ok(Tensor { dims: found.dims.clone(), data: data.to_vec() })
    }

    /// Integers of an attribute of older versions, or of the input that took its place.
    pub(in crate::import) fn integers(&self, op: &Op<'_>, attribute: &'static str, input: usize) -> Outcome<Option<Vec<i64>>> {
        if let Some(ints) = op.ints(attribute) {
            return Ok(Some(ints.to_vec()));
        }
        if !Self::has(op, input) {
            return Ok(None);
        }
        let found = self.constant(op, input)?;
        Ok(Some(found.as_ints().ok_or_else(|| format!("`{attribute}` depends on the batch"))?))
    }
}
