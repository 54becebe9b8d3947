//! The plan of a graph: all launches of its passes, in order.

use layercake_engine::Mode;
use layercake_ir::{Graph, Port};

use crate::arena;
use crate::emit::{At, Emit};
use crate::kernel::{Arg, Kernel, Place, Task};
use crate::steps::{self, Listed, Step};

/// What a plan depends on, besides the graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// The batch size.
    pub batch: usize,
    /// The mode.
    pub mode: Mode,
    /// Whether the gradients of the inputs are computed.
    pub input_grad: bool,
}

/// Why a graph has no plan: it runs in dfdx's operations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsupported {
    /// The name of the first layer that cannot run here.
    pub layer: String,
    /// Its operation.
    pub kind: &'static str,
}

impl std::fmt::Display for Unsupported {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{}` ({}) has no kernels of its own", self.layer, self.kind)
    }
}

impl std::error::Error for Unsupported {}

/// All work of a pass.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// The kernels, each once.
    pub kernels: Vec<Kernel>,
    /// The forward pass.
    pub forward: Vec<Task>,
    /// The backward pass; empty in inference.
    pub backward: Vec<Task>,
    /// The first element of each buffer in the arena.
    pub buffers: Vec<usize>,
    /// The number of elements of each buffer.
    pub lens: Vec<usize>,
    /// The number of elements of the arena.
    pub arena: usize,
    /// The number of elements of each input.
    pub inputs: Vec<usize>,
    /// The number of elements of each tensor of the nodes.
    pub params: Vec<usize>,
    /// The number of elements of each output.
    pub outputs: Vec<usize>,
    /// The tensors that get new values: their numbers in graph order, and their lengths.
    pub updates: Vec<(usize, usize)>,
}

impl Plan {
    /// Plans a graph.
    ///
    /// # Errors
    /// Returns the first layer that cannot run here.
    pub fn new(graph: &Graph, key: Key) -> Result<Self, Unsupported> {
        check(graph, key)?;
        let Listed { mut steps, roots } = steps::list(graph, key)?;
        let mut emit = Emit::new(graph, key, roots);
        for step in &mut steps {
            let Step { operation, .. } = step;
            let mut operation = std::mem::replace(operation, Box::new(crate::ops::Chain(Vec::new())));
            operation.forward(&mut At::new(&mut emit, step));
            step.operation = operation;
        }
        emit.copy_outputs();
        let split = emit.tasks.len();
        if key.mode != Mode::Infer {
            backward(graph, &mut emit, &mut steps);
        }
        let (buffers, arena) = arena::assign(&emit.lens, &emit.tasks);
        let mut forward = emit.tasks;
        let backward = forward.split_off(split);
        let batched = |ports: &[Port]| ports.iter().map(|port| key.batch * port.shape.len()).collect();
        let tensors = graph.nodes().iter().flat_map(|node| node.params().as_slice().to_vec());
        Ok(Self {
            kernels: emit.kernels,
            forward,
            backward,
            buffers,
            lens: emit.lens,
            arena,
            inputs: batched(graph.inputs()),
            params: tensors.map(|tensor| tensor.shape.len()).collect(),
            outputs: batched(graph.outputs()),
            updates: emit.updates,
        })
    }
}

/// Kernels count in 32 bits with a sign, and an empty tensor is no argument of a launch.
fn check(graph: &Graph, key: Key) -> Result<(), Unsupported> {
    let fits = |len: usize| len > 0 && len.checked_mul(key.batch).is_some_and(|all| all > 0 && i32::try_from(all).is_ok());
    let refused = graph.nodes().iter().find(|node| {
        let tensors = node.op.params();
        let values = node.inputs().iter().map(|&value| graph.shape(value).len()).chain(node.shapes().map(layercake_ir::Shape::len));
        !values.into_iter().all(fits) || tensors.as_slice().iter().any(|tensor| i32::try_from(tensor.shape.len()).is_err())
    });
    refused.map_or(Ok(()), |node| Err(Unsupported { layer: node.name.to_string(), kind: node.op.kind() }))
}

/// The backward pass: from the last step to the first, as far as gradients are needed.
fn backward(graph: &Graph, emit: &mut Emit, steps: &mut [Step]) {
    for step in steps.iter() {
        let trains = graph.nodes()[step.node].op.params().as_slice().iter().any(|tensor| tensor.trained);
        if trains || step.inputs.iter().any(|&input| emit.wanted[emit.roots[input]]) {
            for &output in &step.outputs {
                emit.wanted[output] = true;
            }
        }
    }
    // Gradients that come from outside.
    for (number, port) in graph.outputs().iter().enumerate() {
        let root = emit.roots[port.value];
        if !emit.wanted[root] {
            continue;
        }
        let ports = graph.outputs().iter().filter(|other| emit.roots[other.value] == root).count();
        let used = steps.iter().any(|step| step.inputs.iter().any(|&input| emit.roots[input] == root));
        if ports == 1 && !used && !matches!(emit.places[root], Place::Input(_)) {
            emit.grads[root] = Some(Place::OutputGrad(number));
        } else {
            emit.add_output_grad(root, number);
        }
    }
    for step in steps.iter_mut().rev() {
        if step.outputs.iter().all(|&output| emit.grads[output].is_none()) {
            continue;
        }
        let mut operation = std::mem::replace(&mut step.operation, Box::new(crate::ops::Chain(Vec::new())));
        operation.backward(&mut At::new(emit, step));
        step.operation = operation;
    }
}

impl Plan {
    /// Whether a launch's arguments are those that its kernel takes: what a launch relies on.
    pub fn is_sound(&self) -> bool {
        self.forward.iter().chain(&self.backward).all(|task| match &task.work {
            crate::Work::Launch { kernel, args, .. } => {
                args.iter().map(|arg: &Arg| arg.kind()).eq(self.kernels[*kernel].kinds.iter().copied())
            }
            _ => true,
        })
    }
}

#[cfg(test)]
mod tests {
    use layercake_ir::ops::{Add, BatchNorm2d, Conv2d, Flatten, Linear, MaxPool2d, Relu, Tanh};
    use layercake_ir::{Builder, INFER, Op, Shape};

    use super::*;

    fn conv(channels: usize) -> Op {
        Op::Conv2d(Conv2d {
            in_channels: INFER,
            out_channels: channels,
            kernel: [3; 2],
            stride: [1; 2],
            padding: [1; 2],
            dilation: [1; 2],
            groups: 1,
            bias: true,
        })
    }

    fn residual() -> Graph {
        let mut builder = Builder::new("Net");
        let x = builder.input("input", Shape::new(&[3, 8, 8])).unwrap();
        let a = builder.add("conv1", conv(4), &[x]).unwrap();
        let b = builder.add("tanh1", Op::Tanh(Tanh {}), &[a]).unwrap();
        let c = builder.add("conv2", conv(4), &[b]).unwrap();
        let d = builder.add("add", Op::Add(Add {}), &[b, c]).unwrap();
        let e = builder.add("tanh2", Op::Tanh(Tanh {}), &[d]).unwrap();
        let pool = MaxPool2d { kernel: [2; 2], stride: [2; 2], padding: [0; 2], dilation: [1; 2], ceil_mode: false };
        let f = builder.add("pool", Op::MaxPool2d(pool), &[e]).unwrap();
        let g = builder.add("flatten", Op::Flatten(Flatten {}), &[f]).unwrap();
        let linear = Linear { in_features: INFER, out_features: 5, bias: true };
        let h = builder.add("fc", Op::Linear(linear), &[g]).unwrap();
        builder.finish(&[("output", h)])
    }

    #[test]
    fn functions_go_to_the_launch_before_them() {
        for mode in [Mode::Infer, Mode::Eval, Mode::Train] {
            let plan = Plan::new(&residual(), Key { batch: 2, mode, input_grad: false }).unwrap();
            assert_eq!(plan.forward.len(), 5, "{mode:?}");
            assert_eq!(plan.backward.is_empty(), mode == Mode::Infer);
            assert!(plan.is_sound());
        }
    }

    #[test]
    fn gradients_of_inputs_are_computed_only_if_asked_for() {
        let tasks = |input_grad| {
            let plan = Plan::new(&residual(), Key { batch: 2, mode: Mode::Train, input_grad }).unwrap();
            let place = Place::InputGrad(0);
            (plan.backward.len(), plan.backward.iter().filter(|task| task.work.places().contains(&place)).count())
        };
        let (without, with) = (tasks(false), tasks(true));
        assert_eq!((without.1, with.1), (0, 1));
        assert_eq!(without.0 + 1, with.0);
    }

    /// A kernel is compiled once, whatever the batch.
    #[test]
    fn sizes_are_arguments() {
        let kernels = |batch| Plan::new(&residual(), Key { batch, mode: Mode::Train, input_grad: true }).unwrap().kernels;
        // Enough samples that the gradient of a weight is divided among blocks in both.
        assert_eq!(kernels(4), kernels(5));
    }

    #[test]
    fn far_padding_is_left_to_others() {
        let mut builder = Builder::new("Net");
        let x = builder.input("input", Shape::new(&[1, 8, 8])).unwrap();
        let far = 1 << 40;
        let conv = Conv2d {
            in_channels: INFER,
            out_channels: 1,
            kernel: [3; 2],
            stride: [2 * far; 2],
            padding: [far; 2],
            dilation: [1; 2],
            groups: 1,
            bias: false,
        };
        let y = builder.add("conv", Op::Conv2d(conv), &[x]).unwrap();
        let graph = builder.finish(&[("output", y)]);
        let refused = Plan::new(&graph, Key { batch: 2, mode: Mode::Train, input_grad: true }).unwrap_err();
        assert_eq!(refused, Unsupported { layer: "conv".to_owned(), kind: "Conv2d" });
    }

    /// In inference a norm is in the launch of its convolution, unless something else uses what lies between.
    #[test]
    fn norms_go_to_the_launch_before_them_in_inference() {
        let graph = |used: bool| {
            let mut builder = Builder::new("Net");
            let x = builder.input("input", Shape::new(&[3, 8, 8])).unwrap();
            let a = builder.add("conv", conv(4), &[x]).unwrap();
            let norm = BatchNorm2d { features: INFER, eps: 1e-5, momentum: 0.1, affine: true };
            let b = builder.add("norm", Op::BatchNorm2d(norm), &[a]).unwrap();
            let c = builder.add("relu", Op::Relu(Relu {}), &[b]).unwrap();
            let d = if used { builder.add("add", Op::Add(Add {}), &[a, c]).unwrap() } else { c };
            builder.finish(&[("output", d)])
        };
        let launches = |used, mode| Plan::new(&graph(used), Key { batch: 2, mode, input_grad: false }).unwrap().forward.len();
        assert_eq!([launches(false, Mode::Infer), launches(false, Mode::Eval), launches(true, Mode::Infer)], [1, 2, 3]);
    }

    #[test]
    fn inference_holds_less_than_training() {
        let arena = |mode| Plan::new(&residual(), Key { batch: 2, mode, input_grad: false }).unwrap().arena;
        assert!(arena(Mode::Infer) < arena(Mode::Train));
    }
}
