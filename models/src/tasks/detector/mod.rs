//! Detectors: a sliding window, R-CNN, Fast R-CNN and Faster R-CNN on photos of blood cells.

mod bench;
mod draw;
mod head;
mod photos;
mod proposer;
mod targets;
mod task;
#[cfg(test)]
mod tests;
mod windows;

use std::path::Path;
use std::time::Instant;

use layercake::io::load_parameters;
use layercake::ir::Graph;
use layercake::prelude::*;
use layercake::schedule::Better;
use layercake_train::data::readers::VocFolder;
use layercake_train::data::{Array, Dataset, Image, KnownDataset, Loader};
use layercake_train::detection::{BBox, Detection, SelectiveSearch};
use layercake_train::run::{Recipe, RunOutcome};
use layercake_train::{Metrics, Task, Timing, TrainError, WithValidation};

use self::photos::{PhotoBatch, Photos, SIZE, varied};
use self::proposer::Proposer;
use self::task::{Detecting, Generation};
use self::windows::windows;
use super::entry::{Description, ModelKind, Run};
use super::machine::Machine;
use super::pair::Pair;
use super::run::{Prepared, Trained, train};
use crate::networks::{BoxHead, CropHead, CropTrunk, PhotoTrunk, ProposingTrunk};
use crate::zoo::{Detected, DetectionSeconds, ModelError, PhotoDetector, TrainOptions};

pub use self::draw::{class_key, outlined};

/// The classes of the heads.
const CLASSES: usize = 3;
/// Photos per batch in evaluation.
const TEST_BATCH: usize = 4;

/// The detectors of the zoo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Detector {
    SlidingWindow,
    Rcnn,
    FastRcnn,
    FasterRcnn,
}

impl Detector {
    fn trunk(self) -> &'static Graph {
        match self {
            Detector::SlidingWindow | Detector::Rcnn => CropTrunk::<f32, Cpu>::GRAPH,
            Detector::FastRcnn => PhotoTrunk::<f32, Cpu>::GRAPH,
            Detector::FasterRcnn => ProposingTrunk::<f32, Cpu>::GRAPH,
        }
    }

    fn crops(self) -> bool {
        matches!(self, Detector::SlidingWindow | Detector::Rcnn)
    }

    fn boxes(self) -> &'static Graph {
        if self.crops() { CropHead::<f32, Cpu>::GRAPH } else { BoxHead::<f32, Cpu>::GRAPH }
    }

    fn build<D: Machine>(self, device: &D) -> Result<Pair<D::Net>, TrainError> {
        Ok(Pair { trunk: device.build(self.trunk())?, head: device.build(self.boxes())? })
    }

    fn load<D: Machine>(self, run: &Run, device: &D) -> Result<Pair<D::Net>, TrainError> {
        let mut net = self.build(device)?;
        load_parameters(&mut net, &run.checkpoint)?;
        Ok(net)
    }

    fn generation(self) -> Result<Generation, TrainError> {
        Ok(match self {
            Detector::SlidingWindow | Detector::Rcnn => Generation::Crops,
            Detector::FastRcnn => Generation::Fast,
            Detector::FasterRcnn => Generation::Faster(Proposer::new().map_err(task::wrong)?),
        })
    }

    /// What is proposed for a photo, unless the network does.
    fn proposals(self, photo: &Image) -> Result<Vec<BBox>, TrainError> {
        match self {
            Detector::SlidingWindow => windows().map_err(task::wrong),
            Detector::Rcnn | Detector::FastRcnn => Ok(SelectiveSearch::default().propose(photo)),
            Detector::FasterRcnn => Ok(Vec::new()),
        }
    }

    fn read(self, folder: &VocFolder) -> Result<Photos, TrainError> {
        Photos::read(folder, |photo| self.proposals(photo))
    }

    /// The task; with a recipe, that of training.
    fn task(self, test: Photos, classes: &[String], recipe: Option<&Recipe>) -> Result<Detecting, TrainError> {
        let tested_after = recipe.filter(|_| self.crops()).map(|recipe| recipe.epochs);
        let seed = recipe.map_or(0, |recipe| recipe.seed);
        let test = Loader::new(test, TEST_BATCH);
        // Those that take the proposals of a search learn from the same number, so that their times can be compared.
        let learned = if self == Detector::FasterRcnn { 64 } else { 256 };
        Ok(Detecting { generation: self.generation()?, test, classes: classes.to_vec(), seed, learned, tested_after, epoch: 0 })
    }
}

