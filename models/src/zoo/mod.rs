//! The list of models. A new model needs a network, an entry here and, unless it is graph-only, default hyperparameters.

mod error;
mod graph_only;
mod hyperparameters;
mod model;
mod options;
mod photo;

use layercake_train::data::KnownDataset;
use layercake_train::rl::KnownEnvironment;

use crate::networks::{
    ClassGatedPixelCnn, ConvVae, ConvVae2, GatedPixelCnn, LeNet5, LinearColor, LinearGradients, LinearGradientsAndHues,
    LinearGradientsGray, LinearGray, LinearHues, MaxoutNet, MlpVae, MlpVae2, PixelCnn, ResNet20, ResNet20Gray, StreetFcn, StreetSegNet,
    StreetSegNetNails, StreetSegNetNearest, StreetSegNetTransposed, StreetUNet, Vgg8, Vgg8Gray,
};
use crate::tasks::{
    Agent, AgentKind, Augment, AutoencoderModel, ByFeatures, Captions, CharLstmModel, CharTransformerModel, Characters, ColorOrGray,
    DcganModel, Description, Detector, Entry, Features, FrameLabeler, GaussianVaeModel, GridWorldModel, ImageClassifier, Knn, Localizer,
    Mlp, ModelKind, PixelCnnModel, Points, RowClassifier, StreetSegmentation, Translations, Vae,
};
pub use error::ModelError;
pub use model::{Variant, ZooModel};
pub use options::{
    AgentOptions, BenchOptions, BenchResult, DeviceKind, EvalOptions, Evaluation, PlayOptions, Played, SampleOptions, Samples, TrainOptions,
};
pub use photo::{Detected, DetectionSeconds, PhotoDetector, PhotoSegmenter};

const SVM_FEATURES: &[Variant] = &[
    Variant { name: "pixels", graph: LinearGray::GRAPH },
    Variant { name: "hog", graph: LinearGradients::GRAPH },
    Variant { name: "hue", graph: LinearHues::GRAPH },
    Variant { name: "hog,hue", graph: LinearGradientsAndHues::GRAPH },
];

fn linear_svm() -> ByFeatures {
    let machine = |graph| {
        let about = "one linear layer with multi-class hinge loss on pixels or features (--features hog, hue or hog,hue), 28x28 gray or 32x32 color";
        ImageClassifier::new("linear_svm", about, graph, hyperparameters::linear_svm).by_hinge()
    };
    let color = |graph, features| machine(graph).of(features, [3, 32, 32]).on(KnownDataset::Cifar10);
    let by_channels = |color: ImageClassifier, gray: ImageClassifier| ColorOrGray {
        color: Box::new(color),
        gray: Box::new(gray),
        dataset: KnownDataset::Mnist,
    };
    ByFeatures {
        pixels: by_channels(machine(LinearColor::GRAPH).on(KnownDataset::Cifar10), machine(LinearGray::GRAPH)),
        gradients: by_channels(
            color(LinearGradients::GRAPH, Features::Gradients),
            machine(LinearGradientsGray::GRAPH).of(Features::Gradients, [1, 28, 28]),
        ),
        hues: color(LinearHues::GRAPH, Features::Hues),
        both: color(LinearGradientsAndHues::GRAPH, Features::GradientsAndHues),
        variants: SVM_FEATURES,
    }
}

