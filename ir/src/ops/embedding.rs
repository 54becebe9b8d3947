//! Rows of a table.

use super::Params;
use crate::{INFER, MAX_RANK, Mistake, Part, Shape, Site, Text};

/// The row of a learned table for each token id, PyTorch's `Embedding`: `y = weight[id]`. Input `usize[length]`, of ids below
/// `num_embeddings`; output `[length, features]`. Any shape of ids of up to 4 sizes: an axis of features is put behind them. An id that is too
/// large is an error when the network runs.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Embedding {
    /// Rows of the table, the size of the vocabulary: ids are below it.
    pub num_embeddings: usize,
    /// Features of a row.
    pub embedding_dim: usize,
    /// The id of padding, whose row begins as zeros and is not trained; [`INFER`] for none, which a file leaves out.
    #[cfg_attr(feature = "serde", serde(default = "no_padding", skip_serializing_if = "is_no_padding"))]
    pub padding_idx: usize,
}

#[cfg(feature = "serde")]
const fn no_padding() -> usize {
    INFER
}

#[cfg(feature = "serde")]
const fn is_no_padding(id: &usize) -> bool {
    *id == INFER
}

/// Ids are handed on in 31 bits.
const MOST_ROWS: usize = 1 << 30;

impl Embedding {
    pub(super) const fn infer(self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        if !input.is_ids() {
            let text = site.received(site.start().str(" takes token ids, but receives numbers: "), input);
            let help = Text::new();
            let help = if site.source.is_empty() {
                help.str("write `usize")
                    .shape(input)
                    .str("` for the network's input, which makes it one of ids; features of numbers are made by `Linear`")
            } else {
                help.str(
                    "an input of the network is one of ids where `usize` stands before its shape; features of numbers are made by `Linear`",
                )
            };
            return Err(Mistake::new(Part::Layer, text).help(help));
        }
        if input.rank() == MAX_RANK {
            let text = site.received(site.start().str(" adds an axis of features to ids of at most 4 sizes, but receives "), input);
            return Err(Mistake::new(Part::Layer, text));
        }
        if self.num_embeddings == INFER {
            let text = site.start().str(" must be told how many ids there are: token ids do not say");
            let help = Text::new().str("for example `Embedding(65 -> ").num(self.embedding_dim).str(")` for ids below 65");
            return Err(Mistake::new(Part::Layer, text).help(help));
        }
        if self.num_embeddings == 0 {
            return Err(Mistake::new(Part::In, site.start().str(" has a vocabulary of 0; it must have at least 1 row")));
        }
        if self.num_embeddings > MOST_ROWS {
            let text = site.start().str(" has a vocabulary of ").num(self.num_embeddings).str("; there are at most ").num(MOST_ROWS);
            return Err(Mistake::new(Part::In, text.str(" ids")));
        }
        if self.embedding_dim == 0 {
            return Err(Mistake::new(Part::Out, site.start().str(" has 0 output features; it must have at least 1")));
        }
        if self.padding_idx != INFER && self.padding_idx >= self.num_embeddings {
            let text = site.start().str(" has the padding id ").num(self.padding_idx).str(", but its ").count(self.num_embeddings, "row");
            return Err(Mistake::new(Part::PaddingIdx, text.str(" are counted from 0")));
        }
        let mut dims = [0; MAX_RANK];
        let mut i = 0;
        while i < input.rank() {
            dims[i] = input.dim(i);
            i += 1;
        }
        dims[i] = self.embedding_dim;
        Ok((self, Shape::new(dims.split_at(i + 1).0)))
    }

    pub(super) const fn params(&self) -> Params {
        Params::NONE.trained("weight", &[self.num_embeddings, self.embedding_dim])
    }

    pub(super) const fn without(mut self, part: Part) -> Option<Self> {
        match part {
            Part::In => self.num_embeddings = 1,
            Part::PaddingIdx => self.padding_idx = INFER,
            _ => return None,
        }
        Some(self)
    }
}
