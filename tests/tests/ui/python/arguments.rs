use layercake::prelude::*;

network! {
    pub Options: [3, 16, 16] -> [_] {
        Conv2d(3, 16, kernel_size = 3, padding = "same", bias = False),
        Conv2d(16, kernel = 3, padding = same),
        Conv2d(16, kernel = 3, padding = "valid"),
        Conv2d(16, kernel = 4, padding = "same"),
        Conv2d(16, kernel = "3"),
        Conv2d(16, kernel = 3, stride = None),
        Conv2d(16, kernel = 3, activation = "relu"),
        Pad((1, 1, 2, 2)),
        Softmax(dim = 1),
        Softmax(dim = 0),
        Softmax(axis = -5),
        Concat([left, right]),
        Flatten(start_dim = 1),
    }
    pub Features: [12, 32] -> [_, _] {
        Linear 10,
        Linear(32 => 10),
        Linear(True),
        Linear(10, input_shape = 32),
        LSTM(8, return_sequences = False),
        MultiheadAttention(4, key_dim = 8, need_weights = False),
    }
    pub Behind<const N: usize>: [12, N] -> [12, _] {
        Mean(-4)
    }
    pub Batch: [None, 784] -> [None, 10] {
        Linear(10)
    }
    pub Inferred: [-1, 784] -> [-1, 10] {
        Linear(10)
    }
    bolck Twice(size) { Linear(size), Linear(size) }
}

fn main() {}
