//! A program's network on its device.

#[cfg(feature = "cuda")]
use layercake::GraphModel;
use layercake::prelude::*;
use layercake::{AnyNetwork, HasGraph};

use super::{Device, Program};
use crate::TrainError;
use crate::own::{Evaluated, EvaluationOptions, OwnModel, TrainingOptions, evaluate, train};
use crate::run::{OwnData, RunOutcome};

impl<N: AnyNetwork<f32, Cpu> + HasGraph + Clone> Program<N> {
    /// Calls `work` with the network as the model of the user's data.
    pub(super) fn model<T>(&self, work: impl FnOnce(&OwnModel<'_, N, Cpu>) -> T) -> T {
        let build = |_: &OwnData, device: &Cpu| (self.build)(&self.graph, device);
        work(&self.model_on(&build))
    }

    /// The network, made by `build`, as the model of the user's data.
    fn model_on<'a, M, D>(&'a self, build: &'a dyn Fn(&OwnData, &D) -> Result<M, TrainError>) -> OwnModel<'a, M, D> {
        let inputs = self.graph.inputs();
        let input = inputs.first().filter(|_| inputs.len() == 1).map(|port| port.shape.dims().to_vec());
        OwnModel { name: self.graph.name(), recipe: self.recipe, input, given: self.given.as_deref(), build }
    }

    /// Trains on a device. A GPU runs the network's graph, whose tensors have the same paths.
    pub(super) fn train_on(
        &self,
        device: Device,
        seed: u64,
        options: TrainingOptions,
        warn: &mut dyn FnMut(&str),
    ) -> Result<RunOutcome, TrainError> {
        match device {
            Device::Cpu => self.model(|model| train(model, &Cpu::seed_from_u64(seed), options, warn)),
            #[cfg(feature = "cuda")]
            Device::Cuda => train(&self.model_on(&|_, device| self.on_gpu(device)), &gpu(seed)?, options, warn),
            #[cfg(not(feature = "cuda"))]
            Device::Cuda => Err(no_cuda()),
        }
    }

    pub(super) fn evaluate_on(&self, device: Device, options: &EvaluationOptions) -> Result<Evaluated, TrainError> {
        match device {
            Device::Cpu => self.model(|model| evaluate(model, &Cpu::default(), options)),
            #[cfg(feature = "cuda")]
            Device::Cuda => evaluate(&self.model_on(&|_, device| self.on_gpu(device)), &gpu(0)?, options),
            #[cfg(not(feature = "cuda"))]
            Device::Cuda => Err(no_cuda()),
        }
    }

    #[cfg(feature = "cuda")]
    fn on_gpu(&self, device: &Gpu) -> Result<GraphModel<f32, Gpu>, TrainError> {
        Ok(GraphModel::try_new(self.graph.clone().into_owned(), device)?)
    }
}

#[cfg(feature = "cuda")]
type Gpu = layercake::dfdx::tensor::Cuda;

#[cfg(feature = "cuda")]
fn gpu(seed: u64) -> Result<Gpu, TrainError> {
    layercake::cuda::open(0, seed).map_err(TrainError::Device)
}

#[cfg(not(feature = "cuda"))]
fn no_cuda() -> TrainError {
    TrainError::Setting("`--device cuda`: this build runs on the CPU only; build with the feature `cuda` of layercake-train".to_owned())
}
