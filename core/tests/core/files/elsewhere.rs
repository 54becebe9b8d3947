//! Networks that others trained, declared here, with their own files: MTCNN's P-Net and R-Net (Zhang et al., 2016) as facenet-pytorch has them, and the voice
//! detector of silero-vad. The numbers to agree with are those of PyTorch and ONNX Runtime.

use std::path::{Path, PathBuf};

use layercake::io::{self, Arrays};
use layercake::prelude::*;

network! {
    /// Proposals of faces, from an image of 37x41.
    PNet: [3, 37, 41] -> { boxes: [4, 14, 16], probabilities: [2, 14, 16] } {
        conv1: Conv2d(10, kernel = 3), prelu1: PReLU(10), MaxPool2d(2, ceil_mode = true),
        conv2: Conv2d(16, kernel = 3), prelu2: PReLU(16),
        conv3: Conv2d(32, kernel = 3), prelu3: PReLU(32) as features,
        conv4_2: Conv2d(4, kernel = 1), output boxes,
        from features, conv4_1: Conv2d(2, kernel = 1), Softmax(axis = 0), output probabilities,
    }

    /// Refines a proposal.
    RNet: [3, 24, 24] -> { boxes: [4], probabilities: [2] } {
        conv1: Conv2d(28, kernel = 3), prelu1: PReLU(28), MaxPool2d(3, stride = 2, ceil_mode = true),
        conv2: Conv2d(48, kernel = 3), prelu2: PReLU(48), MaxPool2d(3, stride = 2, ceil_mode = true),
        conv3: Conv2d(64, kernel = 2), prelu3: PReLU(64),
        // The features of `dense4` are in the order width, height, channel.
        Permute(2, 1, 0), Flatten, dense4: Linear(128), prelu4: PReLU(128) as features,
        dense5_2: Linear(4), output boxes,
        from features, dense5_1: Linear(2), Softmax, output probabilities,
    }

    /// The probability of speech in 576 samples at 16 kHz, and the states for the samples that follow.
    VoiceDetector: { input: [1, 576], h: [1, 128], c: [1, 128] } -> { probability: [1], hn: [1, 128], cn: [1, 128] } {
        Pad(right = 64, mode = reflect),
        stft_conv: Conv1d(258, kernel = 256, stride = 128, bias = false) as spectrum,
        Slice(axis = 0, end = 129), Pow(2) as real,
        from spectrum, Slice(axis = 0, start = 129), Pow(2), Add(real), Sqrt,
        conv1: Conv1d(128, kernel = 3, padding = 1), ReLU,
        conv2: Conv1d(64, kernel = 3, padding = 1, stride = 2), ReLU,
        conv3: Conv1d(64, kernel = 3, padding = 1, stride = 2), ReLU,
        conv4: Conv1d(128, kernel = 3, padding = 1), ReLU,
        Transpose(0, 1), lstm_cell: LSTM(128, state = (h, c)) as (y, h_n, c_n),
        from h_n, output hn, from c_n, output cn,
        from y, ReLU, Transpose(0, 1), final_conv: Conv1d(1, kernel = 1), Sigmoid, Flatten, output probability,
    }
}

/// A file in the folder beside the repository.
fn beside(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/models").join(name);
    if !path.is_file() {
        println!("SKIPPED: there is no file {}", path.display());
    }
    path.is_file().then_some(path)
}

/// The largest difference, as a part of the largest number.
fn difference(found: &[f32], expected: &[f32]) -> f32 {
    assert_eq!(found.len(), expected.len());
    let largest = expected.iter().fold(0f32, |largest, number| largest.max(number.abs()));
    found.iter().zip(expected).fold(0f32, |worst, (a, b)| worst.max((a - b).abs())) / largest
}

fn agrees(what: &str, found: &[f32], numbers: &Arrays, name: &str) {
    let worst = difference(found, &numbers[name].to_vec::<f32>());
    println!("{what}, {name}: {worst:.1e}");
    assert!(worst < 1e-4, "{what}, {name}: {worst:e}");
}

type Batch<const C: usize, const H: usize, const W: usize> = Tensor<(usize, Const<C>, Const<H>, Const<W>), f32, Cpu>;

