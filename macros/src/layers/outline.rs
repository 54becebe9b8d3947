//! What is known of an output's sizes without the shape rule.

use super::Outline;
use crate::flow::Dim;
use crate::settings::{Num, Settings};

impl Outline {
    /// The sizes; None where not even their number is known. `stated` makes a size of one that the user wrote.
    pub fn dims(self, settings: &Settings, input: Option<&[Dim]>, stated: impl Fn(&Num<usize>) -> Dim) -> Option<Vec<Dim>> {
        let setting = |field: &str| match settings.size(field) {
            // Zero is a mistake of its own.
            None | Some(Num::Known(0 | layercake_ir::INFER)) => Dim::Unknown,
            Some(size) => stated(size),
        };
        // The channels of an input of this many axes.
        let channels = |rank: usize| input.filter(|dims| dims.len() == rank).map_or(Dim::Unknown, |dims| dims[0].clone());
        Some(match self {
            Outline::Same => input?.to_vec(),
            Outline::Last(field) => {
                let dims = input?;
                // On an image, a `Flatten` was forgotten.
                let keep = if dims.len() == 2 { 1 } else { 0 };
                dims.iter().take(keep).cloned().chain([setting(field)]).collect()
            }
            Outline::Map(field) => vec![field.map_or_else(|| channels(3), setting), Dim::Unknown, Dim::Unknown],
            Outline::Line(field) => vec![field.map_or_else(|| channels(2), setting), Dim::Unknown],
            Outline::Flat => vec![Dim::Unknown],
            Outline::First => vec![input.and_then(|dims| dims.first().cloned()).unwrap_or(Dim::Unknown)],
            Outline::Rank => vec![Dim::Unknown; input?.len()],
            Outline::Fewer(field) => vec![Dim::Unknown; input?.len().saturating_sub(settings.list(field).len()).max(1)],
            Outline::List(field) => match settings.list(field) {
                [] => return None,
                list => {
                    list.iter().map(|size| if *size == Num::Known(layercake_ir::INFER) { Dim::Unknown } else { stated(size) }).collect()
                }
            },
        })
    }
}
