//! The parts that the shape rules of several operations share.

pub(crate) mod alike;
pub(crate) mod axis;
pub(crate) mod channels;
pub(crate) mod normalization;
pub(crate) mod pool;
pub(crate) mod probability;
pub(crate) mod reduction;
pub(crate) mod window;
