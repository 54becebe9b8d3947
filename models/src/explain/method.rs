//! The methods, and their settings.

use std::fmt;

/// A method of [`explain`](super::explain).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ExplainMethod {
    /// The absolute gradient.
    Saliency,
    /// The gradient times the input.
    InputXGradient,
    /// Guided backpropagation.
    GuidedBackprop,
    /// Deconvolution.
    Deconvolution,
    /// Integrated gradients.
    IntegratedGradients,
    /// SmoothGrad.
    SmoothGrad,
    /// Grad-CAM.
    GradCam,
    /// Occlusion.
    Occlusion,
    /// The fast gradient sign method.
    Fgsm,
    /// A picture that is taken for a chosen class.
    Fool,
    /// Gradient ascent.
    Ascent,
    /// DeepDream.
    Dream,
    /// Feature inversion.
    Inversion,
    /// The filters of the first layer.
    Filters,
    /// The maps of a layer.
    Activations,
    /// The patches that excite channels most.
    Patches,
    /// Dead and saturated units.
    Units,
    /// Nearest neighbors.
    Neighbors,
    /// Principal components.
    Pca,
    /// t-SNE.
    Tsne,
}

use ExplainMethod as M;

impl ExplainMethod {
    /// All methods.
    pub const ALL: [Self; 20] = [
        M::Saliency,
        M::InputXGradient,
        M::GuidedBackprop,
        M::Deconvolution,
        M::IntegratedGradients,
        M::SmoothGrad,
        M::GradCam,
        M::Occlusion,
        M::Fgsm,
        M::Fool,
        M::Ascent,
        M::Dream,
        M::Inversion,
        M::Filters,
        M::Activations,
        M::Patches,
        M::Units,
        M::Neighbors,
        M::Pca,
        M::Tsne,
    ];

    /// The name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            M::Saliency => "saliency",
            M::InputXGradient => "input-x-gradient",
            M::GuidedBackprop => "guided-backprop",
            M::Deconvolution => "deconvolution",
            M::IntegratedGradients => "integrated-gradients",
            M::SmoothGrad => "smoothgrad",
            M::GradCam => "grad-cam",
            M::Occlusion => "occlusion",
            M::Fgsm => "fgsm",
            M::Fool => "fool",
            M::Ascent => "ascent",
            M::Dream => "dream",
            M::Inversion => "inversion",
            M::Filters => "filters",
            M::Activations => "activations",
            M::Patches => "patches",
            M::Units => "units",
            M::Neighbors => "neighbors",
            M::Pca => "pca",
            M::Tsne => "tsne",
        }
    }

    /// One line on what it shows.
    pub const fn description(self) -> &'static str {
        match self {
            M::Saliency => "where a small change of a pixel changes the target most: the absolute gradient",
            M::InputXGradient => "the gradient times the input",
            M::GuidedBackprop => "the gradient with ReLUs that pass on only what is positive, where their input is positive",
            M::Deconvolution => "the gradient with ReLUs that pass on only what is positive, whatever their input is",
            M::IntegratedGradients => "the mean gradient on the path from the mean picture, times the distance to it",
            M::SmoothGrad => "the mean gradient of noisy copies",
            M::GradCam => "the maps of a layer, weighted by the target's gradient",
            M::Occlusion => "by how much the target falls if a window covers a place",
            M::Fgsm => "one step of equal size for each pixel, away from the class",
            M::Fool => "small steps to another class",
            M::Ascent => "the picture that a class or unit wants, from noise",
            M::Dream => "what a layer sees, strengthened in a picture (DeepDream)",
            M::Inversion => "a picture for which a layer gives the same as for this one",
            M::Filters => "the weights of the first layer",
            M::Activations => "the outputs of a layer for a picture",
            M::Patches => "the patches of the test images that excite channels most",
            M::Units => "a table of dead and saturated units by layer, over the test images",
            M::Neighbors => "the test images nearest to others in a layer, beside those nearest in pixels",
            M::Pca => "the test images in the plane of a layer's first two principal components, as points and as pictures",
            M::Tsne => "the test images in a plane that keeps a layer's neighbors (t-SNE), as points and as pictures",
        }
    }

    /// Whether it shows what a target looks at in a picture.
    const fn is_attribution(self) -> bool {
        matches!(
            self,
            M::Saliency
                | M::InputXGradient
                | M::GuidedBackprop
                | M::Deconvolution
                | M::IntegratedGradients
                | M::SmoothGrad
                | M::GradCam
                | M::Occlusion
        )
    }

    pub(super) const fn takes_picture(self) -> bool {
        self.is_attribution() || matches!(self, M::Fgsm | M::Fool | M::Dream | M::Inversion | M::Activations | M::Neighbors)
    }

    /// Whether it goes over all test images.
    pub(super) const fn takes_images(self) -> bool {
        matches!(self, M::Patches | M::Units) || self.is_embedding()
    }

    /// Whether it compares what a layer gives for the test images.
    const fn is_embedding(self) -> bool {
        matches!(self, M::Neighbors | M::Pca | M::Tsne)
    }

    pub(super) const fn takes_class(self) -> bool {
        self.is_attribution() || matches!(self, M::Fgsm | M::Fool | M::Ascent)
    }

    pub(super) const fn takes_layer(self) -> bool {
        self.is_attribution() || self.is_embedding() || matches!(self, M::Ascent | M::Dream | M::Inversion | M::Activations | M::Patches)
    }

    pub(super) const fn takes_channel(self) -> bool {
        self.is_of_a_target() || matches!(self, M::Dream | M::Patches)
    }

    pub(super) const fn takes_position(self) -> bool {
        self.is_of_a_target()
    }

    /// Whether `--layer` is part of the target.
    pub(super) const fn is_of_a_target(self) -> bool {
        (self.is_attribution() && !matches!(self, M::GradCam)) || matches!(self, M::Ascent)
    }

    pub(super) const fn needs_layer(self) -> bool {
        matches!(self, M::Dream | M::Inversion | M::Activations | M::Patches)
    }

    pub(super) const fn needs_target(self) -> bool {
        matches!(self, M::Fool | M::Ascent)
    }

    /// Whether it draws random numbers.
    const fn is_random(self) -> bool {
        self.is_embedding() || matches!(self, M::SmoothGrad | M::Ascent | M::Dream | M::Inversion)
    }
}

