//! Which values share a buffer.
//!
//! Time is counted in steps: the inputs arrive at 0, forward step `s` of `n` runs at `s + 1`, outputs are read and their gradients arrive
//! at `n + 1`, and the backward pass of step `s` runs at `2 n + 1 - s`. A value lives from its step to its last use, and two values whose
//! lives do not overlap may share a buffer. Without a backward pass, the values of a chain therefore alternate between two buffers.

use layercake_ir::{Graph, Shape};

use super::{Key, Step, Value, Writes, steps::Listed};
use crate::{
    Mode,
    layers::{Place, Reads, channels::Order},
};

/// Decides which steps run in place, what the backward pass writes, in which buffer each value is kept, and the size of each buffer for one
/// image.
pub fn assign(graph: &Graph, key: Key, listed: &mut Listed) -> (Vec<Value>, Vec<usize>) {
    let mut flow = Flow::new(graph, listed);
    let steps = &mut listed.steps;
    if key.mode != Mode::Infer {
        flow.decide_backward(graph, key, steps);
    }
    flow.decide_places(steps);
    flow.buffers(graph, key, &listed.steps, &listed.orders)
}

/// The state of the decisions.
struct Flow {
    shapes: Vec<Shape>,
    is_output: Vec<bool>,
    /// For each value, the value whose storage it uses; its own index by default. Not a chain: the entry is always the final one.
    storage: Vec<usize>,
    /// The same for gradients; `None` for a value without a gradient.
    grad_storage: Vec<Option<usize>>,
}

impl Flow {
    fn new(graph: &Graph, listed: &Listed) -> Self {
        let shapes: Vec<Shape> = (0..graph.values()).map(|value| *graph.shape(value)).chain(listed.wholes.iter().copied()).collect();
        let count = shapes.len();
        let mut is_output = vec![false; count];
        for &value in &listed.outputs {
            is_output[value] = true;
        }
        Self { shapes, is_output, storage: (0..count).collect(), grad_storage: vec![None; count] }
    }

    /// From the last step to the first: which steps have a backward pass, and how the gradient of each input is written.
    fn decide_backward(&mut self, graph: &Graph, key: Key, steps: &mut [Step]) {
        let mut wanted = vec![false; self.is_output.len()];
        for (wanted, port) in wanted.iter_mut().zip(graph.inputs()) {
            // Token ids have no gradient.
            *wanted = key.input_grad && !port.shape.is_ids();
        }
        for step in steps.iter() {
            let trains = step.tensors > 0 && graph.nodes()[step.node].op.params().count() > 0;
            wanted[step.output] = trains || step.inputs.iter().any(|&input| wanted[input]);
        }
        let mut written: Vec<bool> = (0..wanted.len()).map(|value| self.is_output[value] && wanted[value]).collect();
        for value in (0..wanted.len()).filter(|&value| written[value]) {
            self.grad_storage[value] = Some(value);
        }
        for step in steps.iter_mut().rev() {
            step.backward = written[step.output];
            if !step.backward {
                continue;
            }
            // One input's gradient may take over the buffer of the output's gradient, if it is the first gradient written for its value.
            let mut buffer = self.grad_storage[step.output].filter(|_| step.layer.place() != Place::Apart);
            for (i, &input) in step.inputs.iter().enumerate().filter(|&(_, &input)| wanted[input]) {
                let once = step.inputs.iter().filter(|&&other| other == input).count() == 1;
                step.writes[i] = match buffer {
                    _ if written[input] => Writes::Add,
                    Some(storage) if once => {
                        self.grad_storage[input] = Some(storage);
                        buffer = None;
                        Writes::InPlace
                    }
                    _ => {
                        self.grad_storage[input] = Some(input);
                        Writes::Set
                    }
                };
                written[input] = true;
            }
        }
    }

