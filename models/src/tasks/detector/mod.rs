//! Detectors: R-CNN, Fast R-CNN and Faster R-CNN on photos of blood cells.

mod draw;
mod head;
mod pair;
mod photos;
mod proposer;
mod targets;
mod task;

use std::path::Path;

use layercake::io::load_parameters;
use layercake::ir::Graph;
use layercake::prelude::*;
use layercake::schedule::Better;
use layercake_train::data::readers::VocFolder;
use layercake_train::data::{Dataset, KnownDataset, Loader, Scene};
use layercake_train::detection::BBox;
use layercake_train::run::RunOutcome;
use layercake_train::{Metrics, Task, TrainError, WithValidation};

use self::pair::Pair;
use self::photos::{Photos, varied};
use self::proposer::Proposer;
use self::task::{Detecting, Generation};
use super::entry::{Description, ModelKind, Run};
use super::machine::Machine;
use super::run::{Prepared, Trained, train};
use crate::networks::{BoxHead, CropHead, CropTrunk, PhotoTrunk, ProposingTrunk};
use crate::zoo::{ModelError, TrainOptions};

/// Photos per batch in evaluation.
const TEST_BATCH: usize = 4;

/// The detectors of the zoo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Detector {
    Rcnn,
    FastRcnn,
    FasterRcnn,
}

impl Detector {
    fn trunk(self) -> &'static Graph {
        match self {
            Detector::Rcnn => CropTrunk::<f32, Cpu>::GRAPH,
            Detector::FastRcnn => PhotoTrunk::<f32, Cpu>::GRAPH,
            Detector::FasterRcnn => ProposingTrunk::<f32, Cpu>::GRAPH,
        }
    }

    fn head(self) -> &'static Graph {
        if self == Detector::Rcnn { CropHead::<f32, Cpu>::GRAPH } else { BoxHead::<f32, Cpu>::GRAPH }
    }

    fn build<D: Machine>(self, device: &D) -> Result<Pair<D::Net>, TrainError> {
        Ok(Pair { trunk: device.build(self.trunk())?, head: device.build(self.head())? })
    }

    fn generation(self) -> Result<Generation, TrainError> {
        Ok(match self {
            Detector::Rcnn => Generation::Crops,
            Detector::FastRcnn => Generation::Fast,
            Detector::FasterRcnn => Generation::Faster(Proposer::new().map_err(|error| TrainError::Test(error.to_string()))?),
        })
    }

    /// What is proposed for a photo, unless the network does.
    fn proposals(self) -> fn(&Scene) -> Vec<BBox> {
        |_| Vec::new()
    }

    fn task(self, test: Photos, classes: &[String], seed: u64) -> Result<Detecting, TrainError> {
        let test = Loader::new(test, TEST_BATCH);
        Ok(Detecting { generation: self.generation()?, test, classes: classes.to_vec(), seed })
    }
}

fn photos(data_dir: Option<&Path>) -> Result<[VocFolder; 2], TrainError> {
    Ok(KnownDataset::Bccd.load_objects(data_dir)?)
}

impl ModelKind for Detector {
    fn graph(&self) -> &'static Graph {
        self.trunk()
    }

    fn train<D: Machine>(&self, description: &Description, device: &D, options: &TrainOptions) -> Result<RunOutcome, ModelError> {
        let model = Trained { name: description.name, graph: self.graph(), agent: None };
        train(model, device, options, (description.recipe)(options.dataset), |recipe| {
            let folders = options.dataset.load_objects(options.data_dir.as_deref()).map_err(TrainError::from)?;
            let classes = folders[0].classes().to_vec();
            let read = |folder: &VocFolder| Photos::read(folder, self.proposals()).map_err(TrainError::from);
            let [train, test] = [read(&folders[0])?, read(&folders[1])?];
            let [rest, held] = recipe.parts(train.len())?;
            let validation = if held.is_empty() { None } else { Some(self.task(train.subset(&held), &classes, recipe.seed)?) };
            let train = varied(Loader::new(train.subset(&rest), recipe.batch_size).shuffle(recipe.seed).workers(recipe.workers));
            let net = self.build(device)?;
            let (optimizer, items) = (recipe.adam(&net), train.data().len());
            let task = WithValidation { task: self.task(test, &classes, recipe.seed)?, validation };
            let selected_by = ("validation_map_50", Better::Higher);
            Ok(Prepared { net, optimizer, items, train, task, selected_by, normalize: None, classes })
        })
    }

    fn evaluate<D: Machine>(
        &self,
        run: &Run,
        device: &D,
        _: KnownDataset,
        data_dir: Option<&Path>,
    ) -> Result<(Metrics, u64), ModelError> {
        let mut net = self.build(device)?;
        load_parameters(&mut net, &run.checkpoint).map_err(TrainError::from)?;
        let [_, test] = photos(data_dir)?;
        let classes = test.classes().to_vec();
        let test = Photos::read(&test, self.proposals()).map_err(TrainError::from)?;
        let items = test.len() as u64;
        Ok((self.task(test, &classes, 0)?.evaluate(&net, device)?, items))
    }
}
