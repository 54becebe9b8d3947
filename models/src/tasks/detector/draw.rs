//! Pictures of what a detector finds.

use std::path::Path;

use layercake_train::TrainError;
use layercake_train::data::{Array, Image};
use layercake_train::detection::{BBox, Detection};
use layercake_train::run::Canvas;

use super::task::{Detecting, Searched};
use crate::tasks::machine::Machine;
use crate::tasks::pair::Pair;
use crate::zoo::DetectionSeconds;

/// How many test photos are drawn.
const SHOWN: usize = 4;
/// Detections that are less sure are not drawn.
const SURE: f32 = 0.5;
/// How many proposals are drawn.
const PROPOSALS: usize = 40;
const GRAY: [u8; 3] = [90; 3];

/// A photo with boxes in the colors of their classes, and how sure the detector is in percent.
pub fn outlined(photo: &Image, scale: usize, found: &[Detection], sure: f32, scores: bool) -> Canvas {
    let mut canvas = Canvas::from_image(photo).enlarged(scale);
    let place = |edge: f32, back: usize| ((edge.max(0.0) as usize) * scale + 2).saturating_sub(back);
    let drawn = || found.iter().filter(|found| found.score >= sure);
    drawn().for_each(|found| canvas.outline(&found.bbox, scale, Canvas::color_of(found.class)));
    if scores {
        for found in drawn() {
            let percent = format!("{:.0}", 100.0 * found.score);
            canvas.write(&percent, place(found.bbox.y1, 0), place(found.bbox.x1, 0), Canvas::color_of(found.class));
        }
    }
    canvas
}

/// The colors of the classes.
pub fn class_key(classes: &[String]) -> Vec<(String, [u8; 3])> {
    classes.iter().enumerate().map(|(class, name)| (name.clone(), Canvas::color_of(class))).collect()
}

/// `detections.png`: test photos with their objects, and with what was found. `proposals.png`: the proposals, what is found by their classes alone, and with
/// the offsets of their boxes.
pub fn pictures<D: Machine>(task: &Detecting, net: &Pair<D::Net>, device: &D, folder: &Path) -> Result<(), TrainError> {
    let (mut detections, mut stages) = (Vec::new(), Vec::new());
    for batch in task.test.spread(SHOWN, 1).epoch(1) {
        let batch = batch?;
        let photo = image(&batch.images);
        let sure = |bbox: BBox, class: usize| Detection { bbox, class, score: 1.0 };
        let truths: Vec<Detection> = batch.objects[0].iter().map(|object| sure(object.bbox, object.class)).collect();
        let before = task.find(net, device, batch.clone(), false, &mut DetectionSeconds::default())?.found;
        let Searched { proposals, found } = task.find(net, device, batch, true, &mut DetectionSeconds::default())?;
        detections.push(outlined(&photo, 2, &truths, SURE, false));
        detections.push(outlined(&photo, 2, &found[0], SURE, true));
        let mut proposed = Canvas::from_image(&photo);
        proposals[0].iter().take(PROPOSALS).for_each(|bbox| proposed.outline(bbox, 1, GRAY));
        stages.extend([proposed, outlined(&photo, 1, &before[0], SURE, false), outlined(&photo, 1, &found[0], SURE, false)]);
    }
    let key = class_key(&task.classes);
    let detections = Canvas::grid(&detections, 2).with_columns(&["true", "found, with scores in percent"]).with_key(&key);
    detections.save(&folder.join("detections.png"))?;
    let stages = Canvas::grid(&stages, 3).with_columns(&["proposals", "classified", "with offsets"]).with_key(&key);
    stages.save(&folder.join("proposals.png"))
}

/// The first image of a batch.
fn image(images: &Array<f32>) -> Image {
    let shape = [images.shape()[1], images.shape()[2], images.shape()[3]];
    Image { shape, pixels: images.as_slice()[..shape.iter().product()].to_vec() }
}
