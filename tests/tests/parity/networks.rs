//! Whole networks against PyTorch: combinations of layers, LeNet-5, and LeNet-5 in training.

layercake_tests::parity! { combined:
    conv_bn_relu_pool: [3, 8, 7] -> [5, 4, 3] {
        conv: Conv2d(5, kernel = 3, padding = 1, bias = false), bn: BatchNorm2d, ReLU, MaxPool2d(2),
    }
    conv_bias_bn: [2, 6, 5] -> [4, 4, 3] { conv: Conv2d(4, kernel = 3), bn: BatchNorm2d }
    conv_bn_not_affine: [2, 6, 5] -> [4, 4, 3] {
        conv: Conv2d(4, kernel = 3, groups = 2), bn: BatchNorm2d(affine = false), LeakyReLU(negative_slope = 0.1),
    }
    bn_conv_padded: [3, 5, 6] -> [4, 7, 8] { bn: BatchNorm2d, conv: Conv2d(4, kernel = 3, padding = 2) }
    conv_relu_bn: [2, 6, 5] -> [4, 4, 3] { conv: Conv2d(4, kernel = 3), ReLU, bn: BatchNorm2d }
    bn_bn: [4, 3, 5] -> [4, 3, 5] { bn1: BatchNorm2d, bn2: BatchNorm2d(eps = 0.5, momentum = 0.5) }
    bn_offset_tanh: [4, 5] -> [4, 5] { bn: BatchNorm1d, Tanh }
    conv_relu_max_pool: [3, 9, 8] -> [4, 4, 3] { conv: Conv2d(4, kernel = 3), ReLU, MaxPool2d(3, stride = 2, padding = 1) }
    conv_max_pool_relu: [3, 8, 9] -> [4, 3, 3] { conv: Conv2d(4, kernel = 3), MaxPool2d(2), ReLU }
    conv_tanh_avg_pool: [1, 9, 10] -> [5, 4, 5] { conv: Conv2d(5, kernel = 3, padding = 1), Tanh, AvgPool2d(2) }
    conv_avg_pool: [2, 8, 7] -> [3, 3, 3] { conv: Conv2d(3, kernel = 3), AvgPool2d(3, stride = 2, padding = 1, count_include_pad = false) }
    conv_sigmoid_conv: [2, 7, 8] -> [2, 2, 2] { conv1: Conv2d(3, kernel = 3), Sigmoid, conv2: Conv2d(2, kernel = (2, 3), stride = 2) }
    conv_depthwise_pointwise: [6, 7, 5] -> [9, 7, 5] { dw: Conv2d(6, kernel = 3, padding = 1, groups = 6), ReLU, pw: Conv2d(9, kernel = 1) }
    conv_softmax: [2, 5, 4] -> [4, 5, 4] { conv: Conv2d(4, kernel = 3, padding = 1), Softmax(axis = 0) }
    relu_first: [9] -> [4] { ReLU, fc: Linear(4) }
    flatten_first: [2, 3, 4] -> [5] { Flatten, fc: Linear(5) }
    activation_last: [6] -> [5] { fc: Linear(5), Tanh }
    activations_in_a_row: [11] -> [11] { ReLU, LeakyReLU(negative_slope = 0.2), Tanh, Sigmoid }
    pools_in_a_row: [2, 9, 8] -> [2, 1, 1] { MaxPool2d(2, stride = 1), AvgPool2d(3, stride = 2), MaxPool2d(2) }
    linear_bn_relu_linear: [7] -> [4] { fc1: Linear(9), bn: BatchNorm1d, ReLU, fc2: Linear(4) }
    linear_log_softmax: [8] -> [6] { fc: Linear(6), LogSoftmax }
    sequence_mlp: [4, 5] -> [4, 3] { fc1: Linear(7), Tanh, fc2: Linear(3), Softmax(axis = 1) }
    sequence_linear_bn: [4, 5] -> [24] { fc: Linear(6), bn: BatchNorm1d, Flatten }
    saturated: [12] -> [5] { fc1: Linear(9), Tanh, fc2: Linear(5), Sigmoid }
    dropout_off: [6] -> [3] { fc1: Linear(8), Dropout(0.0), ReLU, fc2: Linear(3) }
    small_cnn: [3, 11, 9] -> [4] {
        conv1: Conv2d(5, kernel = 3, padding = 1), bn1: BatchNorm2d, ReLU, MaxPool2d(2),
        conv2: Conv2d(7, kernel = 3, stride = 2, bias = false), bn2: BatchNorm2d(momentum = 0.3),
        LeakyReLU(negative_slope = 0.1), Flatten, bn3: BatchNorm1d(eps = 0.5), fc: Linear(4), LogSoftmax,
    }
}

layercake_tests::parity! { lenet5:
    whole: [1, 28, 28] -> [10] {
        conv1: Conv2d(6, kernel = 5, padding = 2), Tanh, AvgPool2d(2),
        conv2: Conv2d(16, kernel = 5),             Tanh, AvgPool2d(2),
        Flatten,
        fc1: Linear(400 -> 120), Tanh,
        fc2: Linear(84), Tanh,
        fc3: Linear(10),
    }
}

