//! The summary of a network, compared with torchinfo 1.8 for the same network in PyTorch (`summary(net, (1, 1, 28, 28))`).

use layercake::prelude::*;

network! {
    LeNet5: [1, 28, 28] -> [10] {
        conv1: Conv2d(6, kernel = 5, padding = 2), Tanh, AvgPool2d(2),
        conv2: Conv2d(16, kernel = 5), Tanh, AvgPool2d(2),
        Flatten,
        fc1: Linear(120), Tanh, fc2: Linear(84), Tanh, fc3: Linear(10),
    }
}

#[test]
fn agrees_with_torchinfo() {
    let table = LeNet5::summary().to_string();
    let row = |name: &str| table.lines().find(|line| line.starts_with(name)).unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(row("conv1"), "conv1 Conv2d [6, 28, 28] 156 122,304");
    assert_eq!(row("conv2"), "conv2 Conv2d [16, 10, 10] 2,416 241,600");
    assert_eq!(row("avg_pool2d_2"), "avg_pool2d_2 AvgPool2d [16, 5, 5] - -");
    assert_eq!(row("fc1"), "fc1 Linear [120] 48,120 48,120");
    assert_eq!(row("fc2"), "fc2 Linear [84] 10,164 10,164");
    assert_eq!(row("fc3"), "fc3 Linear [10] 850 850");
    assert_eq!(row("trained"), "trained parameters 61,706");
    assert_eq!(LeNet5::summary().mult_adds(), 423_038);
    assert_eq!(row("forward/backward"), "forward/backward pass 0.05 MB");
    assert_eq!(row("parameters"), "parameters 0.25 MB");
}

/// FLOPS: 2 * 28 * 28 * 6 * 25 = 235,200 in conv1, 2 * 10 * 10 * 16 * 150 = 480,000 in conv2, 2 * (400 * 120 + 120 * 84 + 84 * 10) =
/// 117,840 in the linear layers.
#[test]
fn facts_are_constants() {
    const _: () = assert!(LeNet5::PARAMS == 61_706 && LeNet5::FLOPS == 235_200 + 480_000 + 117_840);
    const _: () = assert!(LeNet5::LAYERS == 12 && LeNet5::RECEPTIVE_FIELD[0] == 16 && LeNet5::RECEPTIVE_FIELD[1] == 16);
    const INPUT: [usize; 3] = LeNet5::INPUT;
    assert_eq!((INPUT, LeNet5::OUTPUT, LeNet5::ACTIVATIONS), ([1, 28, 28], [10], 15_002));
    assert!(LeNet5::draw().svg().starts_with("<svg"));
}

network! {
    /// The same as in `models/src/networks/char_lstm.rs`.
    CharLstm: { letters: usize[64], h: [1, 256], c: [1, 256] } -> { scores: [64, 65], h_n: [1, 256], c_n: [1, 256] } {
        from letters, embedding: Embedding(65 -> 64),
        lstm: LSTM(256, state = (h, c)) as (y, h_new, c_new),
        fc: Linear(65), output scores,
        from h_new, output h_n,
        from c_new, output c_n,
    }

    /// Every layer that works step by step; the recurrent ones in both directions, the last one with only its final state as the output.
    Steps: usize[20] -> [6] {
        embedding: Embedding(11 -> 8),
        attention: MultiheadAttention(heads = 2),
        mlp: Linear(8), drop: DropConnect(8, p = 0.5), maxout: Maxout(8, pieces = 2),
        Permute(1, 0), conv: Conv1d(8, kernel = 3, padding = 1), Permute(1, 0),
        rnn: RNN(4, bidirectional = true), gru: GRU(6, output = last),
    }

    /// A feature map divided into patches, which are combined by their mean.
    Patches: [3, 8, 8] -> [5] { patch: Conv2d(16, kernel = 4, stride = 4), Reshape(16, 4), Permute(1, 0), fc: Linear(16), Mean(0), head: Linear(5) }

    Vector: [12] -> [5] { fc1: Linear(7), ReLU, fc2: Linear(5) }
}

