//! Networks that won the ImageNet challenge and after: parameters, memory, arithmetic, accuracy.
//!
//! AlexNet and VGG have most of their parameters in the first fully connected layer, and VGG most of its memory in the first maps. GoogLeNet and ResNet do without such layers: ResNet-152 has less than
//! half of VGG-16's parameters, less arithmetic, and is more accurate. The networks are those of torchvision; the accuracies are those that its documentation publishes for its weights `IMAGENET1K_V1`
//! (top 1, one crop), <https://docs.pytorch.org/vision/stable/models.html>. The pictures that they were trained on are not needed here.

use layercake::ir::Graph;
use layercake::prelude::*;
use layercake_train::TrainError;
use layercake_train::run::{Figure, Plot};

use super::{Report, StudyOptions};
use crate::networks::{AlexNet, ResNet18, ResNet50, Vgg16};

network! {
    use crate::networks::blocks::{BasicBlock, BasicBlockFirst, Bottleneck, BottleneckFirst};

    block stem { conv1: Conv2d(64, kernel = 7, stride = 2, padding = 3, bias = false), bn1: BatchNorm2d, ReLU, MaxPool2d(3, stride = 2, padding = 1) }

    pub ResNet34: [3, 224, 224] -> [1000] {
        stem,
        layer1: Sequential { Repeat(3) { BasicBlock(64) } },
        layer2: Sequential { BasicBlockFirst(128), Repeat(3) { BasicBlock(128) } },
        layer3: Sequential { BasicBlockFirst(256), Repeat(5) { BasicBlock(256) } },
        layer4: Sequential { BasicBlockFirst(512), Repeat(2) { BasicBlock(512) } },
        GlobalAvgPool2d, fc: Linear(1000),
    }

    block deep(second, third) {
        stem,
        layer1: Sequential { BottleneckFirst(64, stride = 1), Repeat(2) { Bottleneck(64) } },
        layer2: Sequential { BottleneckFirst(128), Repeat(second) { Bottleneck(128) } },
        layer3: Sequential { BottleneckFirst(256), Repeat(third) { Bottleneck(256) } },
        layer4: Sequential { BottleneckFirst(512), Repeat(2) { Bottleneck(512) } },
        GlobalAvgPool2d, fc: Linear(1000),
    }

    pub ResNet101: [3, 224, 224] -> [1000] { deep(3, 22) }
    pub ResNet152: [3, 224, 224] -> [1000] { deep(7, 35) }

    block conv(width, size = 1, padding = 0, stride = 1) { Conv2d(width, kernel = size, padding = padding, stride = stride, bias = false), BatchNorm2d, ReLU }

    /// 1x1; 1x1 and 3x3; 1x1 and 3x3; a pool and 1x1.
    block inception(a, b, c, d, e, f) {
        Concat { { conv(a) }, { conv(b), conv(c, 3, padding = 1) }, { conv(d), conv(e, 3, padding = 1) }, { MaxPool2d(3, stride = 1, padding = 1), conv(f) } }
    }

    /// Without the two classifiers in the middle, which only training has.
    pub GoogLeNet: [3, 224, 224] -> [1000] {
        conv(64, 7, padding = 3, stride = 2), MaxPool2d(3, stride = 2, padding = 1),
        conv(64), conv(192, 3, padding = 1), MaxPool2d(3, stride = 2, padding = 1),
        inception(64, 96, 128, 16, 32, 32), inception(128, 128, 192, 32, 96, 64), MaxPool2d(3, stride = 2, padding = 1),
        inception(192, 96, 208, 16, 48, 64), inception(160, 112, 224, 24, 64, 64), inception(128, 128, 256, 24, 64, 64),
        inception(112, 144, 288, 32, 64, 64), inception(256, 160, 320, 32, 128, 128), MaxPool2d(2),
        inception(256, 160, 320, 32, 128, 128), inception(384, 192, 384, 48, 128, 128),
        GlobalAvgPool2d, Dropout(0.2), fc: Linear(1000),
    }
}

/// Name, network, year, published parameters and accuracy (%).
const NETWORKS: [(&str, &Graph, usize, usize, f64); 8] = [
    ("AlexNet", AlexNet::GRAPH, 2012, 61_100_840, 56.522),
    ("VGG-16", Vgg16::GRAPH, 2014, 138_357_544, 71.592),
    ("GoogLeNet", GoogLeNet::GRAPH, 2014, 6_624_904, 69.778),
    ("ResNet-18", ResNet18::GRAPH, 2015, 11_689_512, 69.758),
    ("ResNet-34", ResNet34::GRAPH, 2015, 21_797_672, 73.314),
    ("ResNet-50", ResNet50::GRAPH, 2015, 25_557_032, 76.130),
    ("ResNet-101", ResNet101::GRAPH, 2015, 44_549_160, 77.374),
    ("ResNet-152", ResNet152::GRAPH, 2015, 60_192_808, 78.312),
];

