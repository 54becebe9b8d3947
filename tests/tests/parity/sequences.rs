//! Token ids, recurrent layers and attention against PyTorch.

layercake_tests::parity_of_ids! { embedding:
    line: [5] -> [5, 3] { table: Embedding(7 -> 3) }
    padding: [6] -> [6, 3] { table: Embedding(4 -> 3, padding_idx = 1) }
    one_row: [3] -> [3, 4] { table: Embedding(1 -> 4) }
    one_id: [1] -> [1, 2] { table: Embedding(5 -> 2) }
    map: [2, 3] -> [2, 3, 4] { table: Embedding(9 -> 4) }
    many: [4] -> [4, 5] { table: Embedding(33 -> 5) }
    model: [6] -> [6, 7] { table: Embedding(7 -> 5), r: LSTM(4), fc: Linear(7) }
}

layercake_tests::parity! { rnn:
    steps: [5, 3] -> [5, 4] { r: RNN(4) }
    no_bias: [5, 3] -> [5, 4] { r: RNN(3 -> 4, bias = false) }
    square: [3, 3] -> [3, 3] { r: RNN(3) }
    one_of_all: [1, 1] -> [1, 1] { r: RNN(1) }
    one_step: [1, 3] -> [1, 5] { r: RNN(5) }
    batch_of_one: [4, 3] -> [4, 6] { r: RNN(6) }
    wide: [3, 17] -> [3, 19] { r: RNN(19) }
    many: [2, 3] -> [2, 2] { r: RNN(2) }
    layers: [4, 3] -> [4, 5] { r: RNN(5, layers = 3) }
    bidirectional: [4, 3] -> [4, 10] { r: RNN(5, bidirectional = true) }
    bidirectional_layers: [4, 3] -> [4, 8] { r: RNN(4, layers = 2, bidirectional = true) }
    last: [4, 3] -> [5] { r: RNN(5, output = last) }
    last_of_both: [4, 3] -> [8] { r: RNN(4, layers = 2, bidirectional = true, output = last) }
    dropout: [4, 3] -> [4, 5] { r: RNN(5, layers = 2, dropout = 0.5) }
    final_states: [4, 3] -> [30] { r: RNN(5, layers = 2) as (y, h), from h, Flatten as hs, from y, Flatten, Concat(hs) }
    states: [9, 4] -> [7, 4] { Slice(axis = 0, start = 0, end = 2) as h0, from input, Slice(axis = 0, start = 2), r: RNN(4, layers = 2, state = h0) }
    states_both_ways: [9, 4] -> [64] { Slice(axis = 0, start = 0, end = 2) as h0, from input, Slice(axis = 0, start = 2), r: RNN(4, bidirectional = true, state = h0) as (y, h), from h, Flatten as hs, from y, Flatten, Concat(hs) }
    between: [4, 6] -> [4, 2] { fc1: Linear(3), r: RNN(4), fc2: Linear(2) }
    relu: [5, 3] -> [5, 4] { r: RNN(4, nonlinearity = relu) }
}

layercake_tests::parity! { lstm:
    steps: [5, 3] -> [5, 4] { r: LSTM(4) }
    no_bias: [5, 3] -> [5, 4] { r: LSTM(3 -> 4, bias = false) }
    square: [3, 3] -> [3, 3] { r: LSTM(3) }
    one_of_all: [1, 1] -> [1, 1] { r: LSTM(1) }
    one_step: [1, 3] -> [1, 5] { r: LSTM(5) }
    batch_of_one: [4, 3] -> [4, 6] { r: LSTM(6) }
    wide: [3, 17] -> [3, 19] { r: LSTM(19) }
    many: [2, 3] -> [2, 2] { r: LSTM(2) }
    layers: [4, 3] -> [4, 5] { r: LSTM(5, layers = 3) }
    bidirectional: [4, 3] -> [4, 10] { r: LSTM(5, bidirectional = true) }
    bidirectional_layers: [4, 3] -> [4, 8] { r: LSTM(4, layers = 2, bidirectional = true) }
    last: [4, 3] -> [5] { r: LSTM(5, output = last) }
    last_of_both: [4, 3] -> [8] { r: LSTM(4, layers = 2, bidirectional = true, output = last) }
    dropout: [4, 3] -> [4, 5] { r: LSTM(5, layers = 2, dropout = 0.5) }
    final_states: [4, 3] -> [40] { r: LSTM(5, layers = 2) as (y, h, c), from h, Flatten as hs, from c, Flatten as cs, from y, Flatten, Concat(hs, cs) }
    states: [9, 4] -> [5, 4] { Slice(axis = 0, start = 0, end = 2) as h0, from input, Slice(axis = 0, start = 2, end = 4) as c0, from input, Slice(axis = 0, start = 4), r: LSTM(4, layers = 2, state = (h0, c0)) }
    states_both_ways: [9, 4] -> [56] { Slice(axis = 0, start = 0, end = 2) as h0, from input, Slice(axis = 0, start = 2, end = 4) as c0, from input, Slice(axis = 0, start = 4), r: LSTM(4, bidirectional = true, state = (h0, c0)) as (y, h, c), from h, Flatten as hs, from c, Flatten as cs, from y, Flatten, Concat(hs, cs) }
    between: [4, 6] -> [4, 2] { fc1: Linear(3), r: LSTM(4), fc2: Linear(2) }
}