mod training {
    use dfdx::nn::DeviceBuildExt;
    use dfdx::tensor::Cpu;
    use layercake::Backend;
    use layercake::optim::{Momentum, Optimizer, Sgd, SgdConfig};
    use layercake::prelude::{Backward, Scalar, ZeroGrads};
    use layercake_tests::{Fixture, Numbers, Outcome, difference, fill, state};

    use super::lenet5::whole::Net;

    /// 20 steps of SGD with momentum on four batches in turn: the loss before each step, and the final parameters.
    fn train<E: Scalar>(mut net: Net<E>, fixture: &Fixture) -> (Vec<f64>, Outcome)
    where
        Cpu: Backend<E>,
    {
        let start = fixture.case("whole").given;
        fill(&mut net, |path, _| start[path].clone());
        let (images, labels) = (fixture.tensor("trace/images"), fixture.tensor("trace/labels"));
        let [batches, size] = labels.dims[..] else { panic!("{:?}", labels.dims) };

        let config = SgdConfig { lr: 0.03, momentum: Some(Momentum::Classic(0.9)), ..Default::default() };
        let mut sgd = Sgd::new(&net, config);
        let mut gradients = net.alloc_grads();
        let mut losses = Vec::new();
        for step in 0..20 {
            let batch = step % batches;
            let bytes = &images.values[batch * size * 784..][..size * 784];
            let pixels = bytes.iter().map(|&byte| f64::from(byte as f32 / 255.0)).collect();
            let input = Numbers { dims: vec![size, 1, 28, 28], values: pixels };
            let labels: Vec<usize> = labels.values[batch * size..][..size].iter().map(|&label| label as usize).collect();

            let logits = net.forward_train::<usize>(input.tensor(&Cpu::default()), gradients);
            let loss = layercake::loss::cross_entropy(logits, &labels);
            losses.push(Numbers::of(&loss).values[0]);
            gradients = loss.backward();
            sgd.update(&mut net, &gradients).expect("every parameter has a gradient");
            net.zero_grads(&mut gradients);
        }
        (losses, state(&net))
    }

    fn compare(path: &str, (losses, parameters): (Vec<f64>, Outcome), fixture: &Fixture, bar: f64) {
        let expected = &fixture.tensor("trace/losses").values;
        assert!(expected[0] > 4.0 * expected[17], "a trace in which nothing is learnt shows nothing: {expected:?}");
        assert_eq!(losses.len(), expected.len());
        let one = |loss: f64| Numbers { dims: vec![], values: vec![loss] };
        let worst = losses.iter().zip(expected).map(|(&found, &expected)| difference(&one(found), &one(expected))).fold(0.0, f64::max);
        println!("{path}: losses of 20 steps off by {worst:.1e}");
        assert!(worst <= bar, "{path}: {losses:?} instead of {expected:?}");
        for name in ["conv1.weight", "conv1.bias", "fc3.weight", "fc3.bias"] {
            let off = difference(&parameters[name], fixture.tensor(&format!("trace/after/{name}")));
            println!("{path}: {name} after 20 steps off by {off:.1e}");
            assert!(off <= bar, "{path}: {name} is off by {off:.1e}");
        }
    }

    #[test]
    fn twenty_steps_as_pytorch() {
        let (device, fixture) = (Cpu::default(), Fixture::open("lenet5"));
        // Rounding errors accumulate over 20 steps, so float32 gets ten times the tolerance of one step.
        compare("engine f32", train(device.build_module::<Net, f32>(), &fixture), &fixture, 1e-4);
        compare("portable f64", train(device.build_module::<Net, f64>(), &fixture), &fixture, 1e-6);
    }
}

layercake_tests::parity! { building_blocks:
    autoencoder: [1, 8, 8] -> [1, 8, 8] {
        down: Conv2d(4, kernel = 3, stride = 2, padding = 1),
        ELU,
        up: ConvTranspose2d(1, kernel = 4, stride = 2, padding = 1),
        Sigmoid
    }
    style: [3, 5, 6] -> [3, 10, 12] {
        Pad(1, mode = reflect),
        conv: Conv2d(4, kernel = 3),
        norm: InstanceNorm2d(affine = true),
        ReLU6, Upsample(2, mode = bilinear),
        out: Conv2d(3, kernel = 1),
        Hardtanh
    }
    gated_sequence: [6, 5] -> [3] {
        conv: Conv1d(8, kernel = 3, padding = 1),
        GLU(axis = 0),
        Permute(1, 0),
        norm: LayerNorm, fc: Linear(3),
        Mean(0)
    }
    alexnet_like: [3, 9, 9] -> [2] {
        conv: Conv2d(5, kernel = 3),
        ReLU, LocalResponseNorm(3, alpha = 0.2),
        AdaptiveAvgPool2d(2),
        Flatten, fc: Maxout(4, pieces = 2),
        act: PReLU, out: Linear(2)
    }
    group_norm_resampled: [4, 3, 3] -> [2] {
        norm: GroupNorm(2),
        SiLU, Upsample(2),
        conv: Conv2d(2, kernel = 3),
        SELU,
        GlobalAvgPool2d, Softplus
    }
}