    /// Decides which outputs overwrite an input.
    fn decide_places(&mut self, steps: &mut [Step]) {
        // The output of an alias is its input under another name.
        for step in steps.iter().filter(|step| step.layer.place() == Place::Alias) {
            self.storage[step.output] = self.storage[step.inputs[0]];
        }
        let count = self.storage.len();
        // For each storage, the last step that uses it, and whether it must outlive that step.
        let (mut last, mut stays) = (vec![0; count], vec![false; count]);
        for (value, _) in self.is_output.iter().enumerate().filter(|(_, is_output)| **is_output) {
            stays[self.storage[value]] = true;
        }
        for (index, step) in steps.iter().enumerate() {
            for &input in &step.inputs {
                last[self.storage[input]] = index;
                stays[self.storage[input]] |= reads_inputs(step);
            }
            stays[self.storage[step.output]] |= reads_output(step);
        }
        // The storages as they are now; the loop changes `self.storage`.
        let named = self.storage.clone();
        for (index, step) in steps.iter_mut().enumerate() {
            let Place::Over(first) = step.layer.place() else { continue };
            let input = |i: usize| named[step.inputs[i]];
            let alone = |i: usize| (0..step.inputs.len()).all(|other| other == i || input(other) != input(i));
            step.in_place = (0..first.min(step.inputs.len())).find(|&i| last[input(i)] == index && !stays[input(i)] && alone(i));
            if let Some(i) = step.in_place {
                let (from, to) = (self.storage[step.inputs[i]], step.output);
                (0..count).filter(|&value| named[value] == to).for_each(|value| self.storage[value] = from);
            }
        }
    }

    fn buffers(&self, graph: &Graph, key: Key, steps: &[Step], orders: &[Order]) -> (Vec<Value>, Vec<usize>) {
        let (count, last) = (self.is_output.len(), steps.len());
        let end = 2 * last + 2;
        let mut values = vec![Life::default(); count];
        let mut grads = vec![Life::default(); count];
        let mut touch = |value: usize, time: usize| values[self.storage[value]].touch(self.shapes[value].len(), time);
        let mut touch_grad = |value: usize, time: usize| {
            if let Some(storage) = self.grad_storage[value] {
                grads[storage].touch(self.shapes[value].len(), time);
            }
        };
        for value in 0..graph.inputs().len() {
            touch(value, 0);
            if key.input_grad {
                touch_grad(value, end);
            }
        }
        for value in (0..count).filter(|&value| self.is_output[value]) {
            touch(value, last + 1);
            touch_grad(value, last + 1);
        }
        for (index, step) in steps.iter().enumerate() {
            step.inputs.iter().for_each(|&input| touch(input, index + 1));
            touch(step.output, index + 1);
            if !step.backward {
                continue;
            }
            let back = 2 * last + 1 - index;
            if reads_inputs(step) {
                step.inputs.iter().for_each(|&input| touch(input, back));
            }
            if reads_output(step) {
                touch(step.output, back);
            }
            touch_grad(step.output, back);
            for (&input, _) in step.inputs.iter().zip(&step.writes).filter(|(_, writes)| **writes != Writes::Nothing) {
                touch_grad(input, back);
            }
        }
        let mut slots = Slots::default();
        let mut order: Vec<(usize, bool, usize)> = Vec::new();
        for value in 0..count {
            order.extend(values[value].alive.map(|(from, _)| (from, false, value)));
            order.extend(grads[value].alive.map(|(from, _)| (from, true, value)));
        }
        order.sort_unstable();
        let (mut slot_of, mut grad_slot_of) = (vec![0; count], vec![0; count]);
        for (_, is_grad, value) in order {
            if is_grad {
                grad_slot_of[value] = slots.take(&grads[value]);
            } else {
                slot_of[value] = slots.take(&values[value]);
            }
        }
        let value = |value: usize| {
            let shape = self.shapes[value];
            Value {
                shape,
                slot: slot_of[self.storage[value]],
                grad: self.grad_storage[value].map(|storage| grad_slot_of[storage]),
                order: orders[value],
            }
        };
        ((0..count).map(value).collect(), slots.sizes)
    }
}

