//! Elementwise joins, from left to right, of values of one shape or of sizes that are repeated.

use std::fmt::Write;

use layercake_engine::Mode;
use layercake_ir::{Op, Shape};

use crate::emit::{At, int};
use crate::kernel::{Arg, Kernel, Place};
use crate::plan::Key;

use super::Operation;
use super::repeat::Repeat;

/// A join of two numbers `a` and `b`, whose result is `r`, with the gradients of both from that of the result, `g`.
#[derive(Clone, Copy, Debug)]
struct Pair {
    value: &'static str,
    pulls: [&'static str; 2],
    /// Whether the gradients depend on the numbers.
    reads: bool,
}

/// More inputs than anyone joins would need a launch with too many arguments.
const MOST: usize = 8;

#[derive(Clone, Debug)]
pub struct Join {
    pair: Pair,
    inputs: usize,
    repeats: Vec<Repeat>,
}

impl Join {
    /// None if there are more inputs than a launch takes.
    pub fn new<'a>(op: &Op, shapes: impl Iterator<Item = &'a Shape>, result: &Shape, key: Key) -> Option<Self> {
        let repeats: Vec<Repeat> = shapes.map(|shape| Repeat::to(shape, result)).collect();
        let inputs = repeats.len();
        if inputs > MOST {
            return None;
        }
        let pair = |value, pulls| Pair { value, pulls, reads: key.mode != Mode::Infer };
        let linear = |value, pulls| Pair { value, pulls, reads: false };
        // Equal numbers each get half of the gradient of an extreme; what is not a number gets all, as in PyTorch.
        let pair = match op {
            Op::Add(_) => linear("a + b", ["g", "g"]),
            Op::Sub(_) => linear("a - b", ["g", "-g"]),
            Op::Mul(_) => pair("a * b", ["g * b", "g * a"]),
            Op::Div(_) => pair("a / b", ["g / b", "-g * r / b"]),
            Op::Maximum(_) => {
                pair("a > b || a != a ? a : b", ["a == b ? 0.5f * g : a < b ? 0.0f : g", "a == b ? 0.5f * g : b < a ? 0.0f : g"])
            }
            Op::Minimum(_) => {
                pair("a < b || a != a ? a : b", ["a == b ? 0.5f * g : a > b ? 0.0f : g", "a == b ? 0.5f * g : b > a ? 0.0f : g"])
            }
            _ => return None,
        };
        Some(Self { pair, inputs, repeats })
    }

    fn pointers(&self) -> String {
        (0..self.inputs).map(|i| format!("const float *x{i}, ")).collect()
    }

    /// `r0`, `r1`, ..: the results so far.
    fn results(&self) -> String {
        let mut text = String::new();
        for (i, repeat) in self.repeats.iter().enumerate() {
            writeln!(text, "    const float v{i} = x{i}[{}];", repeat.source()).expect("a string");
        }
        text += "    const float r0 = v0;\n";
        for i in 1..self.inputs {
            let value = self.pair.value;
            writeln!(text, "    const float r{i} = [](float a, float b) {{ return {value}; }}(r{}, v{i});", i - 1).expect("a string");
        }
        text
    }
}

impl Operation for Join {
    fn forward(&mut self, at: &mut At) {
        let (results, last) = (self.results(), self.inputs - 1);
        let body =
            format!("extern \"C\" __global__ void KERNEL(SIGNATURE) {{\n    FOR_EACH(i, n)\n{results}    to[i] = ACT(r{last});\n}}\n");
        let kernel = Kernel::new("join_forward", &format!("{}float *to, int n", self.pointers()), &at.act(), &body);
        let mut args: Vec<Arg> = (0..self.inputs).map(|i| at.x(i)).collect();
        args.extend([at.y(0), int(at.len())]);
        at.each(kernel, at.len(), args);
    }

    fn backward(&mut self, at: &mut At) {
        let Some([g, y]) = at.dy(0) else { return };
        // The gradient of what is repeated is written for each repetition first, and then added up.
        let wanted: Vec<Option<[Arg; 2]>> = (0..self.inputs).map(|i| at.dx(i)).collect();
        let mut gradients = wanted.clone();
        for (gradient, repeat) in gradients.iter_mut().zip(&self.repeats) {
            if gradient.is_some() && !repeat.is_plain() {
                *gradient = Some([at.buffer(at.len()), Arg::Int(0)]);
            }
        }
        let written = gradients.clone();
        let mut body = if self.pair.reads { self.results() } else { String::new() };
        let last = self.inputs - 1;
        writeln!(body, "    float all = DY(i);").expect("a string");
        let pull = |which: usize, i: usize| {
            let text = self.pair.pulls[which];
            match self.pair.reads {
                true => format!("[](float a, float b, float r, float g) {{ return {text}; }}(r{}, v{i}, r{i}, all)", i - 1),
                false => format!("[](float g) {{ return {text}; }}(all)"),
            }
        };
        for i in (1..=last).rev() {
            if gradients[i].is_some() {
                writeln!(body, "    const float d{i} = {};", pull(1, i)).expect("a string");
            }
            writeln!(body, "    all = {};", pull(0, i)).expect("a string");
        }
        // In the order of the inputs, since one value may be several of them.
        for i in (0..=last).filter(|&i| gradients[i].is_some()) {
            let value = if i == 0 { "all".to_owned() } else { format!("d{i}") };
            writeln!(body, "    GIVE(dx{i}[i], {value}, add{i});").expect("a string");
        }
        let outputs: String = (0..self.inputs).map(|i| format!("float *dx{i}, int add{i}, ")).collect();
        let body = format!("extern \"C\" __global__ void KERNEL(SIGNATURE) {{\n    FOR_EACH(i, n)\n{body}}}\n");
        let signature = format!("{}const float *g, const float *y, {outputs}int n", self.pointers());
        let kernel = Kernel::new("join_backward", &signature, &at.pull(), &body);
        let mut args: Vec<Arg> = (0..self.inputs).map(|i| if self.pair.reads { at.x(i) } else { Arg::At(Place::Nowhere) }).collect();
        args.extend([g, y]);
        args.extend(gradients.into_iter().flat_map(|gradient| gradient.unwrap_or([Arg::At(Place::Nowhere), Arg::Int(0)])));
        args.push(int(at.len()));
        at.each(kernel, at.len(), args);
        for ((repeat, wanted), written) in self.repeats.iter().zip(wanted).zip(written) {
            if let (Some(dx), Some([all, _]), false) = (wanted, written, repeat.is_plain()) {
                repeat.backward(at, [all, Arg::At(Place::Nowhere)], dx, "#define DY(i) g[i]\n");
            }
        }
    }
}
