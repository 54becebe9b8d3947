//! What a pickle may hold.

use crate::io::arrays::NumberType;

/// A value. Texts and containers stand elsewhere, so that a value is small: a pickle can have one for each of its bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Value {
    None,
    Bool(bool),
    Int(i64),
    /// An integer beyond 64 bits.
    Large,
    Float(f64),
    /// A number of the list of texts.
    Text(u32),
    /// Bytes, of which there is no use.
    Bytes,
    /// A number of the list of objects.
    Object(u32),
}

/// A container, or what a known class of PyTorch makes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Object {
    Tuple(Vec<Value>),
    List(Vec<Value>),
    /// In the order of the file; a key may come twice.
    Dict(Vec<(Value, Value)>),
    Class(Class),
    Storage(Box<Storage>),
    Tensor(Box<Tensor>),
    /// A parameter that gets its tensor later, as PyTorch wrote them before version 0.4.
    Blank,
    /// The tensor of that number.
    Same(u32),
    /// Of no use here: a device, a set, a counter.
    Other(&'static str),
}

/// A class or function that a pickle may name. Nothing of it is called: the reader knows what it would make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// `collections.OrderedDict`
    OrderedDict,
    /// `collections.Counter`, `set`, `torch.device` and others: their arguments are dropped.
    Other(&'static str),
    /// `torch.Size`: a tuple.
    Size,
    /// `torch.FloatStorage`; bytes of any type if there is none.
    Storage(Option<Numbers>),
    /// `torch.float32`
    Dtype(Numbers),
    /// `torch._utils._rebuild_tensor_v2`; version 1 has no hooks, and version 3 has the number type.
    Tensor { version: u8 },
    /// `torch.nn.parameter.Parameter` or `torch.FloatTensor`: made without arguments, and then given a state.
    Blank,
    /// `torch._utils._rebuild_parameter`
    Parameter,
}

/// A number type, or one that is not read.
pub(crate) type Numbers = Result<NumberType, Unread>;

/// A number type that is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unread {
    pub(crate) name: &'static str,
    /// The bytes of one number.
    pub(crate) size: usize,
}

/// Where the numbers of tensors are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Storage {
    /// `None`: the tensor says it.
    pub(crate) numbers: Option<Numbers>,
    /// Its name in the file: a number of the list of texts.
    pub(crate) key: u32,
    /// How many numbers there are, or bytes.
    pub(crate) count: usize,
}

/// A tensor over a storage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tensor {
    /// The number of the object.
    pub(crate) storage: u32,
    pub(crate) numbers: Numbers,
    pub(crate) offset: usize,
    pub(crate) shape: Vec<usize>,
    pub(crate) strides: Vec<usize>,
}