/// Whether the backward pass of a step reads its inputs.
fn reads_inputs(step: &Step) -> bool {
    step.backward && step.layer.reads() == Reads::Inputs
}

/// Whether the backward pass of a step reads its output; that of a fused activation does.
fn reads_output(step: &Step) -> bool {
    step.backward && (step.activation.is_some() || step.layer.reads() == Reads::Output)
}

/// The size of a storage and the time during which it is used.
#[derive(Clone, Debug, Default)]
struct Life {
    len: usize,
    alive: Option<(usize, usize)>,
}

impl Life {
    fn touch(&mut self, len: usize, time: usize) {
        self.len = self.len.max(len);
        self.alive = Some(self.alive.map_or((time, time), |(from, to)| (from.min(time), to.max(time))));
    }
}

/// Buffers, assigned to storages in the order in which their lives begin.
#[derive(Default)]
struct Slots {
    sizes: Vec<usize>,
    /// The time of the last use so far.
    busy: Vec<usize>,
}

impl Slots {
    /// A buffer that is free at that time: the one that fits best, else the largest, which grows; a new one if none is free.
    fn take(&mut self, life: &Life) -> usize {
        let (from, to) = life.alive.expect("only storages that are used are placed");
        let free = (0..self.sizes.len()).filter(|&slot| self.busy[slot] < from);
        let best = free.min_by_key(|&slot| {
            let size = self.sizes[slot];
            if size >= life.len { (0, size) } else { (1, usize::MAX - size) }
        });
        let slot = best.unwrap_or_else(|| {
            self.sizes.push(0);
            self.busy.push(0);
            self.sizes.len() - 1
        });
        self.sizes[slot] = self.sizes[slot].max(life.len);
        self.busy[slot] = to;
        slot
    }
}

#[cfg(test)]
mod tests {
    use layercake_ir::{
        Builder, INFER, Op,
        ops::{Linear, Tanh},
    };

    use super::*;
    use crate::plan::{Key, Plan};

    fn chain(layers: usize) -> Graph {
        let mut builder = Builder::new("Chain");
        let mut x = builder.input("input", Shape::new(&[5])).unwrap();
        for i in 0..layers {
            let linear = Linear { in_features: INFER, out_features: 5, bias: true };
            x = builder.add(&format!("fc{i}"), Op::Linear(linear), &[x]).unwrap();
            x = builder.add(&format!("act{i}"), Op::Tanh(Tanh {}), &[x]).unwrap();
        }
        builder.finish(&[("output", x)])
    }

    #[test]
    fn inference_of_a_chain_needs_two_buffers() {
        let plan = |mode| Plan::new(&chain(6), Key { batch: 3, mode, input_grad: false, layout: None }).unwrap();
        assert_eq!(plan(Mode::Infer).slots, [5, 5]);
        // Training keeps the input and six results, and needs two buffers for gradients; the last result's buffer may be free by then or
        // not.
        assert_eq!(plan(Mode::Train).slots.len(), 9);
    }

    #[test]
    fn activations_are_fused_unless_others_look() {
        let mut builder = Builder::new("Fork");
        let x = builder.input("input", Shape::new(&[5])).unwrap();
        let linear = Op::Linear(Linear { in_features: INFER, out_features: 5, bias: true });
        let a = builder.add("a", linear, &[x]).unwrap();
        let b = builder.add("b", Op::Tanh(Tanh {}), &[a]).unwrap();
        let graph = builder.clone().finish(&[("output", b)]);
        let key = Key { batch: 3, mode: Mode::Train, input_grad: true, layout: None };
        assert_eq!(Plan::new(&graph, key).unwrap().steps.len(), 1);
        let graph = builder.finish(&[("output", b), ("before", a)]);
        let plan = Plan::new(&graph, key).unwrap();
        assert_eq!(plan.steps.len(), 2);
        assert_eq!(plan.steps[1].in_place, None);
        assert_ne!(plan.values[a].slot, plan.values[b].slot);
    }
}