fn row_of(table: &str, name: &str) -> String {
    table.lines().find(|line| line.split_whitespace().next() == Some(name)).unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// torchinfo 1.8 counts `64 * 329,728` for the LSTM; for the linear layer it counts each step since its pull request 318.
#[test]
fn sequences_count_each_step() {
    let table = CharLstm::summary().to_string();
    assert_eq!(row_of(&table, "embedding"), "embedding Embedding [64, 64] 4,160 4,160");
    assert_eq!(row_of(&table, "lstm"), "lstm LSTM [64, 256], [1, 256], [1, 256] 329,728 21,102,592");
    assert_eq!(row_of(&table, "fc"), "fc Linear [64, 65] 16,705 1,069,120");
    assert_eq!(CharLstm::summary().mult_adds(), 4_160 + 21_102_592 + 1_069_120);
    for hidden in ["[66, 256]", "lstm.h_n", "receptive"] {
        assert!(!table.contains(hidden), "{hidden} in\n{table}");
    }
    const { assert!(CharLstm::LAYERS == 3) };
    let table = Steps::summary().to_string();
    let told = |name: &str| row_of(&table, name).rsplit_once(' ').unwrap().1.to_owned();
    let params = |name: &str| row_of(&table, name).rsplit(' ').nth(1).unwrap().replace(',', "").parse::<u64>().unwrap();
    for name in ["attention", "mlp", "drop", "maxout", "conv", "rnn", "gru"] {
        assert_eq!(told(name).replace(',', "").parse::<u64>().unwrap(), 20 * params(name), "{name} in\n{table}");
    }
    // Each multiply-add is two of the 44 MFLOPs, or more if there are biases.
    for (summary, flops) in [(CharLstm::summary(), CharLstm::FLOPS), (Steps::summary(), Steps::FLOPS)] {
        let share = 2.0 * summary.mult_adds() as f64 / flops as f64;
        assert!((0.7..1.5).contains(&share), "{share}");
    }
}

/// Only feature maps have a receptive field.
#[test]
fn fields_are_told_of_maps_only() {
    assert!(LeNet5::summary().to_string().contains("receptive field        16 x 16"));
    for summary in [CharLstm::summary(), Steps::summary(), Patches::summary(), Vector::summary()] {
        assert!(!summary.to_string().contains("receptive"), "{summary}");
    }
}

network! {
    Own: [8] -> [4] { theirs: layercake::dfdx::nn::modules::Linear(8, 4) -> [4] }

    Normed: [3, 6, 6] -> [2, 4, 4] { conv: Conv2d(2, kernel = 3), bn: BatchNorm2d }

    Whole: [3, 6, 6] -> [2, 4, 4] { net: Normed }

    Outer: { x: [8], image: [3, 6, 6] } -> { y: [2], map: [2, 4, 4] } {
        from x, a: Linear(8), inner: Own -> [4], Repeat(2) { own: layercake::dfdx::nn::modules::Linear(4, 4) -> [4] }, fc: Linear(2), output y,
        from image, net: Normed, output map,
    }
}

/// The parameters of custom layers are counted by their types, wherever the layers are.
#[test]
fn custom_layers_are_counted() {
    let table = Own::summary().to_string();
    assert_eq!(row_of(&table, "theirs"), "theirs Linear [4] 36 ?");
    assert!(table.contains("trained parameters     36\n") && table.contains("mult-adds              0, without `theirs`"), "{table}");
    let table = Outer::summary().to_string();
    // a, inner, own twice, fc; the convolution and its normalization.
    let total = 72 + 36 + 2 * 20 + 10 + 56 + 4;
    assert_eq!((Outer::summary().params(), row_of(&table, "inner")), (total, "inner Network [4] 36 -".to_owned()));
    assert_eq!(row_of(&table, "repeat_1.1.own"), "repeat_1.1.own Linear [4] 20 ?");
    assert!(table.contains(&format!("trained parameters     {total}\n")) && table.contains("running statistics     4\n"), "{table}");
    // A constant cannot count them.
    assert!(Outer::PARAMS == total - 36 - 40);
    let svg = Outer::draw().svg();
    assert!(svg.contains(&format!("{total} parameters")) && svg.contains("Linear, [4] → [4], 20 params"), "{svg}");
    // A graph without types cannot count them either.
    let table = Summary::of(Own::GRAPH).to_string();
    assert_eq!(row_of(&table, "theirs"), "theirs Custom [4] ? ?");
    assert!(table.contains("trained parameters     0, without `theirs`"), "{table}");
}

/// The layers of nested networks also count for written outputs and running statistics.
#[test]
fn networks_within_are_looked_into() {
    let facts = |table: String| table.lines().skip_while(|line| !line.starts_with("trained")).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(facts(Whole::summary().to_string()), facts(Normed::summary().to_string()));
}
