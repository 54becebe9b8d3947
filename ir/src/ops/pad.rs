//! Padding.

use super::prelude::*;

words! {
    /// The values of the padding.
    PadMode {
        /// Zeros.
        Zeros = "zeros",
        /// The input's reflection at the edge, without repeating the edge.
        Reflect = "reflect",
        /// The input's edge, repeated.
        Replicate = "replicate",
    }
}

operation! {
    /// Pads height and width, PyTorch's `ZeroPad2d`, `ReflectionPad2d` and `ReplicationPad2d`. Input `[channels, height, width]`, or
    /// `[channels, length]`, which takes padding at the left and right only. Pairs are `[height, width]`; the options of single sides default to
    /// `padding`.
    pub struct Pad("Pad"): Shape {
        /// Rows added at the top and the bottom, and columns added at the left and the right, unless the option of a side is given.
        padding: [usize; 2] = Choice::size(0).first(),
        /// The values of the padding.
        mode: PadMode = Choice::word("zeros"),
        /// Rows added at the top; [`INFER`] for `padding`.
        top: usize = Choice::infer(),
        /// Rows added at the bottom; [`INFER`] for `padding`.
        bottom: usize = Choice::infer(),
        /// Columns added at the left; [`INFER`] for `padding`.
        left: usize = Choice::infer(),
        /// Columns added at the right; [`INFER`] for `padding`.
        right: usize = Choice::infer(),
    }
    has(infer, label)
    outline: Outline::Rank,
    example: "Pad(1, mode = reflect)",
}

impl Pad {
    /// Rows at the top and bottom, columns at the left and right.
    pub const fn sides(&self) -> [[usize; 2]; 2] {
        [[self.top, self.bottom], [self.left, self.right]]
    }

    pub(crate) const fn infer(mut self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        let rank = input.rank();
        if rank != 2 && rank != 3 {
            let text = site.start().str(" expects an image [channels, height, width] or a sequence [channels, length], but receives ");
            return Err(Mistake::new(Part::Layer, site.received(text, input)));
        }
        let [rows, columns] = if rank == 3 { self.padding } else { [0, self.padding[1]] };
        self.top = if self.top == INFER { rows } else { self.top };
        self.bottom = if self.bottom == INFER { rows } else { self.bottom };
        self.left = if self.left == INFER { columns } else { self.left };
        self.right = if self.right == INFER { columns } else { self.right };
        if rank == 2 && (self.top > 0 || self.bottom > 0) {
            let part = Part::Option(if self.top > 0 { "top" } else { "bottom" });
            return Err(Mistake::new(part, site.received(site.start().str(" adds rows, but receives a sequence: "), input)));
        }
        let mut output = *input;
        let mut axis = 3 - rank;
        while axis < 2 {
            let at = axis + rank - 2;
            let size = input.dim(at);
            let mut total = size;
            let mut side = 0;
            while side < 2 {
                let added = self.sides()[axis][side];
                if matches!(self.mode, PadMode::Reflect) && added >= size {
                    let text = site.start().str(" reflects ").count(added, "element").str(", but receives ");
                    let help = Text::new().str("a reflection must be less than the size of ").num(size);
                    return Err(Mistake::new(self.stated(axis, side), site.received(text, input)).help(help));
                }
                total = total.saturating_add(added);
                side += 1;
            }
            output = output.with_dim(at, total);
            axis += 1;
        }
        Ok((self, output))
    }

    /// The option of this side if it differs from `padding`, else `padding`.
    const fn stated(&self, axis: usize, side: usize) -> Part {
        const NAMES: [[&str; 2]; 2] = [["top", "bottom"], ["left", "right"]];
        Part::Option(if self.sides()[axis][side] == self.padding[axis] { "padding" } else { NAMES[axis][side] })
    }

    pub(crate) fn label(&self, input: &Shape) -> String {
        let [[top, bottom], [left, right]] = self.sides();
        let sides = match (top == bottom && left == right, input.rank()) {
            (true, 2) => left.to_string(),
            (true, _) if top == left => left.to_string(),
            (true, _) => format!("{top}×{left}"),
            (false, 2) => format!("{left} before, {right} behind"),
            (false, _) => format!("{top} above, {bottom} below, {left} left, {right} right"),
        };
        if matches!(self.mode, PadMode::Zeros) { sides } else { format!("{sides}, {}", self.mode.word()) }
    }
}
