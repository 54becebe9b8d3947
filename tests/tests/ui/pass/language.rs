#![no_implicit_prelude]
#![deny(warnings, missing_docs, unreachable_pub, missing_debug_implementations, single_use_lifetimes, unused_qualifications)]
//! Every construct of the language, without the prelude and under strict lints.

pub mod nets {
    //! Networks of another module.
    use ::layercake::network;
    network! {
        /// Encoder.
        pub Encoder: [12] -> [8] { fc: Linear(8), Tanh }
        /// Two outputs.
        pub Vae: [8] -> { mean: [3], logvar: [3] } {
            Linear(6) as h, mean: Linear(3), output mean, from h, logvar: Linear(3), output logvar,
        }
        /// Two inputs.
        pub Pair: { left: [4], right: [4] } -> [4] { Linear(4), Add(right) }
        /// One size.
        pub Wide<const H: usize>: [H] -> [5] { a: Linear(H), ReLU, Linear(5) }
        /// A length.
        pub Mixer<T: Dim, const H: usize>: [T, H] -> [T, H] { Residual { LayerNorm(H), Linear(H) } }
    }
}

::layercake::network! {
    /// A file.
    pub Imported = onnx("onnx/models/digits.onnx")
    /// The file in the program.
    pub Included = onnx("onnx/models/tagger.onnx", sequence = 3, weights = included);

    block ConvReLU(channels, kernel = 3) { Conv2d(channels, kernel = kernel, padding = 1), ReLU }
    block Double(channels) { ConvReLU(channels), conv2: ConvReLU(channels, kernel = 3), }

    /// Graphs.
    pub Graph: { image: [3, 8, 8], state: [16] } -> { logits: [_], rest: [2, _, _] } {
        Double(4) as d1,
        layer1: Repeat(2) { Residual { ConvReLU(4) } },
        Residual(shortcut = { Conv2d(6, kernel = 1) }) { Conv2d(6, kernel = 1), ReLU } -> [6, 8, 8],
        down: Add { { Conv2d(4, kernel = 1) }, { Conv2d(4, kernel = 3, padding = 1), ReLU } },
        Add(d1), Concat(d1, axis = 0) as wide,
        Chunk(2) as (a, b),
        from a, Tanh as t, from b, Sigmoid, Mul(t) -> [4, 8, 8],
        Sub { {}, { ReLU } },
        Maximum { {}, { ReLU } },
        Concat { {}, { ReLU } } -> [8, _, _],
        Flatten, proj: Linear(16) as p, Add(state), shared: Linear(16), reuse shared, again: reuse shared,
        Concat(p, axis = 0) -> [32], output logits,
        from wide, Conv2d(2, kernel = 3), output rest,
    }

    /// Composition.
    pub Whole: [12] -> [3] {
        encoder: nets::Encoder,
        second: Inner,
        vae: self::nets::Vae as (mean, logvar),
        from mean, Add(logvar),
        Linear(8), wide: nets::Wide<8> -> [5],
        Linear(4) as x,
        nets::Pair(x), Linear(12), reuse encoder, Linear(3),
    }

    /// Inner.
    pub Inner: [8] -> [8] { ReLU, Linear(8) }

    /// Customs.
    pub Customs: [12] -> [2] {
        ::layercake::dfdx::nn::modules::Linear(12, 10) -> [10],
        tanh: ::layercake::dfdx::nn::modules::Tanh<>() -> [10],
        reuse tanh,
        Linear(2),
    }
}

fn main() {
    use ::core::clone::Clone;
    use ::layercake::prelude::*;
    const _: () = ::core::assert!(Whole::INPUT[0] == 12 && Whole::OUTPUT[0] == 3);
    const _: () = ::core::assert!(Graph::OUTPUT.0[0] == 32);
    const _: () = ::core::assert!(nets::Wide::<8>::PARAMS == 8 * 8 + 8 + 8 * 5 + 5);
    let device = Cpu::seed_from_u64(0);
    let net = Whole::new(&device);
    let x: Tensor<Rank2<2, 12>, f32, _> = device.sample_normal();
    ::core::assert_eq!(net.forward(Clone::clone(&x)).array().len(), 2);
    let customs = Customs::new(&device);
    ::core::assert_eq!(customs.forward(x).array()[1].len(), 2);
    let graph = Graph::new(&device);
    let (logits, rest) = graph.forward(device.zeros::<Rank4<2, 3, 8, 8>>(), device.zeros::<Rank2<2, 16>>());
    ::core::assert_eq!((logits.array()[0].len(), rest.array()[1].len()), (32, 2));
    let mixer = nets::Mixer::<4>::new(&device);
    let five: Tensor<(usize, usize, Const<4>), f32, _> = device.zeros_like(&(2, 5, Const));
    ::core::assert_eq!(mixer.forward(five).shape().1, 5);
}
