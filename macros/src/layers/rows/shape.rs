//! What moves elements and changes none.

use layercake_ir::Op;
use layercake_ir::ops::Flatten;

use super::plain;
use crate::layers::{Outline, Row};

/// What moves elements and changes none.
pub const ROWS: &[Row] = &[Row { outline: Outline::Flat, ..plain("Flatten", "flatten", "Flatten", |_| Op::Flatten(Flatten {})) }];
