//! Checks and tensors of normalization layers.

use crate::spec::{Initial, Sizes};
use crate::{INFER, Mistake, Params, Part, Shape, Site, Text};

/// Checks features or channels, epsilon and momentum of batch normalization; returns the number of features.
pub(crate) const fn batch(features: usize, eps: f64, momentum: f64, input: &Shape, site: &Site) -> Result<usize, Mistake> {
    let found = input.dim(0);
    let what = if input.rank() == 1 { "feature" } else { "channel" };
    if features != INFER && features != found {
        let text = site.start().str(" expects ").count(features, what).str(", but receives ").num(found);
        let text = if input.rank() == 1 { site.from(text.str(" ")) } else { site.received(text.str(": "), input) };
        return Err(Mistake::new(Part::In, text).help(infer(found)));
    }
    if let Some(mistake) = check_eps(eps, site) {
        return Err(mistake);
    }
    if !(momentum >= 0.0 && momentum <= 1.0) {
        let text = site
            .start()
            .str(" has a `momentum` of ")
            .float(momentum)
            .str(", outside 0..=1; it is the weight of the new batch in the running statistics");
        return Err(Mistake::new(Part::Option("momentum"), text));
    }
    Ok(found)
}

/// Refuses a negative epsilon, or one that is not finite.
pub(crate) const fn check_eps(eps: f64, site: &Site) -> Option<Mistake> {
    if eps >= 0.0 && eps.is_finite() {
        return None;
    }
    Some(Mistake::new(
        Part::Option("eps"),
        site.start().str(" has an `eps` of ").float(eps).str(", which is negative or not finite; it is added to the variance"),
    ))
}

/// The tensors of a batch normalization.
pub(crate) const fn batch_params(features: usize, affine: bool) -> Params {
    let params = Params::NONE;
    let params = if affine { params.trained("weight", &[features]).trained("bias", &[features]) } else { params };
    params.buffer("running_mean", &[features]).buffer("running_var", &[features])
}

/// The text about a wrong number of channels.
pub(crate) const fn stated(channels: usize, input: &Shape, site: &Site) -> Text {
    let text = site.start().str(" expects ").count(channels, "channel").str(", but receives ").num(input.dim(0));
    site.received(text.str(": "), input)
}

/// The help for a wrong number of features or channels.
pub(crate) const fn infer(found: usize) -> Text {
    Text::new().str("write `").num(found).str("`, or leave the number out to infer it")
}

/// Weight and bias per channel.
pub(crate) const fn affine_params(channels: usize, affine: bool) -> Params {
    if affine { Params::NONE.trained("weight", &[channels]).trained("bias", &[channels]) } else { Params::NONE }
}

/// The initial values of the tensors of a normalization layer.
pub(crate) fn initial(tensor: &str) -> Initial {
    if matches!(tensor, "weight" | "running_var") { Initial::Ones } else { Initial::Zeros }
}

/// The sizes to normalize over, which must be the last ones of the input: those given, or the last size alone.
pub(crate) const fn last_sizes(mut sizes: Sizes, input: &Shape, site: &Site) -> Result<Sizes, Mistake> {
    if sizes.is_empty() {
        if input.rank() > 2 {
            let text = site.received(site.start().str(" needs the `shape` to normalize over, since it receives "), input);
            let help = Text::new().str("write `shape = (").list(input.dims()).str(")` for all sizes");
            return Err(Mistake::new(Part::Layer, text).help(help));
        }
        sizes = Sizes::new(&[input.dim(input.rank().saturating_sub(1))]);
    }
    let rank = sizes.len();
    let mut same = rank <= input.rank();
    let mut i = 0;
    while same && i < rank {
        same = sizes.get(i) == input.dim(input.rank() - rank + i);
        i += 1;
    }
    if !same {
        let text = site.start().str(" expects a shape that ends in ").shape(&sizes.shape()).str(", but receives ");
        let help = Text::new().str("write `(");
        let from = if rank < input.rank() { input.rank() - rank } else { 0 };
        let help = help.list(input.dims().split_at(from).1).str(")`, the last sizes of the input");
        return Err(Mistake::new(Part::Option("shape"), site.received(text, input)).help(help));
    }
    Ok(sizes)
}