/// All models of the zoo.
pub fn zoo() -> Vec<Box<dyn ZooModel>> {
    let mut models: Vec<Box<dyn ZooModel>> = vec![
        Box::new(ImageClassifier::new("lenet5", "LeNet-5 (LeCun et al., 1998), 28x28 gray", LeNet5::GRAPH, hyperparameters::small)),
        Box::new(linear_svm()),
        Box::new(ImageClassifier::new(
            "softmax",
            "one linear layer with cross entropy, 28x28 gray",
            LinearGray::GRAPH,
            hyperparameters::softmax,
        )),
        Box::new(
            ImageClassifier::new(
                "maxout",
                "two layers of maxout units of 4 pieces with dropout (Goodfellow et al., 2013), 28x28 gray",
                MaxoutNet::GRAPH,
                hyperparameters::maxout,
            )
            .on(KnownDataset::FashionMnist),
        ),
        Box::new(Knn),
        Box::new(Mlp),
        Box::new(vgg8()),
        Box::new(resnet20()),
    ];
    models.extend(points());
    models.push(entry(
        AutoencoderModel,
        Description {
            name: "autoencoder",
            description: "a denoising autoencoder by squared error (Vincent et al., 2008), and a classifier on its encoder from 1,000 labels, 28x28 gray",
            dataset: KnownDataset::Mnist,
            digits: true,
            recipe: hyperparameters::autoencoder,
            unit: "images",
        },
    ));
    models.extend(autoencoders());
    models.extend(pixel_cnns());
    models.push(entry(
        DcganModel,
        Description {
            name: "dcgan",
            description: "generator and discriminator in turn (Goodfellow et al., 2014; Radford et al., 2016), 28x28 gray",
            dataset: KnownDataset::Mnist,
            digits: true,
            recipe: hyperparameters::dcgan,
            unit: "images",
        },
    ));
    models.extend(street_segmentation());
    models.push(entry(
        Localizer,
        Description {
            name: "localizer",
            description: "one trunk, two heads: a digit on a cluttered canvas of 64x64 and its box; the box of a white blood cell in photos",
            dataset: KnownDataset::Mnist,
            digits: true,
            recipe: hyperparameters::localizer,
            unit: "images",
        },
    ));
    models.extend(detectors());
    models.push(entry(
        RowClassifier,
        Description {
            name: "row_classifier",
            description: "an LSTM, a GRU or a plain recurrent layer (--variant lstm, gru, rnn) that reads an image row by row, 28x28 gray",
            dataset: KnownDataset::Mnist,
            digits: true,
            recipe: hyperparameters::row_classifier,
            unit: "images",
        },
    ));
    models.push(entry(
        Translations,
        Description {
            name: "seq2seq",
            description: "encoder and decoder LSTM (Sutskever et al., 2014), plain or with attention (--variant attention): sums as text, or numbers in English words to French (--dataset number-words)",
            dataset: KnownDataset::Sums,
            digits: false,
            recipe: hyperparameters::seq2seq,
            unit: "pairs",
        },
    ));
    models.push(entry(
        Captions,
        Description {
            name: "captioner",
            description: "a convolutional network and an LSTM that writes (after Vinyals et al., 2015): strips of one to four digits to their names",
            dataset: KnownDataset::Mnist,
            digits: true,
            recipe: hyperparameters::captioner,
            unit: "strips",
        },
    ));
    models.push(entry(
        FrameLabeler,
        Description {
            name: "frame_labeler",
            description: "a convolutional network for each frame, an LSTM over them (after Donahue et al., 2015): digits that enter, bounce and leave",
            dataset: KnownDataset::Mnist,
            digits: true,
            recipe: hyperparameters::frame_labeler,
            unit: "clips",
        },
    ));
    models.extend(language_models());
    models.extend(agents());
    models.extend(graph_only::GRAPH_ONLY.into_iter().map(|network| Box::new(network) as Box<dyn ZooModel>));
    models
}

/// Whether the zoo has only the network of this name.
#[cfg(test)]
pub(crate) fn is_graph_only(name: &str) -> bool {
    graph_only::GRAPH_ONLY.iter().any(|network| network.name() == name)
}

fn entry<K: ModelKind>(kind: K, description: Description) -> Box<dyn ZooModel> {
    Box::new(Entry { description, kind })
}

