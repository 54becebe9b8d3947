//! All models. Adding one takes a file for its network and a row here.

mod recipes;
mod sketches;

use std::marker::PhantomData;

use layercake_train::data::DataSet;

use crate::classifier::{Augment, classifier};
use crate::gallery::{
    ClassGatedPixelCnn, ConvVae, ConvVae2, GatedPixelCnn, LinearGrey, MlpVae, MlpVae2, PixelCnn, ResNet20, ResNet20Grey, Vgg8, Vgg8Grey,
};
use crate::recipes::{Entry, Forms, Kind, Letters, NearestNeighbours, Pixels, Row, Streets, Vae};
use crate::{LeNet5, Model};

/// The models, by name.
pub fn zoo() -> Vec<Box<dyn Model>> {
    let mut models: Vec<Box<dyn Model>> = vec![
        Box::new(classifier::<LeNet5, _, _, _, _>("lenet5", "LeNet-5 (LeCun et al., 1998), grey images of 28x28", recipes::small)),
        Box::new(
            classifier::<LinearGrey, _, _, _, _>(
                "linear_svm",
                "one layer by the multi-class hinge, grey images of 28x28",
                recipes::linear_svm,
            )
            .by_hinge(),
        ),
        Box::new(classifier::<LinearGrey, _, _, _, _>("softmax", "one layer by cross entropy, grey images of 28x28", recipes::softmax)),
        Box::new(NearestNeighbours),
        Box::new(vgg8()),
        Box::new(resnet20()),
    ];
    models.extend(autoencoders());
    models.extend(pixel_cnns());
    models.push(entry::<Streets>(Row {
        name: "unet",
        about: "U-Net (Ronneberger et al., 2015), a class for each pixel of streets, 120x90 in colour",
        dataset: DataSet::CamvidSmall,
        digits: false,
        recipe: recipes::unet,
        unit: "images",
    }));
    models.push(entry::<Letters>(Row {
        name: "char_lstm",
        about: "language model of letters with an LSTM (Hochreiter and Schmidhuber, 1997)",
        dataset: DataSet::TinyShakespeare,
        digits: false,
        recipe: recipes::char_lstm,
        unit: "letters",
    }));
    models.extend(sketches::SKETCHES.into_iter().map(|sketch| Box::new(sketch) as Box<dyn Model>));
    models
}

/// Is it a network without a recipe?
#[cfg(test)]
pub(crate) fn is_sketch(name: &str) -> bool {
    sketches::SKETCHES.iter().any(|sketch| sketch.name() == name)
}

fn entry<K: Kind>(row: Row) -> Box<dyn Model> {
    Box::new(Entry::<K> { row, kind: PhantomData })
}

fn vgg8() -> Forms {
    const ABOUT: &str = "VGG-8, colour images of 32x32 or grey ones of 28x28";
    let colour = classifier::<Vgg8, _, _, _, _>("vgg8", ABOUT, recipes::vgg8).on(DataSet::Cifar10).augmented(Augment::ShiftAndMirror(4));
    let grey =
        classifier::<Vgg8Grey, _, _, _, _>("vgg8", ABOUT, recipes::vgg8).on(DataSet::FashionMnist).augmented(Augment::ShiftAndMirror(2));
    Forms { colour: Box::new(colour), grey: Box::new(grey), dataset: DataSet::Cifar10 }
}

fn resnet20() -> Forms {
    const ABOUT: &str = "ResNet-20 (He et al., 2016), colour images of 32x32 or grey ones of 28x28";
    let colour =
        classifier::<ResNet20, _, _, _, _>("resnet20", ABOUT, recipes::resnet20).on(DataSet::Cifar10).augmented(Augment::ShiftAndMirror(4));
    let grey = classifier::<ResNet20Grey, _, _, _, _>("resnet20", ABOUT, recipes::resnet20)
        .on(DataSet::FashionMnist)
        .augmented(Augment::ShiftAndMirror(2));
    Forms { colour: Box::new(colour), grey: Box::new(grey), dataset: DataSet::FashionMnist }
}

fn autoencoders() -> [Box<dyn Model>; 4] {
    let row = |name, about| Row { name, about, dataset: DataSet::Mnist, digits: true, recipe: recipes::vae, unit: "images" };
    let conv = |name, about| Row { recipe: recipes::conv_vae, ..row(name, about) };
    [
        entry::<Vae<MlpVae, 20>>(row("vae", "variational autoencoder (Kingma and Welling, 2014) of linear layers, 20 latent dimensions")),
        entry::<Vae<MlpVae2, 2>>(row("vae2", "the same with 2 latent dimensions, which can be drawn as a map")),
        entry::<Vae<ConvVae, 20>>(conv("conv_vae", "variational autoencoder of convolutions, 20 latent dimensions")),
        entry::<Vae<ConvVae2, 2>>(conv("conv_vae2", "the same with 2 latent dimensions")),
    ]
}

fn pixel_cnns() -> [Box<dyn Model>; 3] {
    let row = |name, about| Row { name, about, dataset: DataSet::Mnist, digits: true, recipe: recipes::pixel_cnn, unit: "images" };
    let gated = |name, about| Row { recipe: recipes::gated_pixel_cnn, ..row(name, about) };
    [
        entry::<Pixels<PixelCnn>>(row("pixelcnn", "PixelCNN (van den Oord et al., 2016), black and white images of 28x28")),
        entry::<Pixels<GatedPixelCnn>>(gated("gated_pixelcnn", "gated PixelCNN (van den Oord et al., 2016)")),
        entry::<Pixels<ClassGatedPixelCnn>>(gated("class_gated_pixelcnn", "the same, told which digit it is")),
    ]
}
