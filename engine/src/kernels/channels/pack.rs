//! Weights in the order in which products read them.

use super::registers;

/// The number of vectors of output channels in a tile, at most.
pub fn widest(registers: usize) -> usize {
    if registers >= 32 { 3 } else { 2 }
}

/// How output channels are divided into panels of vectors.
#[derive(Clone, Copy, Debug)]
pub struct Panels {
    /// Output channels.
    pub outputs: usize,
    /// Numbers in a vector.
    pub lanes: usize,
    /// Vectors.
    pub vectors: usize,
    /// Panels.
    pub count: usize,
}

impl Panels {
    /// For the instruction set in use. The panels have equal sizes, as far as possible: 4 vectors as 2 + 2 rather than 3 + 1.
    pub fn new(outputs: usize) -> Self {
        let [lanes, registers] = registers();
        let vectors = outputs.div_ceil(lanes);
        Self { outputs, lanes, vectors, count: vectors.div_ceil(widest(registers)) }
    }

    /// The first vector of a panel.
    #[inline(always)]
    pub fn first(&self, panel: usize) -> usize {
        panel * self.vectors / self.count
    }

    /// Output channels with those that fill up the last vector.
    pub fn padded(&self) -> usize {
        self.vectors * self.lanes
    }

    /// Packs a matrix: for each panel and each term, the factors of its output channels, and zeros in the place of channels that there are not.
    ///
    /// # Panics
    /// Panics if `to` is too short.
    pub fn pack(&self, terms: usize, factor: impl Fn(usize, usize) -> f32, to: &mut [f32]) {
        let mut rest = to;
        for panel in 0..self.count {
            let channels = self.first(panel) * self.lanes..self.first(panel + 1) * self.lanes;
            let (of_panel, behind) = rest.split_at_mut(channels.len() * terms);
            for (term, to) in of_panel.chunks_exact_mut(channels.len()).enumerate() {
                for (to, channel) in to.iter_mut().zip(channels.clone()) {
                    *to = if channel < self.outputs { factor(channel, term) } else { 0.0 };
                }
            }
            rest = behind;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_factor_has_a_place() {
        for outputs in [1, 3, 16, 17, 64, 100] {
            let panels = Panels::new(outputs);
            let mut packed = vec![f32::NAN; 5 * panels.padded()];
            panels.pack(5, |channel, term| (channel * 5 + term) as f32, &mut packed);
            for panel in 0..panels.count {
                let [first, last] = [panel, panel + 1].map(|panel| panels.first(panel) * panels.lanes);
                for (term, channel) in (0..5).flat_map(|term| (first..last).map(move |channel| (term, channel))) {
                    let wanted = if channel < outputs { (channel * 5 + term) as f32 } else { 0.0 };
                    assert_eq!(packed[first * 5 + term * (last - first) + channel - first], wanted);
                }
            }
        }
    }
}