fn points() -> [Box<dyn ZooModel>; 2] {
    let row = |name, description, dataset, recipe| Description { name, description, dataset, digits: false, recipe, unit: "points" };
    [
        entry(
            Points::Moons,
            row(
                "moons",
                "two half moons by two hidden layers of 20 units, compared with logistic, 1x2, 1x10 and 5x1000 (--variant)",
                KnownDataset::Moons,
                hyperparameters::moons,
            ),
        ),
        entry(
            Points::Curve,
            row(
                "curve",
                "a curve by two hidden layers of 40 units with tanh, compared with line, 1, 2, 16, 80 and 4-8 with ReLU (--variant)",
                KnownDataset::Curve,
                hyperparameters::curve,
            ),
        ),
    ]
}

fn vgg8() -> ColorOrGray {
    const DESCRIPTION: &str = "VGG-8, 32x32 color or 28x28 gray";
    let color = ImageClassifier::new("vgg8", DESCRIPTION, Vgg8::GRAPH, hyperparameters::vgg8)
        .on(KnownDataset::Cifar10)
        .augmented(Augment::ShiftAndMirror(4));
    let gray = ImageClassifier::new("vgg8", DESCRIPTION, Vgg8Gray::GRAPH, hyperparameters::vgg8)
        .on(KnownDataset::FashionMnist)
        .augmented(Augment::ShiftAndMirror(2));
    ColorOrGray { color: Box::new(color), gray: Box::new(gray), dataset: KnownDataset::Cifar10 }
}

fn resnet20() -> ColorOrGray {
    const DESCRIPTION: &str = "ResNet-20 (He et al., 2016), 32x32 color or 28x28 gray";
    let color = ImageClassifier::new("resnet20", DESCRIPTION, ResNet20::GRAPH, hyperparameters::resnet20)
        .on(KnownDataset::Cifar10)
        .augmented(Augment::ShiftAndMirror(4));
    let gray = ImageClassifier::new("resnet20", DESCRIPTION, ResNet20Gray::GRAPH, hyperparameters::resnet20)
        .on(KnownDataset::FashionMnist)
        .augmented(Augment::ShiftAndMirror(2));
    ColorOrGray { color: Box::new(color), gray: Box::new(gray), dataset: KnownDataset::FashionMnist }
}

fn street_segmentation() -> [Box<dyn ZooModel>; 6] {
    let row = |graph, name, description| {
        let dataset = KnownDataset::CamvidSmall;
        entry(
            StreetSegmentation(graph),
            Description { name, description, dataset, digits: false, recipe: hyperparameters::unet, unit: "images" },
        )
    };
    [
        row(StreetUNet::GRAPH, "unet", "U-Net (Ronneberger et al., 2015), segmentation of street scenes, 120x90 color"),
        row(StreetSegNet::GRAPH, "segnet", "SegNet (Badrinarayanan et al., 2017), the same, with max unpooling"),
        row(StreetSegNetNearest::GRAPH, "segnet_nearest", "the same with nearest-neighbor upsampling"),
        row(StreetSegNetNails::GRAPH, "segnet_nails", "the same with zeros between the elements (bed of nails)"),
        row(StreetSegNetTransposed::GRAPH, "segnet_transposed", "the same with transposed convolutions"),
        row(StreetFcn::GRAPH, "fcn", "convolutions at full size, the same (Long et al., 2015)"),
    ]
}

fn detectors() -> [Box<dyn ZooModel>; 4] {
    let row = |kind, name, description| Description {
        name,
        description,
        dataset: KnownDataset::Bccd,
        digits: false,
        recipe: match kind {
            Detector::SlidingWindow | Detector::Rcnn => hyperparameters::crop_detector,
            Detector::FastRcnn | Detector::FasterRcnn => hyperparameters::detector,
        },
        unit: "photos",
    };
    let rows = [
        (
            Detector::SlidingWindow,
            "sliding_window",
            "finds blood cells: each window of a photo is classified alone, 64x64 color (shown is the trunk)",
        ),
        (Detector::Rcnn, "rcnn", "R-CNN (Girshick et al., 2014): the same with the proposals of a search (shown is the trunk)"),
        (
            Detector::FastRcnn,
            "fast_rcnn",
            "Fast R-CNN (Girshick, 2015): proposals are cropped from the features of a photo, 320x240 (shown is the trunk)",
        ),
        (Detector::FasterRcnn, "faster_rcnn", "Faster R-CNN (Ren et al., 2015): the network proposes, 320x240 (shown is the trunk)"),
    ];
    rows.map(|(kind, name, description)| entry(kind, row(kind, name, description)))
}

