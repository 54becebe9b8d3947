//! The workloads.

/// A network, a batch size and the targets.
#[derive(Clone, Copy, Debug)]
pub struct Workload {
    /// Its number in the table.
    pub id: &'static str,
    /// Its name on all sides.
    pub name: &'static str,
    /// The title.
    pub title: &'static str,
    /// The batch size.
    pub batch: usize,
    /// Number of trainable parameters, on all sides.
    pub params: usize,
    /// Target ratios of training step and inference to PyTorch eager and to the best of PyTorch.
    pub targets: [[f64; 2]; 2],
}

/// No target.
pub const ANY: f64 = f64::INFINITY;

const fn row(id: &'static str, name: &'static str, title: &'static str, batch: usize, params: usize, train: [f64; 2]) -> Workload {
    Workload { id, name, title, batch, params, targets: [train, [ANY, 1.0]] }
}

/// All workloads.
pub const ALL: [Workload; 11] = [
    row("W1", "mlp", "MLP 784-512-256-10", 64, 535_818, [0.6, 0.8]),
    Workload { targets: [[ANY, ANY], [0.1, 1.0]], ..row("W2", "lenet_b1", "LeNet-5", 1, 61_706, [ANY, ANY]) },
    row("W2", "lenet_b64", "LeNet-5", 64, 61_706, [0.3, 0.45]),
    row("W2", "lenet_b256", "LeNet-5", 256, 61_706, [0.3, 0.45]),
    row("W3", "vgg11", "VGG-11, batch norm, 32x32", 32, 9_493_770, [0.8, 0.9]),
    row("W3", "vgg16", "VGG-16, batch norm, 32x32", 32, 14_990_922, [0.8, 0.9]),
    row("W4", "vae", "convolutional VAE 28x28", 64, 243_465, [0.5, 0.7]),
    row("W5", "pixelcnn", "PixelCNN 28x28", 32, 192_065, [0.6, 0.8]),
    row("W6", "resnet18", "ResNet-18, 32x32", 32, 11_173_962, [0.8, 0.9]),
    row("W7", "lstm", "LSTM over characters", 32, 350_593, [0.85, 0.9]),
    row("W8", "transformer", "transformer over characters", 32, 826_433, [1.0, 1.0]),
];
