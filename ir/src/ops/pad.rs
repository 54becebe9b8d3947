//! Padding.

use super::prelude::*;

words! {
    /// What a map is padded with.
    PadMode {
        /// Zeros.
        Zeros = "zeros",
        /// Its own elements, mirrored at the edge, which is not repeated.
        Reflect = "reflect",
        /// Its outermost elements, repeated.
        Replicate = "replicate",
    }
}

operation! {
    /// Adds elements around a map, PyTorch's `ZeroPad2d`, `ReflectionPad2d` and `ReplicationPad2d`. Input `[channels, height, width]`, or
    /// `[channels, length]`, which has no rows to be added above and below; pairs are `[height, width]`.
    pub struct Pad("Pad"): Shape {
        /// Rows added above and below, and columns at the left and the right, where no option for a side says otherwise.
        padding: [usize; 2] = Choice::size(0).first(),
        /// What is added.
        mode: PadMode = Choice::word("zeros"),
        /// Rows added above; [`INFER`] takes `padding`.
        top: usize = Choice::infer(),
        /// Rows added below; [`INFER`] takes `padding`.
        bottom: usize = Choice::infer(),
        /// Columns added at the left; [`INFER`] takes `padding`.
        left: usize = Choice::infer(),
        /// Columns added at the right; [`INFER`] takes `padding`.
        right: usize = Choice::infer(),
    }
    has(infer, label)
    outline: Outline::Rank,
    example: "Pad(1, mode = reflect)",
}

impl Pad {
    /// Rows above and below, columns left and right.
    pub const fn sides(&self) -> [[usize; 2]; 2] {
        [[self.top, self.bottom], [self.left, self.right]]
    }

    pub(crate) const fn infer(mut self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        let rank = input.rank();
        if rank != 2 && rank != 3 {
            let text = site.start().str(" works on images [channels, height, width] or sequences [channels, length], but receives ");
            return Err(Mistake::new(Part::Layer, site.received(text, input)));
        }
        let [rows, columns] = if rank == 3 { self.padding } else { [0, self.padding[1]] };
        self.top = if self.top == INFER { rows } else { self.top };
        self.bottom = if self.bottom == INFER { rows } else { self.bottom };
        self.left = if self.left == INFER { columns } else { self.left };
        self.right = if self.right == INFER { columns } else { self.right };
        if rank == 2 && (self.top > 0 || self.bottom > 0) {
            let part = Part::Option(if self.top > 0 { "top" } else { "bottom" });
            return Err(Mistake::new(part, site.received(site.start().str(" adds rows to a sequence, which has none: "), input)));
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
                    let text = site.start().str(" mirrors ").num(added).str(" elements, but receives ");
                    let help = Text::new().str("what is mirrored must be less than the size of ").num(size);
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

    /// The side, where it differs from the padding of all; else that.
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
