//! The table of a network, against what torchinfo 1.8 prints for the same one in PyTorch (`summary(net, (1, 1, 28, 28))`).

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
