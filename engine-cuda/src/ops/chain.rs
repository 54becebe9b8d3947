//! Elementwise functions, one after the other in one launch.

use crate::emit::{At, int};
use crate::function::Function;
use crate::kernel::{Arg, Kernel};

use super::Operation;

/// Functions from the first to the last. What lies between them is not kept: the backward pass computes it again.
#[derive(Clone, Debug)]
pub struct Chain(pub Vec<Function>);

impl Operation for Chain {
    fn takes_functions(&self) -> bool {
        false
    }

    fn forward(&mut self, at: &mut At) {
        let functions: String = self.0.iter().map(|function| format!("    x = {};\n", function.value)).collect();
        let body = format!(
            "extern \"C\" __global__ void KERNEL(SIGNATURE) {{\n    FOR_EACH(i, n)\n    float x = from[i];\n{functions}    to[i] = x;\n}}\n"
        );
        let kernel = Kernel::new("chain_forward", "const float *from, float *to, int n, unsigned long long seed", "", &body);
        let (n, args) = (at.len(), [at.x(0), at.y(0), int(at.len()), Arg::Seed]);
        at.each(kernel, n, args);
    }

    fn backward(&mut self, at: &mut At) {
        let (Some([gradient, _]), by_output) = (at.dy(0), self.is_by_output()) else { return };
        let Some([dx, add]) = at.dx(0) else { return };
        let (value, pulls) = if by_output { (at.y(0), self.by_output()) } else { (at.x(0), self.by_argument()) };
        let body = format!(
            "extern \"C\" __global__ void KERNEL(SIGNATURE) {{\n    FOR_EACH(i, n)\n    float g = gradient[i];\n{pulls}    GIVE(dx[i], g, add);\n}}\n"
        );
        let signature = "const float *value, const float *gradient, float *dx, int add, int n, unsigned long long seed";
        let kernel = Kernel::new("chain_backward", signature, "", &body);
        let (n, args) = (at.len(), [value, gradient, dx, add, int(at.len()), Arg::Seed]);
        at.each(kernel, n, args);
    }
}

impl Chain {
    /// A single function whose derivative follows from its value: its argument is not kept.
    fn is_by_output(&self) -> bool {
        matches!(&self.0[..], [only] if !only.by_input)
    }

    /// The gradient, by the value of the only function.
    fn by_output(&self) -> String {
        format!("    float y = value[i];\n    g = {};\n", self.0[0].pull)
    }

    /// The gradient, by the argument of the first function: `x1`, `x2`, .. are the values of the functions, as far as derivatives need them.
    fn by_argument(&self) -> String {
        let known = if self.0.last().is_some_and(|last| last.by_input) { self.0.len() - 1 } else { self.0.len() };
        let mut text = "    float x0 = value[i];\n".to_owned();
        for (k, function) in self.0[..known].iter().enumerate() {
            text += &format!("    float x{} = [&](float x) {{ return {}; }}(x{k});\n", k + 1, function.value);
        }
        for (k, function) in self.0.iter().enumerate().rev() {
            let (name, at) = if function.by_input { ("x", k) } else { ("y", k + 1) };
            text += &format!("    g = [&](float {name}) {{ return {}; }}(x{at});\n", function.pull);
        }
        text
    }
}
