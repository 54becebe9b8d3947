//! What an operation is given to list its launches: the places of values and gradients.

use layercake_engine::Mode;
use layercake_ir::{Graph, Shape};

use crate::function::Function;
use crate::kernel::{Arg, Kernel, Place, Task, Work};
use crate::plan::Key;
use crate::steps::Step;

/// Threads of a block, where nothing else decides.
pub const THREADS: usize = 256;

/// The launches so far, and where everything is.
pub struct Emit<'a> {
    pub graph: &'a Graph,
    pub key: Key,
    pub kernels: Vec<Kernel>,
    pub tasks: Vec<Task>,
    /// The number of elements of each buffer.
    pub lens: Vec<usize>,
    /// For each value, the one whose elements it has under another name.
    pub roots: Vec<usize>,
    /// For each root, its place.
    pub places: Vec<Place>,
    /// For each root, whether it needs a gradient.
    pub wanted: Vec<bool>,
    /// For each root, its gradient, if something has been written to it.
    pub grads: Vec<Option<Place>>,
    pub updates: Vec<(usize, usize)>,
    /// The node whose launches are listed.
    node: usize,
}

impl<'a> Emit<'a> {
    pub fn new(graph: &'a Graph, key: Key, roots: Vec<usize>) -> Self {
        let count = graph.values();
        let mut emit = Self {
            graph,
            key,
            kernels: Vec::new(),
            tasks: Vec::new(),
            lens: Vec::new(),
            roots,
            places: vec![Place::Nowhere; count],
            wanted: vec![false; count],
            grads: vec![None; count],
            updates: Vec::new(),
            node: 0,
        };
        for (number, port) in graph.inputs().iter().enumerate() {
            emit.places[port.value] = Place::Input(number);
            emit.wanted[port.value] = key.input_grad && key.mode != Mode::Infer && !port.shape.is_ids();
        }
        // An output is written where it is read; if two are one value, the second is a copy.
        for (number, port) in graph.outputs().iter().enumerate().rev() {
            let root = emit.roots[port.value];
            if !matches!(emit.places[root], Place::Input(_)) {
                emit.places[root] = Place::Output(number);
            }
        }
        emit
    }

    /// A value's place, a new buffer if it has none yet.
    fn place(&mut self, value: usize) -> Place {
        let root = self.roots[value];
        if self.places[root] == Place::Nowhere {
            self.places[root] = self.buffer(self.key.batch * self.graph.shape(root).len());
        }
        self.places[root]
    }

    fn buffer(&mut self, len: usize) -> Place {
        self.lens.push(len);
        Place::Buffer(self.lens.len() - 1)
    }

    fn push(&mut self, work: Work) {
        self.tasks.push(Task { node: self.node, work });
    }

    /// Outputs that are other names of inputs, or of outputs before them.
    pub fn copy_outputs(&mut self) {
        for (number, port) in self.graph.outputs().iter().enumerate() {
            let from = self.place(port.value);
            if from != Place::Output(number) {
                self.push(Work::Copy { from, to: Place::Output(number), len: self.key.batch * port.shape.len() });
            }
        }
    }

    /// The place of a value's gradient that is to be written, and whether it is added to what is there.
    fn gradient(&mut self, value: usize) -> Option<(Place, bool)> {
        let root = self.roots[value];
        if !self.wanted[root] {
            return None;
        }
        if let Some(place) = self.grads[root] {
            return Some((place, true));
        }
        let (place, add) = match self.places[root] {
            // Others may have written to it, outside this graph.
            Place::Input(number) => (Place::InputGrad(number), true),
            _ => (self.buffer(self.key.batch * self.graph.shape(root).len()), false),
        };
        self.grads[root] = Some(place);
        Some((place, add))
    }

    /// Adds the gradient of an output to that of its value.
    pub fn add_output_grad(&mut self, root: usize, output: usize) {
        let (from, len) = (Place::OutputGrad(output), self.key.batch * self.graph.shape(root).len());
        match self.gradient(root) {
            Some((to, false)) => self.push(Work::Copy { from, to, len }),
            Some((to, true)) => {
                let kernel = Kernel::new("add_gradient", "const float *from, float *to, int n", "", ADD);
                self.launch(kernel, [len.div_ceil(THREADS), 1, 1], THREADS, vec![Arg::At(from), Arg::At(to), int(len)]);
            }
            None => {}
        }
    }

    fn launch(&mut self, kernel: Kernel, grid: [usize; 3], block: usize, args: Vec<Arg>) {
        let kinds = args.iter().map(|arg| arg.kind());
        assert!(kinds.eq(kernel.kinds.iter().copied()), "`{}` takes {:?}, and is given {args:?}", kernel.name, kernel.kinds);
        let known = self.kernels.iter().position(|known| *known == kernel);
        let kernel = known.unwrap_or_else(|| {
            self.kernels.push(kernel);
            self.kernels.len() - 1
        });
        let grid = grid.map(|blocks| u32::try_from(blocks).expect("a launch has fewer blocks than its tensors have elements"));
        self.push(Work::Launch { kernel, grid, block: block as u32, args });
    }
}

const ADD: &str = "extern \"C\" __global__ void KERNEL(SIGNATURE) {\n    FOR_EACH(i, n)\n    to[i] += from[i];\n}\n";

