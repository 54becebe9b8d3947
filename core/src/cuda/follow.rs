//! Averages of parameters on a GPU: those of all parameters in one launch.

use std::marker::PhantomData;
use std::sync::Arc;

use cudarc::driver::CudaDevice;
use dfdx::tensor::{Cuda, Storage};
use dfdx::tensor_ops::Device;
use layercake_engine_cuda::Many;

use super::generic::{of_driver, on_engine, same, storage};
use super::launch::Given;
use super::many::{Row, launch};
use super::owned;
use crate::Scalar;
use crate::host::number;
use crate::model::Named;
use crate::model::any_tensor::AnyTensor;
use crate::run::value::Value;

/// Collects averages and the parameters that they follow: `average = keep average + (1 - keep) parameter`.
pub(crate) struct Follow<E, D> {
    keep: f64,
    rows: Vec<Row>,
    device: Option<Arc<CudaDevice>>,
    of: PhantomData<(E, D)>,
}

impl<E: Scalar, D: Device<E>> Follow<E, D> {
    pub fn new(keep: f64) -> Self {
        Self { keep, rows: Vec::new(), device: None, of: PhantomData }
    }

    /// Whether the launch will update this average.
    ///
    /// # Errors
    /// Returns an error if the device is out of memory.
    pub fn takes(&mut self, average: &mut dyn AnyTensor<E, D>, tensor: &Named<E, D>) -> Result<bool, D::Err> {
        // A copy is no arithmetic: 0 times NaN would remain.
        if !owned::CAN_OWN || !on_engine::<E, D>() || self.keep == 0.0 || !tensor.is_trained() || !average.is_in_order()? {
            return Ok(false);
        }
        let tensor = Value::erase(tensor.flat())?.0;
        average.own(&tensor)?;
        if self.device.is_none() {
            // dfdx gives the driver's device away with an allocation only.
            self.device = Some(storage::<E, D>(&<D as Storage<E>>::try_alloc_len(average.device(), 0)?).device());
        }
        let at = |value: Value<E, D>| same::<_, Value<f32, Cuda>>(value).memory();
        self.rows.push(Row::new(vec![at(average.value()?), at(tensor)]));
        Ok(true)
    }

    /// # Errors
    /// Returns the driver's error.
    pub fn launch(self) -> Result<(), D::Err> {
        let Some(device) = &self.device else { return Ok(()) };
        let given = [self.keep, 1.0 - self.keep].map(|factor| Given::Float(number(factor)));
        launch(device, &Many::average(), &self.rows, |_| given.to_vec()).map_err(of_driver::<D>)
    }
}
