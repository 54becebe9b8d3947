//! Values of arguments.

use clap::ValueEnum;
pub(crate) use layercake_train::cli::Device;
use layercake_train::generative::GeneratorLoss;

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Loss {
    /// -log D of the samples: its gradient is large while they are bad.
    NonSaturating,
    /// log(1 - D) of the samples.
    Minimax,
}

impl From<Loss> for GeneratorLoss {
    fn from(loss: Loss) -> Self {
        match loss {
            Loss::NonSaturating => Self::NonSaturating,
            Loss::Minimax => Self::Minimax,
        }
    }
}

/// Upper bound of counts: their products cannot overflow.
const MOST: usize = 100_000;
const MOST_THREADS: usize = 1024;

pub(crate) fn count(text: &str) -> Result<usize, String> {
    whole(text, MOST)
}

pub(crate) fn threads(text: &str) -> Result<usize, String> {
    whole(text, MOST_THREADS)
}

pub(super) fn patience(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|epochs| *epochs <= MOST).ok_or(format!("expected a whole number from 0 to {MOST}"))
}

fn whole(text: &str, most: usize) -> Result<usize, String> {
    text.parse().ok().filter(|number| (1..=most).contains(number)).ok_or(format!("expected a whole number from 1 to {most}"))
}

pub(crate) fn share(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|share: &f64| *share > 0.0 && *share <= 1.0).ok_or("expected a number above 0 and at most 1".to_owned())
}

pub(crate) fn rate(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|rate: &f64| rate.is_finite() && *rate > 0.0).ok_or("expected a positive number such as 0.001".to_owned())
}

/// What an ONNX file leaves open.
#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "onnx"), allow(dead_code, reason = "without ONNX files an option is refused, and only its text is of use"))]
pub(crate) struct Size {
    /// As it was written.
    pub(crate) text: String,
    pub(crate) name: String,
    /// One size, or those of all axes of an input; None for one that the file states.
    pub(crate) sizes: Vec<Option<usize>>,
}

/// A size by its name, `length=128`, or the shape of an input, `x=_,3,32,32`.
pub(super) fn size(text: &str) -> Result<Size, String> {
    let one = |size: &str| if size == "_" { Some(None) } else { size.parse().ok().filter(|&size: &usize| size > 0).map(Some) };
    let found = text.rsplit_once('=').filter(|(name, _)| !name.is_empty()).and_then(|(name, sizes)| {
        let sizes = sizes.split(',').map(|size| one(size.trim())).collect::<Option<Vec<_>>>()?;
        (sizes != [None]).then(|| Size { text: text.to_owned(), name: name.to_owned(), sizes })
    });
    found.ok_or_else(|| "expected a name and a size, length=128, or an input and the sizes of its axes, x=_,3,32,32".to_owned())
}

/// An axis that is left open: `input:1:length`.
#[cfg(feature = "onnx")]
pub(super) fn axis(text: &str) -> Result<layercake::io::onnx::DynamicAxis, String> {
    let parts: Vec<&str> = text.rsplitn(3, ':').collect();
    match (&parts[..], parts.get(1).and_then(|axis| axis.parse().ok())) {
        ([name, _, input], Some(axis)) if !name.is_empty() && !input.is_empty() => {
            Ok(layercake::io::onnx::DynamicAxis { input: (*input).to_owned(), axis, name: (*name).to_owned() })
        }
        _ => Err("expected the name of an input, an axis, and a name for its size: input:1:length".to_owned()),
    }
}
