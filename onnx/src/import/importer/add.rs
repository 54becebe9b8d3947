//! Adds layers and learned tensors to the graph.

use std::rc::Rc;

use layercake_ir::{self as ir, ops};

use super::{Importer, MOST_VALUES};
use crate::Tensor;
use crate::import::attributes::Op;
use crate::import::value::{Const, Data, Elements, Int, Outcome};

impl Importer {
    /// A learned tensor that is the same number everywhere.
    pub(super) fn filled(&mut self, dims: &[Int], number: f32) -> Outcome<Data> {
        let batch = dims.iter().position(|size| size.batch);
        let sizes: Option<Vec<usize>> = dims.iter().filter(|size| !size.batch).map(|size| usize::try_from(size.number).ok()).collect();
        let sizes = sizes.ok_or("a size is negative")?;
        let len = sizes.iter().try_fold(1, |product: usize, &size| product.checked_mul(size)).ok_or("it is too large")?;
        self.spend(len)?;
        let value = self.parameter(&Rc::new(Const::floats(sizes.clone(), vec![number; len])), sizes)?;
        Ok(Data::of(value, batch))
    }

    /// A name that no layer has.
    fn name(&mut self, wish: &str) -> String {
        let wish = if wish.is_empty() { "layer" } else { wish };
        let (mut name, mut number) = (wish.to_owned(), 1);
        while !self.taken.insert(name.clone()) {
            number += 1;
            name = format!("{wish}_{number}");
        }
        name
    }

    /// Adds an operation without tensors.
    pub(in crate::import) fn add(&mut self, op: &Op<'_>, operation: impl Into<ir::Op>, inputs: &[usize]) -> Outcome<usize> {
        let name = self.name(&plain(op));
        self.push(&name, operation.into(), inputs)
    }

    /// Adds a layer with tensors; `weight` is the name of the first in the file.
    pub(in crate::import) fn layer(
        &mut self,
        op: &Op<'_>,
        weight: Option<&str>,
        operation: impl Into<ir::Op>,
        inputs: &[usize],
        tensors: Vec<(&str, Tensor)>,
    ) -> Outcome<usize> {
        let stem = |name: &str| Some(name.strip_suffix(".weight").or_else(|| name.strip_suffix(".W_l0"))?.to_owned());
        let wish = weight.and_then(stem).unwrap_or_else(|| plain(op));
        let name = loop {
            let name = self.name(&wish);
            let paths: Vec<String> = tensors.iter().map(|(tensor, _)| format!("{name}.{tensor}")).collect();
            if paths.iter().all(|path| !self.taken.contains(path)) {
                self.taken.extend(paths);
                break name;
            }
        };
        let operation = operation.into();
        for param in operation.params().as_slice() {
            let found = tensors.iter().find(|(tensor, _)| *tensor == param.name).map(|(_, tensor)| &tensor.dims[..]);
            if found != Some(param.shape.dims()) {
                return Err(
                    format!("`{}` has the shape {:?}, but should have {}", param.name, found.unwrap_or_default(), param.shape).into()
                );
            }
        }
        if let Some(owner) = weight.and_then(|weight| self.owner(weight, &tensors)) {
            // Exporters keep equal tensors once, also those of layers that only look alike: such a layer has a copy.
            if let Ok(value) = self.builder.add_shared(&name, operation, inputs, owner) {
                return self.counted(value);
            }
        }
        let value = self.push(&name, operation, inputs)?;
        if let Some(weight) = weight {
            self.owners.insert(weight.to_owned(), (value, name.clone()));
        }
        self.tensors.extend(tensors.into_iter().map(|(tensor, numbers)| (format!("{name}.{tensor}"), numbers)));
        Ok(value)
    }

    /// The output of an earlier layer that has the same weight, and equal tensors besides.
    fn owner(&self, weight: &str, tensors: &[(&str, Tensor)]) -> Option<usize> {
        let (value, name) = self.owners.get(weight)?;
        let same = |(tensor, numbers): &(&str, Tensor)| {
            let path = format!("{name}.{tensor}");
            self.tensors.iter().any(|(other, theirs)| *other == path && theirs == numbers)
        };
        tensors.iter().all(same).then_some(*value)
    }

