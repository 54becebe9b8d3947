//! Checks of the channels of convolutions.

use crate::{INFER, Mistake, Part, Shape, Site, Text};

/// Checks input channels, output channels and groups of a convolution; returns the input channels.
pub(crate) const fn check([channels_in, channels_out, groups]: [usize; 3], input: &Shape, site: &Site) -> Result<usize, Mistake> {
    let channels = input.dim(0);
    let stated = channels_in;
    if stated != INFER && stated != channels {
        let text = site.start().str(" expects ").count(stated, "input channel").str(", but receives ").num(channels);
        let text = site.received(text.str(": "), input);
        return Err(Mistake::new(Part::In, text).help(infer(channels)));
    }
    if channels_out == 0 {
        return Err(Mistake::new(Part::Out, site.start().str(" has 0 output channels; it must have at least 1")));
    }
    if channels == 0 {
        return Err(Mistake::new(Part::In, site.start().str(" has 0 input channels; it must have at least 1")));
    }
    if groups == 0 {
        return Err(Mistake::new(Part::Option("groups"), site.start().str(" has 0 groups; it must have at least 1")));
    }
    let (count, which) = if !channels.is_multiple_of(groups) {
        (channels, "input channel")
    } else if !channels_out.is_multiple_of(groups) {
        (channels_out, "output channel")
    } else {
        return Ok(channels);
    };
    let text = site.start().str(" cannot split its ").count(count, which).str(" into ").num(groups).str(" equal groups");
    let most = gcd(channels, channels_out);
    let help = Text::new().str("`groups` must divide both ").num(channels).str(" and ").num(channels_out);
    let help = if most == 1 { help.str("; only 1 does") } else { help.str("; the largest such number is ").num(most) };
    Err(Mistake::new(Part::Option("groups"), text).help(help))
}

/// The help for a wrong input size.
pub(crate) const fn infer(found: usize) -> Text {
    Text::new().str("write `").num(found).str("`, or leave the input size out to infer it")
}

const fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}
