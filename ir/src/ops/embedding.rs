//! Rows of a table.

use super::prelude::*;

operation! {
    /// The row of a learned table for each token id, PyTorch's `Embedding`: `y = weight[id]`. Input `usize[length]`, of ids below
    /// `num_embeddings`; output `[length, features]`. Any shape of ids of up to 4 sizes: an axis of features is put behind them. An id that is too
    /// large is an error when the network runs.
    pub struct Embedding("Embedding"): Attention {
        /// Rows of the table, the size of the vocabulary: ids are below it.
        num_embeddings: usize = Choice::input() => 1,
        /// Features of a row.
        embedding_dim: usize = Choice::output(),
        /// The id of padding, whose row begins as zeros and is not trained; [`INFER`] for none, which a file leaves out.
        padding_idx: usize = Choice::infer() => INFER,
    }
    has(infer, params, label)
    torch: &["num_embeddings", "embedding_dim", "padding_idx", "max_norm: -", "norm_type: -", "scale_grad_by_freq: -", "sparse: -"],
    others: &["embed", "embeddings", "lookup", "embeddingbag"],
    inputs: Inputs::Ids,
    outline: Outline::Behind("embedding_dim"),
    module: Some(Module::new("Embedding", Axes::Of(&[(0, 0), (0, 1)])).given(&["padding_idx"])),
    example: "Embedding(65 -> 64)",
    sample: "usize[9]",
    sequence: Sequence::Always,
}

/// Ids are handed on in 31 bits.
const MOST_ROWS: usize = 1 << 30;

impl Embedding {
    pub(crate) const fn infer(self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
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
            return Err(Mistake::new(Part::Option("padding_idx"), text.str(" are counted from 0")));
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

    pub(crate) const fn params(&self) -> Params {
        Params::NONE.trained("weight", &[self.num_embeddings, self.embedding_dim])
    }

    pub(crate) fn initial(&self, _: &str) -> Initial {
        Initial::Table { padding: self.padding_idx, features: self.embedding_dim }
    }

    pub(crate) fn label(&self, _: &Shape) -> String {
        let table = format!("{} → {}", self.num_embeddings, self.embedding_dim);
        if self.padding_idx == INFER { table } else { format!("{table}, padding {}", self.padding_idx) }
    }
}
