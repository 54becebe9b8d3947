//! Imports for the file of an operation.

pub(crate) use crate::ops::{Sizes, Window, structural};
pub(crate) use crate::rules::{alike, axis, channels, normalization, pool, probability, reduction, window};
pub(crate) use crate::spec::{Axes, Choice, Family, Initial, Inputs, Label, Module, Outline, Sequence, operation, words};
pub(crate) use crate::{INFER, MAX_RANK, Mistake, Params, Part, Shape, Site, Text};
