//! Digits somewhere on a larger canvas, with clutter.

use std::sync::Arc;

use layercake_train::data::{DataError, Dataset, Image, Images, Loader, Scene};
use layercake_train::detection::{BBox, Object};
use rand::Rng;
use rand::rngs::StdRng;

/// Height and width of a canvas.
pub const SIDE: usize = 64;
/// How many pieces of other digits there are, and how large they are.
const PIECES: usize = 8;
const PIECE: usize = 8;

/// Images with the box around what is not black: each is an object that fills its image.
#[derive(Clone, Debug)]
pub struct Inked(pub Arc<Images>);

impl Dataset for Inked {
    type Item = Scene;

    fn len(&self) -> usize {
        self.0.len()
    }

    fn get(&self, index: usize) -> Result<Scene, DataError> {
        let image = Image::from_bytes(self.0.shape(), self.0.image(index));
        let bbox = ink(&image);
        Ok(Scene { image, objects: vec![Object { bbox, class: self.0.labels()[index], ignore: false }] })
    }
}

/// The box around the pixels that are brighter than a tenth; the whole image if none is.
fn ink(image: &Image) -> BBox {
    const INK: f32 = 0.1;
    let [height, width] = image.size();
    let lit = || (0..height * width).filter(|&i| image.pixels[i] > INK);
    let edges = |of: &dyn Fn(usize) -> usize| Some((lit().map(of).min()? as f32, lit().map(of).max()? as f32 + 1.0));
    let (Some((x1, x2)), Some((y1, y2))) = (edges(&|i| i % width), edges(&|i| i / width)) else {
        return BBox::new(0.0, 0.0, width as f32, height as f32);
    };
    BBox::new(x1, y1, x2, y2)
}

/// A loader that puts each digit on a canvas of its own, with pieces of others. The places are random numbers of the loader: a function of its seed, the epoch and the
/// position in it, so a test set that is always read as the first epoch has the same canvases each time.
pub fn on_canvases(loader: Loader<Inked>) -> Loader<Inked> {
    let others = Arc::clone(&loader.data().0);
    loader.map(move |scene, random| {
        place(scene, &others, random);
        Ok(())
    })
}

fn place(scene: &mut Scene, others: &Images, random: &mut StdRng) {
    let mut canvas = vec![0.0f32; SIDE * SIDE];
    let [_, height, width] = others.shape();
    for _ in 0..PIECES {
        let other = others.image(random.gen_range(0..others.len()));
        let from = [random.gen_range(0..=height - PIECE), random.gen_range(0..=width - PIECE)];
        let to = [random.gen_range(0..=SIDE - PIECE), random.gen_range(0..=SIDE - PIECE)];
        for y in 0..PIECE {
            for x in 0..PIECE {
                let pixel = f32::from(other[(from[0] + y) * width + from[1] + x]) / 255.0;
                brighten(&mut canvas, [to[0] + y, to[1] + x], pixel);
            }
        }
    }
    let [top, left] = [random.gen_range(0..=SIDE - height), random.gen_range(0..=SIDE - width)];
    for (i, &pixel) in scene.image.pixels.iter().enumerate() {
        brighten(&mut canvas, [top + i / width, left + i % width], pixel);
    }
    scene.objects.iter_mut().for_each(|object| object.bbox = object.bbox.shifted(left as f32, top as f32));
    scene.image = Image { shape: [1, SIDE, SIDE], pixels: canvas };
}

/// Where several are drawn over each other, the brightest shows.
fn brighten(canvas: &mut [f32], [row, column]: [usize; 2], pixel: f32) {
    let place = &mut canvas[row * SIDE + column];
    *place = place.max(pixel);
}

#[cfg(test)]
mod tests {
    use layercake_train::data::{SceneBatch, digits, frame};

    use super::*;

    fn batch(seed: u64, epoch: usize) -> SceneBatch {
        let digits = Arc::new(frame(&digits().test, 28));
        on_canvases(Loader::new(Inked(digits), 6).seed(seed)).epoch(epoch).next().unwrap().unwrap()
    }

    #[test]
    fn boxes_are_where_the_digits_are() {
        let found = batch(1, 1);
        assert_eq!(found.images.shape(), [6, 1, SIDE, SIDE]);
        let digits = Inked(Arc::new(frame(&digits().test, 28)));
        for (i, objects) in found.objects.iter().enumerate() {
            let original = digits.get(i).unwrap();
            let (bbox, before) = (objects[0].bbox, original.objects[0].bbox);
            assert_eq!((bbox.width(), bbox.height(), objects[0].class), (before.width(), before.height(), original.objects[0].class));
            assert_eq!(bbox.clipped([SIDE, SIDE]), bbox);
            // Every pixel of the digit is at least as bright on the canvas.
            let canvas = &found.images.as_slice()[i * SIDE * SIDE..];
            let (down, across) = ((bbox.y1 - before.y1) as usize, (bbox.x1 - before.x1) as usize);
            let shows = |(at, &pixel): (usize, &f32)| canvas[(at / 28 + down) * SIDE + at % 28 + across] >= pixel;
            assert!(original.image.pixels.iter().enumerate().all(shows), "digit {i}");
        }
    }

    #[test]
    fn canvases_follow_from_seed_and_epoch() {
        assert_eq!(batch(1, 1), batch(1, 1));
        assert_ne!(batch(1, 1), batch(1, 2));
        assert_ne!(batch(1, 1), batch(2, 1));
    }
}
