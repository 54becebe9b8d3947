//! Teacher forcing, and how many captions are right as a whole.

use std::path::Path;

use layercake_train::data::{Dataset, Image, Loader};
use layercake_train::run::Canvas;
use layercake_train::{Metrics, Pass, Step, Task, TrainError};

use super::strips::{CAPTION, Digits, SIZE, StripBatch, text};
use crate::networks::CaptionDecoder;
use crate::tasks::machine::Machine;
use crate::tasks::run::TEST_BATCH;
use crate::tasks::writing::{Writer, score, written};

/// Strips and their captions, by teacher forcing.
pub struct Captioning {
    pub test: Loader<Digits>,
}

/// A strip, its caption, and the one that was written.
struct Captioned {
    pixels: Vec<f32>,
    target: Vec<usize>,
    found: Vec<usize>,
}

impl Captioning {
    fn captioned<D: Machine>(&self, net: &D::Net, device: &D, strips: &Loader<Digits>) -> Result<Vec<Captioned>, TrainError> {
        let writer = Writer::<D>::new(net, device, CaptionDecoder::<1>::GRAPH)?;
        let mut all = Vec::new();
        for batch in strips.epoch(1) {
            let StripBatch { pictures, captions } = batch?;
            let pixels: Vec<Vec<f32>> = pictures.as_slice().chunks_exact(SIZE.iter().product()).map(<[f32]>::to_vec).collect();
            let found = written(&writer, writer.read(pictures.into_dynamic(device)?, None)?, &CAPTION)?;
            let strips = pixels.into_iter().zip(captions.0).zip(found);
            all.extend(strips.map(|((pixels, target), found)| Captioned { pixels, target, found }));
        }
        Ok(all)
    }
}

impl<D: Machine> Task<D::Net, D> for Captioning {
    type Batch = StripBatch;
    const UNIT: &'static str = "strips";

    fn loss(&mut self, net: &mut D::Net, batch: StripBatch, pass: Pass<D>) -> Result<Step<D>, TrainError> {
        let StripBatch { pictures, captions } = batch;
        let pictures = pictures.into_dynamic(&pass.device)?;
        CAPTION.loss(net, pictures, None, &captions, pass)
    }

    fn check(&self, _: &D::Net) -> Result<(), TrainError> {
        if self.test.data().is_empty() { Err(TrainError::Test("no digit".to_owned())) } else { Ok(()) }
    }

    fn chance_loss(&self) -> Option<f64> {
        Some(CAPTION.chance_loss())
    }

    fn evaluate(&mut self, net: &D::Net, device: &D) -> Result<Metrics, TrainError> {
        let (targets, found): (Vec<_>, Vec<_>) =
            self.captioned::<D>(net, device, &self.test)?.into_iter().map(|strip| (strip.target, strip.found)).unzip();
        Ok(score(&found, &targets))
    }

    /// `captions.png`: strips with the caption that was written, and with the right one where it is another: first those that are right, then those that are not.
    fn draw(&mut self, net: &D::Net, device: &D, folder: &Path, _: bool) -> Result<(), TrainError> {
        const SHOWN: usize = 9;
        let strips = self.captioned::<D>(net, device, &self.test)?;
        let some = |right: bool| strips.iter().filter(move |strip| (strip.found == strip.target) == right).take(SHOWN);
        picture(some(true).chain(some(false))).save(&folder.join("captions.png"))
    }
}

/// Strips below their captions.
fn picture<'a>(strips: impl Iterator<Item = &'a Captioned>) -> Canvas {
    const COLUMNS: usize = 3;
    const SCALE: usize = 3;
    let captioned = |Captioned { pixels, target, found }: &Captioned| {
        let picture = Canvas::from_image(&Image { shape: SIZE, pixels: pixels.clone() }).enlarged(SCALE);
        picture.captioned(&if found == target { text(found) } else { format!("{}, not {}", text(found), text(target)) })
    };
    Canvas::level_grid(&strips.map(captioned).collect::<Vec<_>>(), COLUMNS)
}

impl Captioning {
    /// So many of the strips with the captions that the network writes.
    pub fn sample<D: Machine>(&self, net: &D::Net, device: &D, count: usize) -> Result<Canvas, TrainError> {
        Ok(picture(self.captioned::<D>(net, device, &self.test.spread(count, TEST_BATCH))?.iter()))
    }
}
