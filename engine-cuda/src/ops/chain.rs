//! Elementwise functions, one after the other in one launch.

use crate::emit::At;
use crate::function::Function;
use crate::kernel::{Arg, Kernel, Place};

use super::Operation;

/// Functions from the first to the last. What lies between them is not kept: the backward pass computes it again.
#[derive(Clone, Debug)]
pub struct Chain(pub Vec<Function>);

impl Chain {
    /// A single function whose derivative follows from its value: its argument is not kept.
    fn is_by_output(&self) -> bool {
        matches!(&self.0[..], [only] if !only.by_input)
    }
}

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
        let (n, args) = (at.len(), [at.x(0), at.y(0), crate::emit::int(at.len()), Arg::Seed]);
        at.each(kernel, n, args);
    }

    fn backward(&mut self, at: &mut At) {
        let (Some([gradient, _]), by_output) = (at.dy(0), self.is_by_output()) else { return };
        let Some([dx, add]) = at.dx(0) else { return };
        let value = if by_output { at.y(0) } else { at.x(0) };
        let body = if by_output {
            format!("    float y = value[i];\n    g = {};\n", self.0[0].pull)
        } else {
            let last = self.0.len() - 1;
            let forward: String = self.0[..last]
                .iter()
                .enumerate()
                .map(|(k, f)| format!("    float x{} = [&](float x) {{ return {}; }}(x{k});\n", k + 1, f.value))
                .collect();
            // The value of each function is the argument of the next; only the last one's is computed here.
            let needs_last = !self.0[last].by_input;
            let value = if needs_last {
                format!("    float x{} = [&](float x) {{ return {}; }}(x{last});\n", last + 1, self.0[last].value)
            } else {
                String::new()
            };
            let pull = |(k, f): (usize, &Function)| {
                let (name, at) = if f.by_input { ("x", k) } else { ("y", k + 1) };
                format!("    g = [&](float {name}) {{ return {}; }}(x{at});\n", f.pull)
            };
            let pulls: String = self.0.iter().enumerate().rev().map(pull).collect();
            format!("    float x0 = value[i];\n{forward}{value}{pulls}")
        };
        let body = format!(
            "extern \"C\" __global__ void KERNEL(SIGNATURE) {{\n    FOR_EACH(i, n)\n    float g = gradient[i];\n{body}    GIVE(dx[i], g, add);\n}}\n"
        );
        let signature = "const float *value, const float *gradient, float *dx, int add, int n, unsigned long long seed";
        let kernel = Kernel::new("chain_backward", signature, "", &body);
        let (n, args) = (at.len(), [value, gradient, dx, add, crate::emit::int(at.len()), Arg::Seed]);
        // What the functions do not read is not kept for them.
        let reads = by_output || self.0.iter().any(|f| f.by_input) || self.0.len() > 1;
        debug_assert!(reads || value != Arg::At(Place::Nowhere));
        at.each(kernel, n, args);
    }
}
