//! Which values share a buffer.
//!
//! Time is counted in steps: the inputs arrive at 0, forward step `s` of `n` happens at `s + 1`, outputs are read and their gradients
//! arrive at `n + 1`, backward of step `s` happens at `2 n + 1 - s`. A value lives from its step to its last use; two that never live
//! at the same time may have the same buffer. Without a backward pass the values of a chain so alternate between two buffers.

use layercake_ir::Graph;

use super::{Kernel, Key, Step, Value, Writes};
use crate::Mode;

/// Decides what happens in place, what backward writes, and where everything is kept: the values, and the sizes of the buffers for
/// one image.
pub fn assign(graph: &Graph, key: Key, steps: &mut [Step]) -> (Vec<Value>, Vec<usize>) {
    let count = graph.inputs().len() + graph.nodes().len();
    let mut flow = Flow::new(graph, steps, count);
    flow.decide(graph, key, steps);
    flow.buffers(graph, key, steps)
}

/// What is known of the values while deciding.
struct Flow {
    /// How many steps use a value.
    uses: Vec<usize>,
    is_output: Vec<bool>,
    /// The value whose storage a value shares, by itself if none; found in one step, since it is kept flat.
    storage: Vec<usize>,
    /// The same for gradients; `None` without one.
    grad_storage: Vec<Option<usize>>,
}

impl Flow {
    fn new(graph: &Graph, steps: &[Step], count: usize) -> Self {
        let mut uses = vec![0; count];
        for step in steps {
            uses[step.input] += 1;
        }
        let mut is_output = vec![false; count];
        for port in graph.outputs() {
            is_output[port.value] = true;
        }
        Self { uses, is_output, storage: (0..count).collect(), grad_storage: vec![None; count] }
    }

    /// Is nobody interested in a value but the one step that uses it?
    fn is_sole(&self, value: usize) -> bool {
        self.uses[value] == 1 && !self.is_output[value]
    }

    fn decide(&mut self, graph: &Graph, key: Key, steps: &mut [Step]) {
        let keeps = key.mode != Mode::Infer;
        // May the contents of a value's buffer be destroyed by the step that uses it?
        let mut free: Vec<bool> = (0..self.uses.len()).map(|value| self.is_sole(value)).collect();
        for step in steps.iter_mut() {
            let (input, output) = (step.input, step.output);
            let by_input = keeps && step.kernel.needs_input();
            if matches!(step.kernel, Kernel::Alias) || (step.kernel.is_elementwise() && free[input] && !by_input) {
                step.in_place = true;
                self.storage[output] = self.storage[input];
            }
            // An alias of a value that others use must be left alone, and so must a result from which the derivative is told.
            let alias_of_shared = matches!(step.kernel, Kernel::Alias) && !free[input];
            let told_from = keeps && (step.kernel.needs_output() || step.activation.is_some());
            free[output] = free[output] && !alias_of_shared && !told_from;
        }
        if keeps {
            self.decide_backward(graph, key, steps);
        }
    }

    fn decide_backward(&mut self, graph: &Graph, key: Key, steps: &mut [Step]) {
        let mut wanted = vec![false; self.uses.len()];
        wanted[..graph.inputs().len()].fill(key.input_grad);
        for step in steps.iter() {
            let trains = graph.nodes()[step.node].params().count() > 0;
            wanted[step.output] = wanted[step.input] || trains;
        }
        let mut written: Vec<bool> = (0..wanted.len()).map(|value| self.is_output[value] && wanted[value]).collect();
        for value in (0..wanted.len()).filter(|&value| written[value]) {
            self.grad_storage[value] = Some(value);
        }
        for step in steps.iter_mut().rev() {
            let (input, output) = (step.input, step.output);
            step.backward = written[output];
            if !written[output] || !wanted[input] {
                continue;
            }
            let moves = matches!(step.kernel, Kernel::Alias) || step.kernel.is_elementwise();
            let is_input = input < graph.inputs().len();
            step.writes = if moves && self.is_sole(input) && !is_input {
                self.grad_storage[input] = self.grad_storage[output];
                Writes::InPlace
            } else if written[input] {
                Writes::Add
            } else {
                self.grad_storage[input] = Some(input);
                Writes::Set
            };
            written[input] = true;
        }
    }