pub(super) fn run(_: &StudyOptions) -> Result<Report, TrainError> {
    let mut report = Report::default();
    let head = [
        "network",
        "year",
        "parameters (millions)",
        "published",
        "multiplications (billions)",
        "memory of all maps (MB)",
        "top-1 accuracy (%)",
    ];
    let table = report.table("For one picture of 224x224, in numbers of 4 bytes:", &head);
    let mut bubbles = Plot::new("", ["multiplications for a picture (billions)", "top-1 accuracy (%)"]).across(-0.8..18.0).up(53.0..82.0);
    for (name, graph, year, published, accuracy) in NETWORKS {
        let (millions, billions) = (graph.params() as f64 / 1e6, graph.mult_adds() as f64 / 1e9);
        let megabytes = 4.0 * graph.activations() as f64 / 1e6;
        table.row([
            name.into(),
            year.to_string().into(),
            millions.into(),
            (published as f64 / 1e6).into(),
            billions.into(),
            megabytes.into(),
            accuracy.into(),
        ]);
        let family = name.split('-').next().unwrap_or(name);
        // Beside ResNet-18, whose place is almost the same.
        let below = if name == "GoogLeNet" { 1.7 } else { 0.0 };
        // The area is the number of parameters.
        bubbles = bubbles
            .bubbles(family, [(billions, accuracy, 2.2 * millions.sqrt())])
            .text((billions + 0.02 * millions.sqrt(), accuracy - below), name);
    }
    let all = NETWORKS.iter().all(|(_, graph, _, published, _)| graph.params() == *published);
    report.claim("All have as many parameters as published", format!("{} networks", NETWORKS.len()), all);
    let (vgg, resnet) = (Vgg16::GRAPH, ResNet152::GRAPH);
    let found = format!(
        "{:.0} % of the parameters and {:.0} % of the arithmetic",
        100.0 * resnet.params() as f64 / vgg.params() as f64,
        100.0 * resnet.mult_adds() as f64 / vgg.mult_adds() as f64
    );
    report.claim(
        "ResNet-152 is smaller than VGG-16, and more accurate",
        found,
        2 * resnet.params() < vgg.params() && resnet.mult_adds() < vgg.mult_adds(),
    );
    report.picture(
        "",
        "Accuracy by arithmetic, with disks as large as the parameters: VGG-16 is far to the right, the ResNets are above it.",
        &Figure::new("Accuracy, arithmetic and parameters (areas)").height(380.0).plot(bubbles),
    );

    // The layers with weights of VGG-16.
    let layers: Vec<(&str, f64, f64)> = vgg
        .nodes()
        .iter()
        .filter(|node| node.params().count() > 0)
        .map(|node| (node.name(), 4.0 * node.output.len() as f64 / 1e6, node.params().count() as f64 / 1e6))
        .collect();
    let table = report.table("VGG-16 by layer:", &["layer", "map (MB)", "parameters (millions)"]);
    layers.iter().for_each(|&(name, map, params)| table.row([name.into(), map.into(), params.into()]));
    let early: f64 = layers[..4].iter().map(|layer| layer.1).sum::<f64>() / layers.iter().map(|layer| layer.1).sum::<f64>();
    let dense = layers[13].2 / layers.iter().map(|layer| layer.2).sum::<f64>();
    let found = format!(
        "{:.0} % of the memory in the first four convolutions, {:.0} % of the parameters in the first fully connected layer",
        100.0 * early,
        100.0 * dense
    );
    report.claim("VGG-16 has its memory at its begin and its parameters at its end", found, early > 0.5 && dense > 0.5);
    let rows = |name: &str, unit: &str, of: fn(&(&str, f64, f64)) -> f64| {
        Plot::new(name, [unit, ""]).rows("", layers.iter().map(|layer| (layer.0, of(layer))))
    };
    let figure = Figure::new("VGG-16: where the memory is, and where the parameters").columns(2).height(330.0);
    report.picture(
        "layers",
        "Bars by layer: maps are largest at the begin, parameters at the end.",
        &figure.plot(rows("maps", "MB", |layer| layer.1)).plot(rows("parameters", "millions", |layer| layer.2)),
    );
    Ok(report)
}
