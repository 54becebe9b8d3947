//! Trained models that are used on photos of the user's own.

use std::fmt;

use layercake_train::TrainError;
use layercake_train::data::{Image, Mask};
use layercake_train::detection::Detection;
use serde::Serialize;

/// What is found in a photo.
#[derive(Clone, Debug, PartialEq)]
pub struct Detected {
    /// The objects in pixels of the photo, the surest first; those of a score below 0.05 are left out.
    pub detections: Vec<Detection>,
    /// The time that it took.
    pub seconds: DetectionSeconds,
}

/// Seconds for the parts of detection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct DetectionSeconds {
    /// Of the proposals: of the search, or of choosing among the network's.
    pub proposals: f64,
    /// Of the features, of the photo or of all crops.
    pub features: f64,
    /// Of the head, the pooling before it and the suppression behind it.
    pub head: f64,
}

/// A function of a photo.
type OfPhoto<T> = Box<dyn Fn(&Image) -> Result<T, TrainError>>;

/// A trained detector.
pub struct PhotoDetector {
    classes: Vec<String>,
    detect: OfPhoto<Detected>,
}

impl PhotoDetector {
    pub(crate) fn new(classes: Vec<String>, detect: impl Fn(&Image) -> Result<Detected, TrainError> + 'static) -> Self {
        Self { classes, detect: Box::new(detect) }
    }

    /// The names of the classes.
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// Finds the objects of a color photo of any size.
    ///
    /// # Errors
    /// If the photo has not three channels or no pixels, or the device fails.
    pub fn detect(&self, photo: &Image) -> Result<Detected, TrainError> {
        check(photo)?;
        (self.detect)(photo)
    }
}

/// A trained network that gives each pixel a class.
pub struct PhotoSegmenter {
    classes: Vec<String>,
    segment: OfPhoto<Mask>,
}

impl PhotoSegmenter {
    pub(crate) fn new(classes: Vec<String>, segment: impl Fn(&Image) -> Result<Mask, TrainError> + 'static) -> Self {
        Self { classes, segment: Box::new(segment) }
    }

    /// The names of the classes.
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// The class of each pixel of a color photo of any size.
    ///
    /// # Errors
    /// If the photo has not three channels or no pixels, or the device fails.
    pub fn segment(&self, photo: &Image) -> Result<Mask, TrainError> {
        check(photo)?;
        (self.segment)(photo)
    }
}

fn check(photo: &Image) -> Result<(), TrainError> {
    match photo.shape {
        [3, height, width] if height > 0 && width > 0 => Ok(()),
        shape => Err(TrainError::Network(format!("expected a photo of three channels, found {shape:?}"))),
    }
}

impl fmt::Debug for PhotoDetector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PhotoDetector").field("classes", &self.classes).finish_non_exhaustive()
    }
}

impl fmt::Debug for PhotoSegmenter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PhotoSegmenter").field("classes", &self.classes).finish_non_exhaustive()
    }
}
