//! The known sizes of an output without its shape rule.

use crate::flow::Dim;
use crate::layers::Outline;
use crate::settings::{Num, Settings, Value};

/// The sizes of an output after the first: a recurrent layer's state is `[layers, hidden]`; the parts of a split have the first part's outline.
pub fn further(outline: Outline, settings: &Settings, input: Option<&[Dim]>, stated: impl Fn(&Num<usize>) -> Dim) -> Option<Vec<Dim>> {
    match outline {
        Outline::Steps => {
            let hidden = settings.size("hidden").filter(|size| !matches!(size, Num::Known(0 | layercake_ir::INFER)));
            Some(vec![Dim::Unknown, hidden.map_or(Dim::Unknown, &stated)])
        }
        _ => dims(outline, settings, input, stated),
    }
}

/// The sizes; None if not even their number is known. `stated` converts a size that the user wrote.
pub fn dims(outline: Outline, settings: &Settings, input: Option<&[Dim]>, stated: impl Fn(&Num<usize>) -> Dim) -> Option<Vec<Dim>> {
    let setting = |field: &str| match settings.size(field) {
        // Zero is reported separately.
        None | Some(Num::Known(0 | layercake_ir::INFER)) => Dim::Unknown,
        Some(size) => stated(size),
    };
    // The channels of an input with this many axes.
    let channels = |rank: usize| input.filter(|dims| dims.len() == rank).map_or(Dim::Unknown, |dims| dims[0].clone());
    Some(match outline {
        Outline::Same => input?.to_vec(),
        Outline::Last(field) => {
            let dims = input?;
            // On an image, a `Flatten` is probably missing, unless the size of the last axis is stated.
            let stated = settings.size("in_features").is_some_and(|size| *size != Num::Known(layercake_ir::INFER));
            let keep = if dims.len() == 2 || stated { dims.len().saturating_sub(1) } else { 0 };
            dims.iter().take(keep).cloned().chain([setting(field)]).collect()
        }
        Outline::Map(field) => vec![field.map_or_else(|| channels(3), setting), Dim::Unknown, Dim::Unknown],
        Outline::Line(field) => vec![field.map_or_else(|| channels(2), setting), Dim::Unknown],
        Outline::Flat => vec![Dim::Unknown],
        Outline::First => vec![input.and_then(|dims| dims.first().cloned()).unwrap_or(Dim::Unknown)],
        Outline::Rank => vec![Dim::Unknown; input?.len()],
        Outline::OneFewer => vec![Dim::Unknown; input?.len().saturating_sub(1).max(1)],
        Outline::OneMore => vec![Dim::Unknown; (input?.len() + 1).min(layercake_ir::MAX_RANK)],
        Outline::Fewer(field) => vec![Dim::Unknown; input?.len().saturating_sub(settings.list(field).len()).max(1)],
        // Too many axes are reported separately.
        Outline::Behind(field) => {
            input.filter(|dims| dims.len() < layercake_ir::MAX_RANK)?.iter().cloned().chain([setting(field)]).collect()
        }
        Outline::Unknown => return None,
        Outline::Steps => {
            let word = settings.get("output").and_then(|setting| setting.value.as_ref());
            let last = word == Some(&Value::Word("last"));
            let one = settings.get("bidirectional").is_some_and(|setting| setting.value == Some(Value::Bool(Num::Known(false))));
            let width = if one { setting("hidden") } else { Dim::Unknown };
            if last {
                return Some(vec![width]);
            }
            let length = input.filter(|dims| dims.len() == 2).map_or(Dim::Unknown, |dims| dims[0].clone());
            vec![length, width]
        }
        Outline::List(field) => match settings.list(field) {
            [] => return None,
            list => list
                .iter()
                .map(|size| if matches!(size, Num::Known(0 | layercake_ir::INFER)) { Dim::Unknown } else { stated(size) })
                .collect(),
        },
    })
}