impl fmt::Display for ExplainMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Settings of methods. `None` selects the method's default.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    /// The number of steps: of an ascent, of the path of integrated gradients, of each size of a dream, of `tsne`.
    pub iterations: Option<usize>,
    /// The learning rate.
    pub lr: Option<f64>,
    /// The size of the step of `fgsm`, in units of the network's input.
    pub epsilon: Option<f64>,
    /// The probability at which `fool` stops.
    pub confidence: Option<f64>,
    /// The number of noisy copies of `smoothgrad`, and that of the test images that `neighbors`, `pca` and `tsne` compare.
    pub samples: Option<usize>,
    /// The standard deviation of the noise of `smoothgrad`, in units of the network's input.
    pub stdevs: Option<f64>,
    /// The side of the window of `occlusion`.
    pub window: Option<usize>,
    /// How far that window moves.
    pub stride: Option<usize>,
    /// L2 decay of `ascent` in each step; the weight of the squares of `inversion`.
    pub l2: Option<f64>,
    /// The number of steps between two blurs of `ascent`.
    pub blur_every: Option<usize>,
    /// Its clipping of small values, in percent.
    pub small_values: Option<f64>,
    /// Its clipping of small gradients, in percent.
    pub small_gradients: Option<f64>,
    /// The largest shift in pixels.
    pub jitter: Option<usize>,
    /// The number of sizes of `dream`.
    pub octaves: Option<usize>,
    /// The weight of the total variation of `inversion`.
    pub tv: Option<f64>,
    /// The perplexity of `tsne`.
    pub perplexity: Option<f64>,
    /// The seed of random numbers.
    pub seed: Option<u64>,
}

impl Settings {
    /// Each setting: its option, whether it was given, and whether a method takes it.
    pub(super) fn given(&self, method: ExplainMethod) -> [(&'static str, bool, bool); 17] {
        let of = |methods: &[ExplainMethod]| methods.contains(&method);
        [
            ("--iterations", self.iterations.is_some(), of(&[M::IntegratedGradients, M::Fool, M::Ascent, M::Dream, M::Inversion, M::Tsne])),
            ("--lr", self.lr.is_some(), of(&[M::Fool, M::Ascent, M::Dream, M::Inversion])),
            ("--epsilon", self.epsilon.is_some(), of(&[M::Fgsm])),
            ("--confidence", self.confidence.is_some(), of(&[M::Fool])),
            ("--samples", self.samples.is_some(), method.is_embedding() || of(&[M::SmoothGrad])),
            ("--stdevs", self.stdevs.is_some(), of(&[M::SmoothGrad])),
            ("--window", self.window.is_some(), of(&[M::Occlusion])),
            ("--stride", self.stride.is_some(), of(&[M::Occlusion])),
            ("--l2", self.l2.is_some(), of(&[M::Ascent, M::Inversion])),
            ("--blur-every", self.blur_every.is_some(), of(&[M::Ascent])),
            ("--small-values", self.small_values.is_some(), of(&[M::Ascent])),
            ("--small-gradients", self.small_gradients.is_some(), of(&[M::Ascent])),
            ("--jitter", self.jitter.is_some(), of(&[M::Ascent, M::Dream])),
            ("--octaves", self.octaves.is_some(), of(&[M::Dream])),
            ("--tv", self.tv.is_some(), of(&[M::Inversion])),
            ("--perplexity", self.perplexity.is_some(), of(&[M::Tsne])),
            ("--seed", self.seed.is_some(), method.is_random()),
        ]
    }

    /// Whether something that restrains an ascent was given.
    pub(super) fn restrains(&self) -> bool {
        self.l2.is_some()
            || self.blur_every.is_some()
            || self.small_values.is_some()
            || self.small_gradients.is_some()
            || self.jitter.is_some()
    }
}