impl ModelKind for Detector {
    fn graph(&self) -> &'static Graph {
        self.trunk()
    }

    fn head(&self) -> Option<&'static Graph> {
        Some(self.boxes())
    }

    fn train<D: Machine>(&self, description: &Description, device: &D, options: &TrainOptions) -> Result<RunOutcome, ModelError> {
        let model = Trained { name: description.name, graph: self.graph(), agent: None };
        train(model, device, options, (description.recipe)(options.dataset), |recipe| {
            let folders = options.dataset.load_objects(options.data_dir.as_deref()).map_err(TrainError::from)?;
            let classes = folders[0].classes().to_vec();
            let [train, test] = [self.read(&folders[0])?, self.read(&folders[1])?];
            let [rest, held] = recipe.parts(train.len())?;
            // What is held out is searched after each epoch: that is what it is for.
            let validation = if held.is_empty() { None } else { Some(self.task(train.subset(&held), &classes, None)?) };
            let train = varied(Loader::new(train.subset(&rest), recipe.batch_size).shuffle(recipe.seed).workers(recipe.workers));
            let net = self.build(device)?;
            let (optimizer, items) = (recipe.adam(&net), train.data().len());
            let task = WithValidation { task: self.task(test, &classes, Some(recipe))?, validation };
            let selected_by = ("validation_map_50", Better::Higher);
            Ok(Prepared { net, optimizer, items, train, task, selected_by, normalize: None, classes })
        })
    }

    fn evaluate<D: Machine>(
        &self,
        run: &Run,
        device: &D,
        dataset: KnownDataset,
        data_dir: Option<&Path>,
    ) -> Result<(Metrics, u64), ModelError> {
        let [_, test] = dataset.load_objects(data_dir).map_err(TrainError::from)?;
        let net = self.load(run, device)?;
        let classes = test.classes().to_vec();
        let test = self.read(&test)?;
        let items = test.len() as u64;
        Ok((self.task(test, &classes, None)?.evaluate(&net, device)?, items))
    }

    fn bench<D: Machine>(&self, _: &Description, device: &D, batch_size: usize) -> Result<[Timing; 2], ModelError> {
        let classes = ["a", "b", "c"].map(str::to_owned);
        let mut task = self.task(Photos::default(), &classes, None)?;
        Ok(bench::bench(&mut task, &mut self.build(device)?, device, batch_size)?)
    }

    fn detector<D: Machine>(&self, _: &Description, run: &Run, device: D) -> Result<PhotoDetector, ModelError> {
        let kind = *self;
        let net = kind.load(run, &device)?;
        let classes = run.classes(CLASSES)?;
        let task = kind.task(Photos::default(), &classes, None)?;
        Ok(PhotoDetector::new(classes, move |photo| {
            let [down, across] = [0, 1].map(|axis| photo.size()[axis] as f32 / SIZE[axis] as f32);
            let small = photo.resized(SIZE);
            let from = Instant::now();
            let proposals = vec![kind.proposals(&small)?];
            let mut seconds = DetectionSeconds { proposals: from.elapsed().as_secs_f64(), ..DetectionSeconds::default() };
            let images = Array::new([&[1], &small.shape[..]].concat(), small.pixels);
            let batch = PhotoBatch { images, objects: vec![Vec::new()], proposals };
            let mut found = task.find(&net, &device, batch, true, &mut seconds)?.found;
            let in_photo = |found: Detection| Detection { bbox: found.bbox.scaled(across, down), ..found };
            Ok(Detected { detections: found.swap_remove(0).into_iter().map(in_photo).collect(), seconds })
        }))
    }
}
