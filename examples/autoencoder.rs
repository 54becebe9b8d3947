//! An autoencoder: a model of two networks and a learned scale, with a custom training loop, partial freezing, saving and loading.
//!
//! Compresses the built-in 8x8 digits of `layercake-train` to 12 numbers. Takes a few seconds.

use layercake::dfdx::tensor_ops::{BroadcastTo, TryMul, TrySub};
use layercake::optim::{Adam, AdamConfig};
use layercake::prelude::*;
use layercake_train::data::{Images as Digits, Loader, Normalize, digits};

network! {
    /// Maps an image to its code.
    Encoder: [1, 8, 8] -> [12] { Flatten, fc1: Linear(48), ReLU, fc2: Linear(12) }

    /// Maps a code to the pixels.
    Decoder: [12] -> [64] { fc1: Linear(48), ReLU, fc2: Linear(64) }
}

/// The decoder's output is scaled per pixel: the corners of the images hardly vary, the centers do.
#[derive(Clone, Debug, Model)]
struct Autoencoder<E: Dtype = f32, D: Storage<E> = Cpu> {
    encoder: Encoder<E, D>,
    decoder: Decoder<E, D>,
    #[model(param, init = ones)]
    scale: Tensor<Rank1<64>, E, D>,
}

type Images = Tensor<(usize, Const<1>, Const<8>, Const<8>), f32, Cpu>;
type Traced<S> = Tensor<S, f32, Cpu, OwnedTape<f32, Cpu>>;

impl Autoencoder {
    /// The mean squared error between the images and their reconstructions.
    fn loss(&mut self, images: Images, gradients: Gradients<f32, Cpu>) -> Traced<Rank0> {
        let pixels = (images.shape().0, Const::<64>);
        let target = images.clone().reshape_like(&pixels);
        let code = self.encoder.forward_train(images, gradients);
        let back = self.decoder.forward_mut(code);
        let scale: Traced<_> = self.scale.retaped().broadcast_like(&pixels);
        back.try_mul(scale).and_then(|back| back.try_sub(target)).expect("a batch fits into memory").square().mean()
    }
}

/// Trains for a number of epochs and returns the mean loss of the last one.
fn train(model: &mut Autoencoder, optimizer: &mut impl Optimizer<Autoencoder, Cpu, f32>, images: &Loader<Digits>, epochs: usize) -> f32 {
    let device = model.scale.device().clone();
    let mut gradients = model.alloc_grads();
    let mut last = 0.0;
    for epoch in 1..=epochs {
        let mut total = 0.0;
        for batch in images.epoch(epoch) {
            let images = batch.and_then(|batch| batch.images.into_tensor(&device)).expect("the images fit the model");
            let loss = model.loss(images, gradients);
            total += loss.array();
            gradients = loss.backward();
            optimizer.update(model, &gradients).expect("every parameter has a gradient");
            model.zero_grads(&mut gradients);
        }
        last = total / images.batch_count() as f32;
        println!("epoch {epoch}: mean squared error {last:.4}");
    }
    last
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let images = digits().train;
    let normalize = Normalize::measure(&images);
    let loader = Loader::new(images, 32).shuffle(1).transform(normalize);

    let device = Cpu::seed_from_u64(1);
    let mut model = Autoencoder::new(&device);
    println!("{}\n", model.parameter_table());
    let mut optimizer = Adam::new(&model, AdamConfig { lr: 3e-3, ..Default::default() });
    let first = train(&mut model, &mut optimizer, &loader, 5);

    // Freeze the encoder and continue with the decoder and the scale.
    optimizer.freeze(&model, "encoder")?;
    println!("\ntraining {} of {} parameters", model.parameter_count() - Encoder::PARAMS, model.parameter_count());
    let encoder = model.encoder.fc1.weight.as_vec();
    let second = train(&mut model, &mut optimizer, &loader, 3);
    assert_eq!(model.encoder.fc1.weight.as_vec(), encoder, "frozen parameters do not change");
    assert!(second < first && second < 0.15, "it learns: {first}, then {second}");

    let file = std::env::temp_dir().join("layercake-autoencoder.safetensors");
    io::save_safetensors(&model, &file)?;
    let mut copy = Autoencoder::new(&device);
    io::load_safetensors(&mut copy, &file)?;
    assert_eq!(copy.scale.array(), model.scale.array());
    println!("\nsaved to {}, with `scale` from {:.2} to {:.2}", file.display(), least(&model), greatest(&model));
    Ok(())
}

fn least(model: &Autoencoder) -> f32 {
    model.scale.as_vec().into_iter().fold(f32::INFINITY, f32::min)
}

fn greatest(model: &Autoencoder) -> f32 {
    model.scale.as_vec().into_iter().fold(f32::NEG_INFINITY, f32::max)
}
