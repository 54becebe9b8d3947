//! What the parameters in a file and those of a network differ in, and what to do about it.

use layercake::io::{LoadReport, Mismatch};
use layercake::ir::Graph;

use super::transfer::is_of;

/// The most differences that a message lists.
const LISTED: usize = 4;

/// A file that was compared with a network.
pub(super) struct Differences<'a> {
    pub graph: &'a Graph,
    /// The path of the network's last layer, if there is one.
    pub last: Option<&'a str>,
    /// Whether the last layer is a new one.
    pub new_head: bool,
    /// The model of the file, if it is in the folder of a run.
    pub model: Option<&'a str>,
    pub report: &'a LoadReport,
}

impl Differences<'_> {
    /// Why the file cannot be used.
    pub fn reason(&self) -> Option<String> {
        let LoadReport { missing, mismatched, unused, non_finite, .. } = self.report;
        let is_last = |path: &str| self.last.is_some_and(|last| is_of(path, last));
        let elsewhere = |path: &&String| !is_last(path);
        if let Some(name) = non_finite.iter().find(|path| !(self.new_head && is_last(path))) {
            return Some(format!("expected finite numbers, but `{name}` holds NaN or infinite ones"));
        }
        let mismatched: Vec<&Mismatch> = mismatched.iter().filter(|mismatch| !is_last(&mismatch.name)).collect();
        let missing: Vec<&String> = missing.iter().filter(elsewhere).collect();
        let unused: Vec<&String> = unused.iter().filter(elsewhere).collect();
        if mismatched.is_empty() && missing.is_empty() && unused.is_empty() {
            return if self.new_head { None } else { self.last_layer() };
        }
        let shapes = mismatched
            .iter()
            .map(|Mismatch { name, expected, found }| format!("`{name}` has shape {found:?} in the file, but {expected:?} in the network"));
        let missing = missing.iter().map(|name| format!("`{name}` of the network is not in the file"));
        let unused = unused.iter().map(|name| format!("`{name}` of the file is not in the network"));
        let all: Vec<String> = shapes.chain(missing).chain(unused).collect();
        let rest = all.len().saturating_sub(LISTED);
        let mut text = all.into_iter().take(LISTED).collect::<Vec<_>>().join(", ");
        if rest > 0 {
            text += &format!(" and {rest} more");
        }
        let network = self.graph.name();
        let advice = match (channels(&mismatched), self.model) {
            (Some([found, expected]), _) => format!(
                "the file's network takes images of {found}, this one of {expected}: begin with a run on images of {expected}, or train on images of {found}"
            ),
            (None, Some(model)) => {
                format!("the file is that of a run of the model `{model}`: begin with a run of the model that is trained")
            }
            (None, None) => format!("begin with the parameters of a `{network}`"),
        };
        Some(format!("not the parameters of this network, `{network}`: {text}; {advice}"))
    }

    /// Why the last layer cannot be used: that is where a network for other classes differs.
    fn last_layer(&self) -> Option<String> {
        let LoadReport { missing, mismatched, unused, .. } = self.report;
        let differs = match (mismatched.first(), missing.first(), unused.first()) {
            (Some(Mismatch { name, expected, found }), ..) => {
                format!("`{name}` has shape {found:?} in the file, but {expected:?} in the network")
            }
            (None, Some(name), _) => format!("`{name}` of the network is not in the file"),
            (None, None, Some(name)) => format!("`{name}` of the file is not in the network"),
            (None, None, None) => return None,
        };
        Some(format!("the last layer differs: {differs}; `--head` takes all other layers from the file and begins with a new last layer"))
    }
}

/// The channels of the file's images and of the network's, if the first convolutions differ in these.
fn channels(mismatched: &[&Mismatch]) -> Option<[String; 2]> {
    let Mismatch { expected, found, .. } = mismatched.first()?;
    let ([outputs, channels, kernel @ ..], [other_outputs, other_channels, other_kernel @ ..]) = (&expected[..], &found[..]) else {
        return None;
    };
    let same = outputs == other_outputs && kernel == other_kernel && kernel.len() == 2 && channels != other_channels;
    let named = |channels: &usize| match channels {
        1 => "1 channel (gray)".to_owned(),
        3 => "3 channels (color)".to_owned(),
        other => format!("{other} channels"),
    };
    same.then(|| [named(other_channels), named(channels)])
}
