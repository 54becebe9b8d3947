use layercake::prelude::*;

network! {
    pub Classes: [3, 8, 8] -> [_] {
        Conv3d(3, 16, 3),
        nn.Conv3d(3, 16, 3),
        LSTM(8, 32, num_layers = 2, batch_first = true),
        MultiheadAttention(32, 4),
        Dense(10, activation = "relu"),
        UpsamplingBilinear2d(2),
        ZeroPad2d(1),
        ReflectionPad2d(1),
        ReplicationPad2d(1),
        GRUCell(8, 8),
        Bidirectional(8),
        Concatenate(8),
        Repaet(2) { ReLU },
        ouptut x,
        CELU,
    }
}

fn main() {}
