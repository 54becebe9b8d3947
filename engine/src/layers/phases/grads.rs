//! The gradient of the weights.

use super::{COLUMNS, PHASES, Phased, SQUARES, chunks};
use crate::kernels::{
    layout,
    product::{Every, Left, Outer, Start, outer},
    winograd::{
        self, Pairs, Tiles, apart,
        bounds::{self, Limits},
        singly,
    },
};

impl Phased {
    /// The gradient of all weights, where `x` are the large maps and `dy` is the gradient of the small ones, or the other way round.
    /// Elements beyond the limits are not computed in tiles.
    pub fn weight_grads(&self, images: usize, maps: [&[f32]; 2], limits: [Limits; 2], to: &mut [f32], add: bool, spare: &mut [f32]) {
        self.weight_grads_tiles(images, maps, limits, to, add, spare);
        singly::weight_grads(&self.definition(), images, maps, limits, 0, to);
    }

    fn weight_grads_tiles(&self, images: usize, [x, dy]: [&[f32]; 2], limits: [Limits; 2], to: &mut [f32], add: bool, spare: &mut [f32]) {
        let (inputs, outputs) = (self.inputs, self.outputs);
        let (sums, rest) = spare.split_at_mut(SQUARES * apart(outputs * inputs));
        let most = COLUMNS.max(images);
        let (grads, rest) = rest.split_at_mut(SQUARES * apart(outputs * most));
        let (data, turned) = rest.split_at_mut(SQUARES * apart(inputs * most));
        // The products read adjacent channels. A transform processes channels like images.
        let turned = &mut turned[..x.len()];
        layout::transpose(inputs, x.len() / inputs, x, turned, false);
        if let Some(limits) = limits[0] {
            bounds::clear(limits, inputs, turned);
        }
        let mut spread = None;
        for phase in PHASES {
            for chunk in chunks(self.small, images) {
                let columns = chunk.columns();
                // If there is one chunk, all phases share the transform.
                if spread.replace(chunk.from) != Some(chunk.from) {
                    winograd::spread(Pairs, &chunk, limits[1], dy, grads);
                }
                winograd::data(Pairs, &self.above(phase, Tiles { images: images * inputs, ..chunk }), None, turned, data);
                for square in 0..SQUARES {
                    let product = Outer::new(
                        [outputs, columns, inputs],
                        Left::rows(&grads[square * apart(outputs * columns)..], columns),
                        &data[square * apart(inputs * columns)..],
                        Every(inputs),
                    )
                    .start(if chunk.from > 0 { Start::Sum } else { Start::Zero });
                    outer(product, &mut sums[square * apart(outputs * inputs)..]);
                }
            }
            winograd::weight_grads(Pairs, sums, [outputs, inputs], self.taps(phase, 1), to, add);
        }
    }
}