fn agents() -> [Box<dyn ZooModel>; 4] {
    let agent = |name, description, kind, environments| Box::new(Agent { name, description, kind, environments });
    [
        Box::new(GridWorldModel),
        agent(
            "dqn",
            "deep Q-network (Mnih et al., 2015), with a replay memory and a target network",
            AgentKind::Dqn,
            &[KnownEnvironment::CartPole, KnownEnvironment::Catch],
        ),
        agent(
            "reinforce",
            "policy gradient of whole episodes (Williams, 1992), with one of three baselines",
            AgentKind::Reinforce,
            &[KnownEnvironment::CartPole],
        ),
        agent(
            "actor_critic",
            "advantage actor-critic (Mnih et al., 2016), several environments at once",
            AgentKind::ActorCritic,
            &[KnownEnvironment::CartPole, KnownEnvironment::Acrobot],
        ),
    ]
}

fn autoencoders() -> [Box<dyn ZooModel>; 5] {
    let row = |name, description| Description {
        name,
        description,
        dataset: KnownDataset::Mnist,
        digits: true,
        recipe: hyperparameters::vae,
        unit: "images",
    };
    let conv = |name, description| Description { recipe: hyperparameters::conv_vae, ..row(name, description) };
    [
        entry(Vae(MlpVae::GRAPH), row("vae", "variational autoencoder (Kingma and Welling, 2014), linear layers, 20 latent dimensions")),
        entry(Vae(MlpVae2::GRAPH), row("vae2", "the same with 2 latent dimensions, drawn as a manifold")),
        entry(Vae(ConvVae::GRAPH), conv("conv_vae", "convolutional variational autoencoder, 20 latent dimensions")),
        entry(Vae(ConvVae2::GRAPH), conv("conv_vae2", "the same with 2 latent dimensions")),
        entry(
            GaussianVaeModel,
            Description {
                recipe: hyperparameters::gaussian_vae,
                ..row(
                    "gaussian_vae",
                    "variational autoencoder with a mean and a variance for each pixel, linear layers, 10 latent dimensions",
                )
            },
        ),
    ]
}

fn language_models() -> [Box<dyn ZooModel>; 2] {
    let row = |name, description, recipe| {
        let dataset = KnownDataset::TinyShakespeare;
        Description { name, description, dataset, digits: false, recipe, unit: "characters" }
    };
    [
        entry(
            Characters(CharLstmModel),
            row("char_lstm", "character-level language model with an LSTM (Hochreiter and Schmidhuber, 1997)", hyperparameters::char_lstm),
        ),
        entry(
            Characters(CharTransformerModel),
            row(
                "char_transformer",
                "character-level language model with causal attention, 4 layers (Vaswani et al., 2017; Radford et al., 2019)",
                hyperparameters::char_transformer,
            ),
        ),
    ]
}

fn pixel_cnns() -> [Box<dyn ZooModel>; 3] {
    let row = |name, description| Description {
        name,
        description,
        dataset: KnownDataset::Mnist,
        digits: true,
        recipe: hyperparameters::pixel_cnn,
        unit: "images",
    };
    let gated = |name, description| Description { recipe: hyperparameters::gated_pixel_cnn, ..row(name, description) };
    [
        entry(PixelCnnModel(PixelCnn::GRAPH), row("pixelcnn", "PixelCNN (van den Oord et al., 2016), 28x28 black and white")),
        entry(PixelCnnModel(GatedPixelCnn::GRAPH), gated("gated_pixelcnn", "gated PixelCNN (van den Oord et al., 2016)")),
        entry(PixelCnnModel(ClassGatedPixelCnn::GRAPH), gated("class_gated_pixelcnn", "the same, conditioned on the class")),
    ]
}
