//! What is measured of a layer.

use serde::{Deserialize, Serialize};

/// What the trainer measures of a layer in an epoch. A layer with weights has the first two numbers, an activation the others.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LayerHealth {
    /// The layer.
    pub layer: String,
    /// The norm of the weight's gradient, before clipping, divided by that of the weight; the mean over up to four steps of the epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gradient: Option<f64>,
    /// The norm of the weight's change in a step, divided by that of the weight; the mean over the same steps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub update: Option<f64>,
    /// The share of the units of a ReLU that are 0 for all of up to 256 test items.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dead: Option<f64>,
    /// The share of the units that are in the flat part of their function for nearly all of these items.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub saturated: Option<f64>,
}