#[test]
fn faces() {
    let device = Cpu::default();
    if let (Some(file), Some(numbers)) = (beside("mtcnn_pnet.pt"), beside("mtcnn_pnet.safetensors")) {
        let (mut net, numbers) = (PNet::new(&device), io::read_arrays(numbers).unwrap());
        let report = io::pytorch::load(&mut net, file).unwrap();
        assert!(report.is_complete(), "{report}");
        let images: Batch<3, 37, 41> = device.tensor_from_vec(numbers["in.x"].to_vec(), (2, Const, Const, Const));
        let (boxes, probabilities) = net.forward(images);
        agrees("P-Net", &boxes.as_vec(), &numbers, "out.0");
        agrees("P-Net", &probabilities.as_vec(), &numbers, "out.1");
    }
    if let (Some(file), Some(numbers)) = (beside("mtcnn_rnet.pt"), beside("mtcnn_rnet.safetensors")) {
        let (mut net, numbers) = (RNet::new(&device), io::read_arrays(numbers).unwrap());
        let report = io::pytorch::load(&mut net, file).unwrap();
        assert!(report.is_complete(), "{report}");
        let images: Batch<3, 24, 24> = device.tensor_from_vec(numbers["in.x"].to_vec(), (3, Const, Const, Const));
        let (boxes, probabilities) = net.forward(images);
        agrees("R-Net", &boxes.as_vec(), &numbers, "out.0");
        agrees("R-Net", &probabilities.as_vec(), &numbers, "out.1");
    }
}

/// Five pieces of sound one after the other: the states of one go into the next. Gives the probabilities and the last states.
fn speech_in(net: &VoiceDetector, numbers: &Arrays) -> [Vec<f32>; 3] {
    let device = Cpu::default();
    let state =
        |name: &str| -> Tensor<Rank3<1, 1, 128>, f32, Cpu> { device.tensor_from_vec(numbers[name].to_vec(), (Const, Const, Const)) };
    let (mut h, mut c, mut found) = (state("in.h"), state("in.c"), Vec::new());
    for sound in numbers["in.input"].to_vec::<f32>().chunks(576) {
        let sound: Tensor<Rank3<1, 1, 576>, f32, Cpu> = device.tensor_from_vec(sound.to_vec(), (Const, Const, Const));
        let (probability, hn, cn): (Tensor<Rank2<1, 1>, f32, Cpu>, _, _) = net.forward(sound, h, c);
        found.extend(probability.as_vec());
        (h, c) = (hn, cn);
    }
    [found, h.as_vec(), c.as_vec()]
}

/// With the weights of the safetensors file. They are not those of the ONNX file, which was trained for longer or less: the numbers are PyTorch's, in f64,
/// for this network (`Conv1d`, `LSTMCell`) and these weights.
#[test]
fn speech() {
    let (Some(file), Some(numbers)) = (beside("silero_vad_16k.safetensors"), beside("silero_vad_16k_sequence.safetensors")) else { return };
    let (mut net, numbers) = (VoiceDetector::new(&Cpu::default()), io::read_arrays(numbers).unwrap());
    // PyTorch's `LSTMCell` has the names of a layer without its number.
    let cell = |own: &str| if own.starts_with("lstm_cell.") { own.trim_end_matches("_l0").to_owned() } else { own.to_owned() };
    let report = io::load_renamed(&mut net, file, cell).unwrap();
    assert!(report.is_complete(), "{report}");
    let worst = difference(&speech_in(&net, &numbers)[0], &[0.013008403, 0.019999823, 0.01016385, 0.015845888, 0.018716915]);
    println!("voice: {worst:.1e}");
    assert!(worst < 1e-4, "{worst:e}");
}

/// With the weights of the ONNX file, which has the same tensors in the same order.
#[cfg(feature = "onnx")]
#[test]
fn speech_by_onnx() {
    use io::onnx::{BatchAxis, LoadOptions};
    let (Some(file), Some(numbers)) = (beside("silero_vad_16k_sequence.onnx"), beside("silero_vad_16k_sequence.safetensors")) else {
        return;
    };
    let numbers = io::read_arrays(numbers).unwrap();
    let inputs = numbers
        .iter()
        .filter_map(|(name, array)| Some((name.strip_prefix("in.")?.to_owned(), array.shape().iter().copied().map(Some).collect())));
    let options = LoadOptions { shapes: inputs.collect(), batch: BatchAxis::Absent, ..LoadOptions::default() };
    let model = io::onnx::load_with(file, &options).unwrap_or_else(|error| panic!("{error}"));
    // There the convolutions may be over images of one row.
    let longer = |shape: &[usize]| shape.iter().copied().filter(|&size| size > 1).collect::<Vec<_>>();
    let mut theirs = model.named_tensors().into_iter();
    let mut net = VoiceDetector::new(&Cpu::default());
    net.for_each_tensor_mut(|mut tensor| {
        let same = theirs.find(|other| longer(other.shape()) == longer(&tensor.shape()));
        tensor.copy_from(&same.unwrap_or_else(|| panic!("{} is in the file:\n{}", tensor.path(), model.summary())).to_vec());
    });
    let found = speech_in(&net, &numbers);
    for (found, name) in found.iter().zip(["out.speech_probs", "out.hn", "out.cn"]) {
        agrees("voice by ONNX", found, &numbers, name);
    }
}
