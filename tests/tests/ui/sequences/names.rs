use layercake::prelude::*;

network! {
    pub N0: usize[8] -> [8, 4] { embed(4) }
    pub N1: [8, 3] -> [8, 4] { LSTMCell(4) }
    pub N2: [8, 3] -> [8, 4] { GRUCell(4) }
    pub N3: [8, 3] -> [8, 4] { SimpleRNN(4) }
    pub N4: [8, 3] -> [8, 4] { BiLSTM(4) }
    pub N5: [8, 3] -> [8, 4] { SelfAttention(4) }
}

fn main() {}
