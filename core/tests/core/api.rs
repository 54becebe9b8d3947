//! Conventions of the public API: errors are usable with `?` and across threads, and models, optimizers and files can be sent to threads.

use std::error::Error;
use std::fmt::Debug;

use layercake::dfdx::tensor::CpuError;
use layercake::gradient::{GradCheck, GradReport, NonFinite, NonFiniteOutput};
use layercake::init::{Fan, Init, Nonlinearity};
use layercake::io::{IoError, JsonError, LoadReport, OnNonFinite};
use layercake::model::{Freezing, Frozen, NoSuchParameter};
use layercake::optim::{Adagrad, Adam, Clip, Group, InvalidOption, RMSprop, Sgd, StepError};
use layercake::prelude::*;
use layercake::{Drawing, EngineError, ForwardError, GraphError, IdError};

network! { Net: [4] -> [2] { fc1: Linear(3), ReLU, fc2: Linear(2) } }

fn is_an_error<E: Error + Send + Sync + 'static>() {}

fn can_be_shared<T: Debug + Send + Sync + 'static>() {}

fn can_be_cloned<T: Clone + Debug + Send + Sync + 'static>() {}

#[test]
fn errors() {
    is_an_error::<IoError>();
    is_an_error::<JsonError>();
    is_an_error::<EngineError>();
    is_an_error::<GraphError<CpuError>>();
    is_an_error::<ForwardError<CpuError>>();
    is_an_error::<IdError>();
    is_an_error::<StepError<CpuError>>();
    is_an_error::<InvalidOption>();
    is_an_error::<NoSuchParameter>();
}

#[test]
fn values() {
    can_be_cloned::<Net>();
    can_be_cloned::<GraphModel>();
    can_be_cloned::<DynTensor<f32, Cpu>>();
    can_be_cloned::<Adam>();
    can_be_cloned::<Sgd>();
    can_be_cloned::<RMSprop>();
    can_be_cloned::<Adagrad>();
    can_be_cloned::<Freezing<Adam>>();
    can_be_cloned::<(Clip, Group, Frozen, GradCheck, GradReport, LoadReport, OnNonFinite)>();
    can_be_cloned::<(Init, Fan, Nonlinearity, NonFinite, NonFiniteOutput)>();
    can_be_cloned::<(Summary, Drawing)>();
    can_be_shared::<layercake::gradient::Accumulation<f32, Cpu>>();
}
