//! The order of work: what each lane does by itself, and where lanes wait for each other.

use super::Plan;
use crate::layers::Place;

/// A phase: work between two points at which all lanes wait for each other.
#[derive(Clone, Debug, PartialEq)]
pub enum Phase {
    /// Every lane runs these tasks in order.
    Lanes(Vec<Task>),
    /// The lanes' sums of a batch normalization are merged.
    Merge(usize),
    /// All threads compute the gradients of a step's parameters, each a part of them.
    Weights(usize),
}

/// Part of a step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Task {
    /// The index of the step.
    pub step: usize,
    /// The part of it.
    pub part: Part,
}

/// The parts of a step. A step has several parts if lanes wait for each other within it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Part {
    /// The whole step.
    Whole,
    /// The lane's sums of a batch normalization.
    Sums,
    /// The rest, after the sums were merged.
    Rest,
}

/// The forward pass.
pub fn forward(plan: &Plan) -> Vec<Phase> {
    let mut program = Program::default();
    for (index, step) in plan.steps.iter().enumerate().filter(|(_, step)| step.layer.place() != Place::Alias) {
        let Some(norm) = step.layer.normalization() else {
            program.task(index, Part::Whole);
            continue;
        };
        if norm.train {
            program.task(index, Part::Sums);
        }
        program.wait(Phase::Merge(index));
        program.task(index, Part::Rest);
    }
    program.phases
}

/// The backward pass.
pub fn backward(plan: &Plan) -> Vec<Phase> {
    let mut program = Program::default();
    for (index, step) in plan.steps.iter().enumerate().rev().filter(|(_, step)| step.backward) {
        if step.layer.normalization().is_some() {
            program.task(index, Part::Sums);
            program.wait(Phase::Merge(index));
            program.task(index, Part::Rest);
            continue;
        }
        program.task(index, Part::Whole);
        if step.wide {
            program.wait(Phase::Weights(index));
        }
    }
    program.phases
}

#[derive(Default)]
struct Program {
    phases: Vec<Phase>,
}

impl Program {
    fn task(&mut self, step: usize, part: Part) {
        let task = Task { step, part };
        match self.phases.last_mut() {
            Some(Phase::Lanes(tasks)) => tasks.push(task),
            _ => self.phases.push(Phase::Lanes(vec![task])),
        }
    }

    fn wait(&mut self, phase: Phase) {
        self.phases.push(phase);
    }
}

#[cfg(test)]
mod tests {
    use layercake_ir::{
        Builder, INFER, Op, Shape,
        ops::{Conv2d, Linear},
    };

    use super::*;
    use crate::{Mode, plan::Key};

    fn phases(input: &[usize], op: Op, batch: usize) -> Vec<Phase> {
        let mut builder = Builder::new("One");
        let x = builder.input("input", Shape::new(input)).unwrap();
        let y = builder.add("layer", op, &[x]).unwrap();
        let graph = builder.finish(&[("output", y)]);
        Plan::new(&graph, Key { batch, mode: Mode::Train, input_grad: false, layout: None }).unwrap().backward
    }

    /// The tests of whole graphs use the same sizes, so they cover the path for large weights.
    #[test]
    fn large_weights_are_worked_out_by_all_threads() {
        let all = Phase::Lanes(vec![Task { step: 0, part: Part::Whole }]);
        let linear = |outputs| Op::Linear(Linear { in_features: INFER, out_features: outputs, bias: true });
        assert_eq!(phases(&[500], linear(410), 70), [all.clone(), Phase::Weights(0)]);
        assert_eq!(phases(&[500], linear(30), 70), std::slice::from_ref(&all));
        let conv = Op::Conv2d(Conv2d {
            in_channels: INFER,
            out_channels: 600,
            kernel: [3; 2],
            stride: [1; 2],
            padding: [1; 2],
            dilation: [1; 2],
            groups: 2,
            bias: true,
        });
        assert_eq!(phases(&[32, 2, 2], conv, 128), [all, Phase::Weights(0)]);
    }

    #[test]
    fn large_weights_that_are_used_twice_are_added_up_in_order() {
        let mut builder = Builder::new("Twice");
        let linear = Op::Linear(Linear { in_features: INFER, out_features: 460, bias: true });
        let x = builder.input("input", Shape::new(&[460])).unwrap();
        let y = builder.add("layer", linear, &[x]).unwrap();
        let z = builder.add_shared("again", linear, &[y], y).unwrap();
        let graph = builder.finish(&[("output", z)]);
        let plan = Plan::new(&graph, Key { batch: 70, mode: Mode::Train, input_grad: false, layout: None }).unwrap();
        let all = |step| Phase::Lanes(vec![Task { step, part: Part::Whole }]);
        assert_eq!(plan.backward, [all(1), Phase::Weights(1), all(0), Phase::Weights(0)]);
        assert_eq!([0, 1].map(|step| plan.steps[step].adds), [true, false]);
    }
}
