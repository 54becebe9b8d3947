use layercake::prelude::*;

network! {
    pub Sizes: [8, 3] -> [8, 4] { LSTM(input_size = 3, hidden_size = 4, num_layers = 2, batch_first = true) }
    pub Positions: [8, 3] -> [8, 4] { LSTM(3, 4) }
    pub Begin: [8, 3] -> [8, 4] { GRU(4, h0 = 0) }
    pub Projected: [8, 3] -> [8, 4] { LSTM(4, proj_size = 2) }
    pub Name: [8, 3] -> [8, 4] { LSTM(4) }
    pub Table: usize[8] -> [8, 4] { Embedding(num_embeddings = 9, embedding_dim = 4, max_norm = 1.0) }
    pub Heads: [8, 4] -> [8, 4] { MultiheadAttention(embed_dim = 4, num_heads = 2, kdim = 4) }
    pub Words: [8, 3] -> [8, 4] { GRU(4, output = first) }
}

fn main() {}
