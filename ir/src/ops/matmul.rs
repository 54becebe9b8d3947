//! Matrix products of two values.

use super::prelude::*;

operation! {
    /// The matrix product of two values over their last two axes, PyTorch's `matmul`: `[.., n, k]` and `[.., k, m]` give `[.., n, m]`. The axes before them
    /// are products of their own; sizes of 1 are repeated. The current tensor is the first factor.
    pub struct MatMul("MatMul"): Join {}
    has(infer_all, multiply_adds)
    others: &["bmm", "batchmatmul", "dot"],
    inputs: Inputs::Several,
    two: "`MatMul` takes two tensors, the first times the second",
    outline: Outline::Rank,
    example: "MatMul(keys)",
}

impl MatMul {
    pub(crate) const fn infer_all(self, inputs: &[Shape], site: &Site) -> Result<(Self, Shape), Mistake> {
        if inputs.len() != 2 {
            let text = site.start().str(" expects two values, but receives ").num(inputs.len());
            return Err(Mistake::new(Part::Layer, text));
        }
        let (a, b) = (&inputs[0], &inputs[1]);
        let text = site.start().str(" multiplies ").shape(a).str(" ");
        let text = site.from_nth(text, 0).str(" by ").shape(b).str(" ");
        let text = site.from_nth(text, 1);
        if a.rank() != b.rank() {
            let help = Text::new().str("both must have equally many axes; `Unsqueeze` adds an axis of size 1, which is repeated");
            return Err(Mistake::new(Part::Branch(1), text).help(help));
        }
        let rank = a.rank();
        if rank < 2 {
            let help = Text::new().str("`Unsqueeze` makes a row or a column of each; `Mul` multiplies element by element");
            return Err(Mistake::new(Part::Branch(1), text).help(help));
        }
        let (inner, other) = (a.dim(rank - 1), b.dim(rank - 2));
        if inner != other {
            let help =
                Text::new().str("the last size of the first, ").num(inner).str(", must be the second last of the second, ").num(other);
            let help = if inner == b.dim(rank - 1) {
                help.str("; `Transpose` swaps axes ").num(rank - 2).str(" and ").num(rank - 1).str(" of the second")
            } else {
                help
            };
            return Err(Mistake::new(Part::Branch(1), text).help(help));
        }
        let mut output = a.with_dim(rank - 1, b.dim(rank - 1));
        let mut axis = 0;
        while axis + 2 < rank {
            let (left, right) = (a.dim(axis), b.dim(axis));
            if left != right && left != 1 && right != 1 {
                let help = Text::new().str("the sizes before the last two must be equal, or 1 to be repeated");
                return Err(Mistake::new(Part::Branch(1), text).help(help));
            }
            output = output.with_dim(axis, if left == 1 { right } else { left });
            axis += 1;
        }
        Ok((self, output))
    }

    pub(crate) const fn multiply_adds(&self, input: &Shape, output: &Shape) -> u64 {
        (output.len() as u64).saturating_mul(input.dim(input.rank() - 1) as u64)
    }
}