layercake_tests::parity! { gru:
    steps: [5, 3] -> [5, 4] { r: GRU(4) }
    no_bias: [5, 3] -> [5, 4] { r: GRU(3 -> 4, bias = false) }
    square: [3, 3] -> [3, 3] { r: GRU(3) }
    one_of_all: [1, 1] -> [1, 1] { r: GRU(1) }
    one_step: [1, 3] -> [1, 5] { r: GRU(5) }
    batch_of_one: [4, 3] -> [4, 6] { r: GRU(6) }
    wide: [3, 17] -> [3, 19] { r: GRU(19) }
    many: [2, 3] -> [2, 2] { r: GRU(2) }
    layers: [4, 3] -> [4, 5] { r: GRU(5, layers = 3) }
    bidirectional: [4, 3] -> [4, 10] { r: GRU(5, bidirectional = true) }
    bidirectional_layers: [4, 3] -> [4, 8] { r: GRU(4, layers = 2, bidirectional = true) }
    last: [4, 3] -> [5] { r: GRU(5, output = last) }
    last_of_both: [4, 3] -> [8] { r: GRU(4, layers = 2, bidirectional = true, output = last) }
    dropout: [4, 3] -> [4, 5] { r: GRU(5, layers = 2, dropout = 0.5) }
    final_states: [4, 3] -> [30] { r: GRU(5, layers = 2) as (y, h), from h, Flatten as hs, from y, Flatten, Concat(hs) }
    states: [9, 4] -> [7, 4] { Slice(axis = 0, start = 0, end = 2) as h0, from input, Slice(axis = 0, start = 2), r: GRU(4, layers = 2, state = h0) }
    states_both_ways: [9, 4] -> [64] { Slice(axis = 0, start = 0, end = 2) as h0, from input, Slice(axis = 0, start = 2), r: GRU(4, bidirectional = true, state = h0) as (y, h), from h, Flatten as hs, from y, Flatten, Concat(hs) }
    between: [4, 6] -> [4, 2] { fc1: Linear(3), r: GRU(4), fc2: Linear(2) }
}

layercake_tests::parity! { attention:
    one_head: [4, 3] -> [4, 3] { a: MultiheadAttention(1) }
    heads: [5, 6] -> [5, 6] { a: MultiheadAttention(3) }
    heads_of_one: [3, 4] -> [3, 4] { a: MultiheadAttention(4) }
    square: [4, 4] -> [4, 4] { a: MultiheadAttention(heads = 2, features = 4) }
    causal: [5, 6] -> [5, 6] { a: MultiheadAttention(2, causal = true) }
    no_bias: [4, 6] -> [4, 6] { a: MultiheadAttention(2, bias = false) }
    causal_no_bias: [4, 6] -> [4, 6] { a: MultiheadAttention(3, causal = true, bias = false) }
    one_step: [1, 4] -> [1, 4] { a: MultiheadAttention(2, causal = true) }
    one_of_all: [1, 1] -> [1, 1] { a: MultiheadAttention(1) }
    many: [3, 4] -> [3, 4] { a: MultiheadAttention(2) }
    dropout: [4, 6] -> [4, 6] { a: MultiheadAttention(2, dropout = 0.5) }
    memory: [5, 6] -> [3, 6] { Split([3, 2]) as (x, memory), a: MultiheadAttention(3, key = memory, value = memory) }
    memory_no_bias: [7, 4] -> [2, 4] { Split([2, 5]) as (x, memory), a: MultiheadAttention(2, key = memory, bias = false) }
    values: [7, 6] -> [1, 6] { Split([1, 3, 3]) as (x, k, v), a: MultiheadAttention(2, key = k, value = v) }
    mask: [6, 4] -> [3, 4] { Split([3, 3]) as (x, m), from m, Slice(axis = 1, end = 3) as allowed, from x, a: MultiheadAttention(2, mask = allowed) }
    all: [10, 4] -> [2, 4] {
        Split([2, 3, 3, 2]) as (x, k, v, m), from m, Slice(axis = 1, end = 3) as allowed, from x,
        a: MultiheadAttention(2, key = k, value = v, mask = allowed),
    }
    between: [4, 5] -> [4, 2] { fc1: Linear(6), a: MultiheadAttention(2, causal = true), norm: LayerNorm, fc2: Linear(2) }
}
