//! Embedding of token ids.

use super::prelude::*;

operation! {
    /// Looks up each token id in a learned table: `y = weight[id]`, PyTorch's `Embedding`. Input `usize[length]` of ids below `num_embeddings`,
    /// output `[length, features]`. Ids may have up to 4 axes; the output has one more, the features. An id out of range is an error at run time.
    /// If `padding_idx` is given, its row is initialized to zeros and not trained.
    pub struct Embedding("Embedding"): Attention {
        /// Number of rows of the table: the size of the vocabulary.
        num_embeddings: usize = Choice::input() => 1,
        /// Number of features of a row.
        embedding_dim: usize = Choice::output(),
        /// The padding id, whose row is initialized to zeros and not trained; [`INFER`] for none, which graph files omit.
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

/// Ids are passed as 31-bit numbers.
const MOST_ROWS: usize = 1 << 30;

impl Embedding {
    pub(crate) const fn infer(self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        if !input.is_ids() {
            let text = site.received(site.start().str(" expects token ids, but receives numbers: "), input);
            let help = Text::new();
            let help = if site.source.is_empty() {
                help.str("write `usize").shape(input).str("` for the network's input if it holds token ids; for numbers there is `Linear`")
            } else {
                help.str("an input of token ids has `usize` before its shape; for numbers there is `Linear`")
            };
            return Err(Mistake::new(Part::Layer, text).help(help));
        }
        if input.rank() == MAX_RANK {
            let text = site.received(site.start().str(" expects token ids of at most 4 axes, but receives "), input);
            return Err(Mistake::new(Part::Layer, text));
        }
        if self.num_embeddings == INFER {
            let text = site.start().str(" needs its vocabulary size, which cannot be inferred from token ids");
            let help = Text::new().str("for example `Embedding(65 -> ").num(self.embedding_dim).str(")` for ids below 65");
            return Err(Mistake::new(Part::Layer, text).help(help));
        }
        if self.num_embeddings == 0 {
            return Err(Mistake::new(Part::In, site.start().str(" has a vocabulary of 0; it must be at least 1")));
        }
        if self.num_embeddings > MOST_ROWS {
            let text = site.start().str(" has a vocabulary of ").num(self.num_embeddings).str("; it must be at most ").num(MOST_ROWS);
            return Err(Mistake::new(Part::In, text));
        }
        if self.embedding_dim == 0 {
            return Err(Mistake::new(Part::Out, site.start().str(" has 0 output features; it must have at least 1")));
        }
        if self.padding_idx != INFER && self.padding_idx >= self.num_embeddings {
            let text = site.start().str(" has a `padding_idx` of ").num(self.padding_idx).str("; it must be less than its vocabulary of ");
            return Err(Mistake::new(Part::Option("padding_idx"), text.num(self.num_embeddings)));
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
