//! What the names of a file stand for.

use std::rc::Rc;

/// An integer that may be a multiple of the batch's size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Int {
    pub number: i64,
    /// Whether it is multiplied by the number of samples.
    pub batch: bool,
}

impl From<i64> for Int {
    fn from(number: i64) -> Self {
        Self { number, batch: false }
    }
}

/// The elements of a constant; truth values are integers.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Elements {
    Floats(Vec<f32>),
    Ints(Vec<Int>),
}

impl Elements {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Floats(all) => all.len(),
            Self::Ints(all) => all.len(),
        }
    }
}

/// A tensor that is known when the file is read.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Const {
    /// Its name in the file, if it is a tensor of it.
    pub name: Option<String>,
    pub dims: Vec<usize>,
    pub elements: Elements,
}

impl Const {
    pub(super) fn floats(dims: Vec<usize>, all: Vec<f32>) -> Self {
        Self { name: None, dims, elements: Elements::Floats(all) }
    }

    pub(super) fn ints(dims: Vec<usize>, all: Vec<Int>) -> Self {
        Self { name: None, dims, elements: Elements::Ints(all) }
    }

    /// Its floats, if it has floats.
    pub(super) fn as_floats(&self) -> Option<&[f32]> {
        if let Elements::Floats(all) = &self.elements { Some(all) } else { None }
    }

    /// Its integers, if all are known.
    pub(super) fn as_ints(&self) -> Option<Vec<i64>> {
        let Elements::Ints(all) = &self.elements else { return None };
        all.iter().map(|int| (!int.batch).then_some(int.number)).collect()
    }

    /// Refuses integers that an f32 does not have.
    pub(super) fn check_exact(&self) -> Outcome<()> {
        let Elements::Ints(all) = &self.elements else { return Ok(()) };
        match all.iter().find(|int| int.number.unsigned_abs() > 1 << 24) {
            Some(int) => Err(format!("the integer {} is larger than 16,777,216, up to which an f32 has all integers", int.number).into()),
            None => Ok(()),
        }
    }

    /// The number that all its elements are, as a float that has it exactly.
    pub(super) fn everywhere(&self) -> Option<f32> {
        match &self.elements {
            Elements::Floats(all) => all.first().copied().filter(|first| all.iter().all(|number| number == first)),
            Elements::Ints(all) => {
                let first = all.first().filter(|first| !first.batch && first.number.unsigned_abs() <= 1 << 24)?;
                all.iter().all(|int| int == first).then_some(first.number as f32)
            }
        }
    }

    /// Its only element, as a float.
    pub(super) fn single(&self) -> Option<f32> {
        match &self.elements {
            Elements::Floats(all) if all.len() == 1 => Some(all[0]),
            Elements::Ints(all) if all.len() == 1 && !all[0].batch => Some(all[0].number as f32),
            _ => None,
        }
    }
}

/// A tensor that is known for every sample: the same for all, or with a multiple of the sample's number added.
#[derive(Clone, Debug)]
pub(super) struct EachSample {
    /// What all samples have, with an axis of size 1 for the batch.
    pub rest: Rc<Const>,
    /// That axis.
    pub at: usize,
    /// What is added from one sample to the next.
    pub stride: i64,
}

impl EachSample {
    /// Its sizes in the file.
    pub(super) fn sizes(&self) -> Vec<Int> {
        let sizes = self.rest.dims.iter().enumerate();
        sizes.map(|(axis, &size)| Int { number: size as i64, batch: axis == self.at }).collect()
    }
}

/// What the numbers of a value are in the file. In the graph all are f32, which has the integers up to 16,777,216.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Float,
    /// Signed integers of 32 or 64 bits.
    Integer,
    /// Other integers, which wrap around where an f32 does not.
    Wrapping,
    /// 1 where something holds, 0 elsewhere.
    Truth,
}

/// A value of the graph, and where the file has its batch.
///
/// The sample's axes are those of the file in their order, without the batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Data {
    pub value: usize,
    /// The position of the batch among the file's axes; None if the file's tensor is one sample as a whole.
    pub batch: Option<usize>,
    /// Whether the batch shares its axis with the sample's axis at the same position: `[batch * heads, ..]`.
    pub merged: bool,
    /// Whether it is the inner one there: `[length * batch, ..]`.
    pub inner: bool,
    pub kind: Kind,
}

impl Data {
    pub(super) fn of(value: usize, batch: Option<usize>) -> Self {
        Self { value, batch, merged: false, inner: false, kind: Kind::Float }
    }

    /// The batch's axis, if it has one to itself.
    pub(super) fn own_batch(self) -> Option<usize> {
        if self.merged { None } else { self.batch }
    }

    /// Whether another value has its batch in the same place.
    pub(super) fn is_beside(self, other: Self) -> bool {
        (self.batch, self.merged, self.inner) == (other.batch, other.merged, other.inner)
    }

    /// The same place with another value.
    pub(super) fn with(self, value: usize) -> Self {
        Self { value, ..self }
    }
}

#[derive(Clone, Debug)]
pub(super) enum Value {
    Data(Data),
    Const(Rc<Const>),
    Each(EachSample),
    /// The columns of a table of places, the first of which is the sample.
    Columns(Vec<EachSample>),
    /// Numbers that are not followed: their sizes alone are of use.
    Sized(Vec<Int>),
    /// One number everywhere, in a shape that may depend on the batch: the initial state of a recurrent layer.
    Filled {
        dims: Vec<Int>,
        number: f32,
    },
    /// `scale * (1 + erf(x / sqrt(2)))`, half of which times `x` is GELU: no layer of its own, it waits for `x`.
    Erf {
        x: Data,
        plus_one: bool,
        scale: f64,
    },
    /// Where `x` is greater than a number: it waits for the choice between `x` and another number.
    Above {
        x: Data,
        threshold: f64,
    },
    /// Where `x` is NaN, or where it is not: it waits for the choice between `x` and a number.
    Nan {
        x: Data,
        holds: bool,
    },
    /// The output of a node that was refused, or that nothing may use.
    Unknown,
}

/// Why a node is not converted.
pub(super) enum Stop {
    /// One of its inputs comes from a node that was refused.
    Quiet,
    Because(String),
}

impl From<String> for Stop {
    fn from(reason: String) -> Self {
        Self::Because(reason)
    }
}

impl From<&str> for Stop {
    fn from(reason: &str) -> Self {
        Self::Because(reason.to_owned())
    }
}

impl From<layercake_ir::Mistake> for Stop {
    fn from(mistake: layercake_ir::Mistake) -> Self {
        Self::Because(mistake.to_string())
    }
}

pub(super) type Outcome<T = Vec<Value>> = Result<T, Stop>;
