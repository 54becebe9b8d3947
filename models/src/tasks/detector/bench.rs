//! Times a training step and a detection on photos of noise.

use layercake_train::data::Array;
use layercake_train::data::rand::rngs::StdRng;
use layercake_train::data::rand::{Rng, SeedableRng};
use layercake_train::detection::{BBox, Object};
use layercake_train::{Task, Timing, TrainError};

use super::photos::{PhotoBatch, SIZE};
use super::task::{Detecting, Generation};
use crate::tasks::machine::Machine;
use crate::tasks::pair::Pair;
use crate::zoo::DetectionSeconds;

/// Objects of a photo: as many as in BCCD's.
const OBJECTS: usize = 13;
/// Proposals of a photo, for the detectors that do not make them.
const PROPOSALS: usize = 1000;

fn boxes(random: &mut StdRng, count: usize) -> Vec<BBox> {
    let mut one = || {
        let [width, height] = [0; 2].map(|_| random.gen_range(10.0..110.0));
        let [x, y] = [random.gen_range(0.0..SIZE[1] as f32 - width), random.gen_range(0.0..SIZE[0] as f32 - height)];
        BBox::new(x, y, x + width, y + height)
    };
    (0..count).map(|_| one()).collect()
}

/// The times of a training step and of a detection. Both end with numbers on the host. The head learns from all proposals, of which a recipe samples some: what a photo
/// costs follows from their number.
pub fn bench<D: Machine>(task: &mut Detecting, net: &mut Pair<D::Net>, device: &D, batch: usize) -> Result<[Timing; 2], TrainError> {
    if !matches!(task.generation, Generation::Faster(_)) {
        task.learned = PROPOSALS;
    }
    let mut random = StdRng::seed_from_u64(0);
    let shape = [batch, 3, SIZE[0], SIZE[1]];
    let numbers = (0..shape.iter().product()).map(|_| random.gen_range(0.0..1.0)).collect();
    let classes = task.classes.len();
    let object = |(i, bbox)| Object { bbox, class: i % classes, ignore: false };
    let objects = (0..batch).map(|_| boxes(&mut random, OBJECTS).into_iter().enumerate().map(object).collect()).collect();
    let proposals = (0..batch).map(|_| boxes(&mut random, PROPOSALS)).collect();
    let photos = PhotoBatch { images: Array::new(shape.to_vec(), numbers), objects, proposals };

    let train = Timing::of_step(net, device, batch, |net, pass| Task::<Pair<D::Net>, D>::loss(task, net, photos.clone(), pass))?;
    let detect = Timing::measure(batch, || {
        std::hint::black_box(task.find(net, device, photos.clone(), true, &mut DetectionSeconds::default())?);
        Ok::<_, TrainError>(())
    })?;
    Ok([train, detect])
}