/// An argument.
pub fn int(number: usize) -> Arg {
    Arg::Int(i32::try_from(number).expect("plans refuse tensors that are larger"))
}

/// A step, and where its values are.
pub struct At<'e, 'a> {
    emit: &'e mut Emit<'a>,
    inputs: Vec<usize>,
    outputs: Vec<usize>,
    functions: Vec<Function>,
    first_param: usize,
}

impl<'e, 'a> At<'e, 'a> {
    pub fn new(emit: &'e mut Emit<'a>, step: &Step) -> Self {
        emit.node = step.node;
        let (inputs, outputs, functions) = (step.inputs.clone(), step.outputs.clone(), step.functions.clone());
        Self { emit, inputs, outputs, functions, first_param: step.first_param }
    }

    pub fn batch(&self) -> usize {
        self.emit.key.batch
    }

    /// Whether it is a pass of training: statistics are of the batch.
    pub fn trains(&self) -> bool {
        self.emit.key.mode == Mode::Train
    }

    /// Whether there is a backward pass.
    pub fn is_recorded(&self) -> bool {
        self.emit.key.mode != Mode::Infer
    }

    /// The shape of an input, for one sample.
    pub fn shape(&self, input: usize) -> &'a Shape {
        self.emit.graph.shape(self.inputs[input])
    }

    /// The shape of an output, for one sample.
    pub fn output(&self, output: usize) -> &'a Shape {
        self.emit.graph.shape(self.outputs[output])
    }

    /// Elements of the first output, of the whole batch.
    pub fn len(&self) -> usize {
        self.batch() * self.output(0).len()
    }

    pub fn x(&mut self, input: usize) -> Arg {
        Arg::At(self.emit.place(self.inputs[input]))
    }

    pub fn y(&mut self, output: usize) -> Arg {
        Arg::At(self.emit.place(self.outputs[output]))
    }

    /// A tensor of the node.
    pub fn param(&self, tensor: usize) -> Arg {
        Arg::At(Place::Param(self.first_param + tensor))
    }

    /// A tensor of the node that is not trained: its new value, if another node with the same tensors has given it one.
    pub fn statistic(&self, tensor: usize) -> Arg {
        match self.emit.updates.iter().rposition(|&(updated, _)| updated == self.first_param + tensor) {
            Some(update) => Arg::At(Place::Update(update)),
            None => self.param(tensor),
        }
    }

    /// The gradient of a tensor of the node. It is added to.
    pub fn param_grad(&self, tensor: usize) -> Arg {
        Arg::At(Place::ParamGrad(self.first_param + tensor))
    }

    /// The new value of a tensor of the node.
    pub fn update(&mut self, tensor: usize, len: usize) -> Arg {
        self.emit.updates.push((self.first_param + tensor, len));
        Arg::At(Place::Update(self.emit.updates.len() - 1))
    }

    /// A buffer of its own.
    pub fn buffer(&mut self, len: usize) -> Arg {
        Arg::At(self.emit.buffer(len))
    }

    /// `ACT(x)`: the functions after the node.
    pub fn act(&self) -> String {
        let body: String = self.functions.iter().map(|function| format!("    x = {};\n", function.value)).collect();
        format!("__device__ static float act(float x) {{\n{body}    return x;\n}}\n#define ACT(x) act(x)\n")
    }

    /// `DY(i)`: the gradient of element `i` of the node's own output, from that of the function after it and its value. They are named `g` and `y`.
    pub fn pull(&self) -> String {
        match self.functions.last() {
            Some(function) => {
                let pull = &function.pull;
                format!("__device__ static float pull(float g, float y) {{\n    return {pull};\n}}\n#define DY(i) pull(g[i], y[i])\n")
            }
            None => "#define DY(i) g[i]\n".to_owned(),
        }
    }

    /// `g` and `y` of [`At::pull`]; none if the output has no gradient.
    pub fn dy(&mut self, output: usize) -> Option<[Arg; 2]> {
        let gradient = self.emit.grads[self.emit.roots[self.outputs[output]]]?;
        let value = if self.functions.is_empty() { Arg::At(Place::Nowhere) } else { self.y(output) };
        Some([Arg::At(gradient), value])
    }

    /// The gradient of an input and whether it is added to what is there; none if it is not needed. Whoever asks writes all of it.
    pub fn dx(&mut self, input: usize) -> Option<[Arg; 2]> {
        let (place, add) = self.emit.gradient(self.inputs[input])?;
        Some([Arg::At(place), Arg::Int(add.into())])
    }

    pub fn zero(&mut self, place: Arg, len: usize) {
        let Arg::At(place) = place else { unreachable!("numbers are not filled") };
        self.emit.push(Work::Zero { place, len });
    }

    pub fn launch(&mut self, kernel: Kernel, grid: [usize; 3], block: usize, args: impl IntoIterator<Item = Arg>) {
        self.emit.launch(kernel, grid, block, args.into_iter().collect());
    }

    /// One thread for each of `n` elements.
    pub fn each(&mut self, kernel: Kernel, n: usize, args: impl IntoIterator<Item = Arg>) {
        self.launch(kernel, [n.div_ceil(THREADS), 1, 1], THREADS, args);
    }
}