    fn buffers(&self, graph: &Graph, key: Key, steps: &[Step]) -> (Vec<Value>, Vec<usize>) {
        let (count, last) = (self.uses.len(), steps.len());
        let end = 2 * last + 2;
        let mut values = vec![Life::default(); count];
        let mut grads = vec![Life::default(); count];
        let mut touch = |value: usize, time: usize| values[self.storage[value]].touch(graph.shape(value).len(), time);
        let mut touch_grad = |value: usize, time: usize| {
            if let Some(storage) = self.grad_storage[value] {
                grads[storage].touch(graph.shape(value).len(), time);
            }
        };
        for value in 0..graph.inputs().len() {
            touch(value, 0);
            if key.input_grad {
                touch_grad(value, end);
            }
        }
        for port in graph.outputs() {
            touch(port.value, last + 1);
            touch_grad(port.value, last + 1);
        }
        for (index, step) in steps.iter().enumerate() {
            touch(step.input, index + 1);
            touch(step.output, index + 1);
            let back = 2 * last + 1 - index;
            if step.backward {
                if step.kernel.needs_input() {
                    touch(step.input, back);
                }
                if step.kernel.needs_output() || step.activation.is_some() {
                    touch(step.output, back);
                }
                touch_grad(step.output, back);
                if step.writes != Writes::Nothing {
                    touch_grad(step.input, back);
                }
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
            let shape = *graph.shape(value);
            Value { shape, slot: slot_of[self.storage[value]], grad: self.grad_storage[value].map(|storage| grad_slot_of[storage]) }
        };
        ((0..count).map(value).collect(), slots.sizes)
    }
}

/// How large a storage is and when it is used.
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

/// Buffers handed out in the order in which the storages begin.
#[derive(Default)]
struct Slots {
    sizes: Vec<usize>,
    /// The time of the last use so far.
    busy: Vec<usize>,
}

impl Slots {
    /// A buffer that is free by then: the one that fits best, else the largest, which grows; a new one if none is free.
    fn take(&mut self, life: &Life) -> usize {
        let (from, to) = life.alive.expect("only living storages are placed");
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
    use layercake_ir::{Builder, INFER, Op, Shape, ops::Linear};

    use super::*;
    use crate::plan::{Key, Plan};

    fn chain(layers: usize) -> Graph {
        let mut builder = Builder::new("Chain");
        let mut x = builder.input("input", Shape::new(&[5])).unwrap();
        for i in 0..layers {
            let linear = Linear { in_features: INFER, out_features: 5, bias: true };
            x = builder.add(&format!("fc{i}"), Op::Linear(linear), &[x]).unwrap();
            x = builder.add(&format!("act{i}"), Op::Tanh, &[x]).unwrap();
        }
        builder.finish(&[("output", x)])
    }

    #[test]
    fn inference_of_a_chain_needs_two_buffers() {
        let plan = |mode| Plan::new(&chain(6), Key { batch: 3, mode, input_grad: false }).unwrap();
        assert_eq!(plan(Mode::Infer).slots, [5, 5]);
        // Training keeps the input and six results, and needs two buffers for gradients; the last result's own is free by then or not.
        assert_eq!(plan(Mode::Train).slots.len(), 9);
    }

    #[test]
    fn activations_are_fused_unless_others_look() {
        let mut builder = Builder::new("Fork");
        let x = builder.input("input", Shape::new(&[5])).unwrap();
        let linear = Op::Linear(Linear { in_features: INFER, out_features: 5, bias: true });
        let a = builder.add("a", linear, &[x]).unwrap();
        let b = builder.add("b", Op::Tanh, &[a]).unwrap();
        let graph = builder.clone().finish(&[("output", b)]);
        let key = Key { batch: 3, mode: Mode::Train, input_grad: true };
        assert_eq!(Plan::new(&graph, key).unwrap().steps.len(), 1);
        let graph = builder.finish(&[("output", b), ("before", a)]);
        let plan = Plan::new(&graph, key).unwrap();
        assert_eq!(plan.steps.len(), 2);
        assert!(!plan.steps[1].in_place);
        assert_ne!(plan.values[a].slot, plan.values[b].slot);
    }
}
