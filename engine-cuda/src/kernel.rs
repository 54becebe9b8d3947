//! What a plan consists of: kernels, and launches of them with places for arguments.

/// A kernel in CUDA C.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kernel {
    /// Its name in the text.
    pub name: &'static str,
    /// The whole text.
    pub source: String,
    /// What it takes.
    pub kinds: Vec<Kind>,
}

/// What an argument is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A pointer to memory of the device.
    Pointer,
    /// `int`
    Int,
    /// `float`
    Float,
    /// `unsigned long long`
    Long,
    /// The rows of [`crate::Many`], by value.
    Rows,
}

impl Kernel {
    /// A kernel whose text has the word `SIGNATURE` where its parameters belong. `body` follows `head`, which defines what the body uses.
    pub(crate) fn new(name: &'static str, signature: &str, head: &str, body: &str) -> Self {
        let source = format!("{COMMON}{head}{}", body.replace("SIGNATURE", signature).replace("KERNEL", name));
        let kinds = signature.split(',').map(|parameter| match parameter.trim() {
            pointer if pointer.contains('*') => Kind::Pointer,
            long if long.starts_with("unsigned long long ") => Kind::Long,
            int if int.starts_with("int ") => Kind::Int,
            "Rows rows" => Kind::Rows,
            float => {
                assert!(float.starts_with("float "), "`{float}` of `{name}` is of another kind");
                Kind::Float
            }
        });
        Self { name, kinds: kinds.collect(), source }
    }
}

/// What all kernels may use.
const COMMON: &str = include_str!("kernels/common.cuh");

/// Where a tensor of a pass is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// Null: the kernel does not read it.
    Nowhere,
    /// An input of the graph.
    Input(usize),
    /// A tensor of the graph's nodes, in graph order.
    Param(usize),
    /// An output of the graph.
    Output(usize),
    /// The new value of a tensor that is not trained: its number among [`crate::Plan::updates`].
    Update(usize),
    /// The gradient of a tensor of the graph's nodes. It is added to.
    ParamGrad(usize),
    /// The gradient of an input of the graph. It is added to.
    InputGrad(usize),
    /// The gradient of an output of the graph. It is read.
    OutputGrad(usize),
    /// A buffer in the arena: its number among [`crate::Plan::buffers`].
    Buffer(usize),
}

/// An argument of a launch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Arg {
    /// The address of a tensor.
    At(Place),
    /// A number.
    Int(i32),
    /// A number.
    Float(f32),
    /// The seed of the pass.
    Seed,
}

impl Arg {
    pub(crate) fn kind(self) -> Kind {
        match self {
            Arg::At(_) => Kind::Pointer,
            Arg::Int(_) => Kind::Int,
            Arg::Float(_) => Kind::Float,
            Arg::Seed => Kind::Long,
        }
    }
}

/// One piece of work, in the order of the pass.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    /// The index of the graph's node for which it is done.
    pub node: usize,
    /// The work.
    pub work: Work,
}

/// What the device does.
#[derive(Clone, Debug, PartialEq)]
pub enum Work {
    /// Launches a kernel.
    Launch {
        /// The kernel's number among [`crate::Plan::kernels`].
        kernel: usize,
        /// Blocks.
        grid: [u32; 3],
        /// Threads of a block.
        block: u32,
        /// In the order of the kernel's parameters, and of their kinds.
        args: Vec<Arg>,
    },
    /// Fills with zeros.
    Zero {
        /// What.
        place: Place,
        /// The number of elements.
        len: usize,
    },
    /// Copies all elements.
    Copy {
        /// Whence.
        from: Place,
        /// Whither.
        to: Place,
        /// The number of elements.
        len: usize,
    },
}

impl Work {
    /// The places it reads or writes.
    pub(crate) fn places(&self) -> Vec<Place> {
        match self {
            Work::Launch { args, .. } => args.iter().filter_map(|arg| if let Arg::At(place) = arg { Some(*place) } else { None }).collect(),
            Work::Zero { place, .. } => vec![*place],
            Work::Copy { from, to, .. } => vec![*from, *to],
        }
    }
}