    fn push(&mut self, name: &str, operation: ir::Op, inputs: &[usize]) -> Outcome<usize> {
        let value = self.builder.add(name, operation, inputs)?;
        let follows = matches!(
            operation,
            ir::Op::Rescaling(_) | ir::Op::Abs(_) | ir::Op::Reshape(_) | ir::Op::Permute(_) | ir::Op::Slice(_) | ir::Op::Select(_)
        );
        let begins = match operation {
            ir::Op::Log(_) | ir::Op::Sqrt(_) | ir::Op::Div(_) => true,
            ir::Op::Pow(ops::Pow { exponent }) => exponent < 0.0 || exponent.fract() != 0.0,
            _ => false,
        };
        if begins || follows && inputs.iter().any(|input| self.endless.contains(input)) {
            self.endless.insert(value);
        }
        self.counted(value)
    }

    /// The value of the last node, unless there are too many.
    fn counted(&mut self, value: usize) -> Outcome<usize> {
        self.count = value + self.builder.last().map_or(1, ir::Node::outputs);
        if self.count > MOST_VALUES {
            return Err(format!("the network has more than {MOST_VALUES} values").into());
        }
        Ok(value)
    }

    /// Adds a learned tensor of these sizes: the same value for the same constant.
    pub(in crate::import) fn parameter(&mut self, constant: &Rc<Const>, dims: Vec<usize>) -> Outcome<usize> {
        let key = (Rc::as_ptr(constant), dims);
        if let Some(&value) = self.parameters.get(&key) {
            return Ok(value);
        }
        constant.check_exact()?;
        let data = match &constant.elements {
            Elements::Floats(all) => all.clone(),
            Elements::Ints(all) if all.iter().all(|int| !int.batch) => all.iter().map(|int| int.number as f32).collect(),
            Elements::Ints(_) => return Err("it computes with the size of the batch".into()),
        };
        let dims = if key.1.is_empty() { vec![1] } else { key.1.clone() };
        if dims.len() > ops::Sizes::MOST.min(ir::MAX_RANK) {
            return Err(format!("a constant has {} axes", dims.len()).into());
        }
        let name = self.name(constant.name.as_deref().unwrap_or("constant"));
        let value = self.push(&name, ops::Parameter { shape: ops::Sizes::new(&dims) }.into(), &[0])?;
        self.tensors.push((name, Tensor { dims, data }));
        self.parameters.insert(key, value);
        self.kept.push(Rc::clone(constant));
        Ok(value)
    }

    /// A value without any axis but that of the batch: one number for each sample, which in the graph has an axis of size 1.
    pub(in crate::import) fn single(&mut self, op: &Op<'_>, place: Data, value: usize) -> Outcome<Data> {
        if place.own_batch().is_none() {
            return Err("it would be a single number without axes".into());
        }
        let value = self.shaped(op, value, &[1])?;
        Ok(Data { batch: Some(0), merged: true, inner: false, ..place.with(value) })
    }

    /// A value whose batch has an axis of its own again, if it shared one of size 1 and there are others.
    pub(in crate::import) fn apart(&mut self, op: &Op<'_>, x: Data) -> Outcome<Data> {
        let mut dims = self.dims(x);
        match x.batch {
            Some(at) if x.merged && dims.len() > 1 && dims[at] == 1 => {
                dims.remove(at);
                Ok(Data { merged: false, inner: false, ..x.with(self.shaped(op, x.value, &dims)?) })
            }
            _ => Ok(x),
        }
    }

    /// Reshapes samples, unless they have these sizes.
    pub(in crate::import) fn shaped(&mut self, op: &Op<'_>, value: usize, dims: &[usize]) -> Outcome<usize> {
        if self.builder.shape(value).dims() == dims {
            return Ok(value);
        }
        if dims.len() > ir::MAX_RANK {
            return Err(format!("a value has {} axes besides the batch; at most {} are possible", dims.len(), ir::MAX_RANK).into());
        }
        if dims.is_empty() {
            return Err("it would be a single number without axes".into());
        }
        self.add(op, ops::Reshape { shape: ops::Sizes::new(dims) }, &[value])
    }
}

/// A layer's name from that of its node: `/layer1/conv1/Conv` is `layer1.conv1.Conv`.
fn plain(op: &Op<'_>) -> String {
    let name = op.node.name.trim_matches('/').replace('/', ".");
    if name.is_empty() { op.kind().to_lowercase() } else { name }
}
