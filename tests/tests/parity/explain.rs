//! Explanations against Captum, and against the same steps in PyTorch where Captum lacks the method: `pytorch/explain.py`.

use std::cell::RefCell;
use std::collections::BTreeSet;

use layercake::Scalar;
use layercake::explain::*;
use layercake::hook::Hookable;
use layercake::prelude::*;
use layercake_tests::training::Fixture;
use layercake_tests::{Numbers, difference};

network! {
    Net: [2, 6, 8] -> [5] {
        conv1: Conv2d(4, kernel = 3, padding = 1), bn1: BatchNorm2d, relu1: ReLU as shortcut,
        conv2: Conv2d(4, kernel = 3, padding = 1), relu2: ReLU, sum: Add(shortcut), relu3: ReLU,
        pool: MaxPool2d(2), Flatten, fc1: Linear(7), relu4: ReLU, fc2: Linear(5),
    }
}

/// The methods on one network in one number type.
struct Methods<'a, E: Scalar>
where
    Cpu: Backend<E>,
{
    fixture: Fixture,
    network: &'a dyn Hookable<E, Cpu>,
    bar: f64,
    done: RefCell<BTreeSet<String>>,
    wrong: RefCell<Vec<String>>,
}

type Dyn<E> = DynTensor<E, Cpu>;
type Outcome<T> = Result<T, ExplainError<layercake::dfdx::tensor::CpuError>>;

/// A tensor of a fixture.
fn tensor<E: Scalar>(numbers: &Numbers) -> Dyn<E>
where
    Cpu: Backend<E>,
{
    DynTensor::try_from_vec(&Cpu::default(), numbers.cast(), &numbers.dims).unwrap().unwrap()
}

impl<E: Scalar> Methods<'_, E>
where
    Cpu: Backend<E>,
{
    fn get(&self, name: &str) -> Dyn<E> {
        tensor(self.fixture.get(name))
    }

    fn check(&self, name: &str, found: &Dyn<E>) {
        self.check_numbers(name, found.to_vec().iter().map(|x| x.to_f64().unwrap()).collect(), found.dims());
    }

    fn check_numbers(&self, name: &str, values: Vec<f64>, dims: &[usize]) {
        let off = difference(&Numbers { dims: dims.to_vec(), values }, self.fixture.get(name));
        // Captum has the weights of the points, and the mean over the windows, in single precision.
        let rounded = name.starts_with("integrated_gradients") || name.starts_with("occlusion");
        let bar = if rounded { self.bar.max(1e-6) } else { self.bar };
        if off > bar {
            self.wrong.borrow_mut().push(format!("{name}: off by {off:.1e}"));
        }
        self.done.borrow_mut().insert(name.to_owned());
    }

    fn gradients(&self, x: &Dyn<E>) -> Outcome<()> {
        let (network, classes) = (self.network, Target::classes([4, 1]));
        let signed = SaliencyOptions { abs: false };
        self.check("saliency", &saliency(network, x, &classes, SaliencyOptions::default())?);
        self.check("gradient", &saliency(network, x, &classes, signed)?);
        self.check("input_x_gradient", &input_x_gradient(network, x, &classes)?);
        self.check("guided_backprop", &guided_backprop(network, x, &classes)?);
        self.check("deconvolution", &deconvolution(network, x, &classes)?);
        let unit = Target::unit("conv2", 2, [3, 5]);
        self.check("unit/gradient", &saliency(network, x, &unit, signed)?);
        self.check("unit/guided_backprop", &guided_backprop(network, x, &unit)?);
        self.check("unit/deconvolution", &deconvolution(network, x, &unit)?);
        let cam = grad_cam(network, x, &classes, "conv2", GradCamOptions::default())?;
        self.check("grad_cam", &cam);
        self.check("grad_cam/relu", &grad_cam(network, x, &classes, "relu3", GradCamOptions { relu_attributions: true })?);
        self.check("grad_cam/nearest", &interpolate(&cam, [9, 20], Interpolation::Nearest)?);
        self.check("grad_cam/bilinear", &interpolate(&cam, [9, 20], Interpolation::Bilinear)?);
        Ok(())
    }

    fn averages(&self, x: &Dyn<E>) -> Outcome<()> {
        let (network, classes) = (self.network, Target::classes([4, 1]));
        let baseline = || tensor(&Numbers { dims: x.dims().to_vec(), values: vec![0.3; x.to_vec().len()] });
        for (name, method) in [
            ("gausslegendre", Quadrature::GaussLegendre),
            ("riemann_left", Quadrature::RiemannLeft),
            ("riemann_right", Quadrature::RiemannRight),
            ("riemann_middle", Quadrature::RiemannMiddle),
            ("riemann_trapezoid", Quadrature::RiemannTrapezoid),
        ] {
            let options = IntegratedGradientsOptions { baselines: Some(baseline()), n_steps: 12, method, ..Default::default() };
            let found = integrated_gradients(network, x, &classes, &options)?;
            self.check(&format!("integrated_gradients/{name}"), &found.attributions);
            self.check_numbers(&format!("integrated_gradients/{name}/delta"), found.convergence_delta, &[2]);
        }
        let options = IntegratedGradientsOptions::default();
        self.check("integrated_gradients", &integrated_gradients(network, x, &classes, &options)?.attributions);
        let options = IntegratedGradientsOptions { multiply_by_inputs: false, ..options };
        self.check("integrated_gradients/local", &integrated_gradients(network, x, &classes, &options)?.attributions);
        for (name, nt_type) in [
            ("smoothgrad", NoiseTunnelType::SmoothGrad),
            ("smoothgrad_sq", NoiseTunnelType::SmoothGradSq),
            ("vargrad", NoiseTunnelType::VarGrad),
        ] {
            let options = NoiseTunnelOptions { nt_type, nt_samples: 6, stdevs: 0.4, seed: 0 };
            let mut draws = self.fixture.get("draws").values.iter();
            let found = noise_tunnel(x, options, &mut || *draws.next().unwrap(), &mut |noisy| {
                saliency(network, noisy, &classes, SaliencyOptions { abs: false })
            })?;
            self.check(name, &found);
        }
        Ok(())
    }

    fn changes(&self, x: &Dyn<E>) -> Outcome<()> {
        let (network, classes) = (self.network, Target::classes([4, 1]));
        for perturbations_per_eval in [1, 7, 1000] {
            let options = OcclusionOptions { perturbations_per_eval, ..OcclusionOptions::window([2, 3, 3]) };
            self.check("occlusion", &occlusion(network, x, &classes, &options)?);
        }
        let options = OcclusionOptions { strides: Some(vec![1, 3, 2]), baselines: 0.5, ..OcclusionOptions::window([1, 4, 3]) };
        self.check("occlusion/strides", &occlusion(network, x, &classes, &options)?);
        let options = FgsmOptions { epsilon: 0.15, lower_bound: -1.0, upper_bound: 1.2, ..Default::default() };
        self.check("fgsm", &fgsm(network, x, &[4, 1], options)?);
        self.check("fgsm/targeted", &fgsm(network, x, &[4, 1], FgsmOptions { epsilon: 0.05, targeted: true, ..Default::default() })?);
        Ok(())
    }

    fn ascents(&self, x: &Dyn<E>) -> Outcome<()> {
        let (network, classes) = (self.network, Target::classes([4, 1]));
        let shifts = self.fixture.get("shifts").values.chunks(2).map(|pair| [pair[0] as isize, pair[1] as isize]).collect();
        let (plain, jitter) = (AscentOptions { iterations: 8, lr: 0.7, ..Default::default() }, Jitter::Fixed(shifts));
        for (name, options) in [
            ("plain", AscentOptions { jitter: jitter.clone(), ..plain.clone() }),
            ("raw", AscentOptions { normalize: false, lr: 0.05, ..plain.clone() }),
            ("l2", AscentOptions { l2_decay: 0.05, ..plain.clone() }),
            ("blur", AscentOptions { blur_every: 2, blur_sigma: 0.6, ..plain.clone() }),
            ("small_values", AscentOptions { norm_percentile: 20.0, ..plain.clone() }),
            ("small_gradients", AscentOptions { contribution_percentile: 30.0, ..plain.clone() }),
            (
                "all",
                AscentOptions {
                    l2_decay: 0.02,
                    blur_every: 3,
                    blur_sigma: 0.8,
                    norm_percentile: 10.0,
                    contribution_percentile: 10.0,
                    lower_bound: -1.5,
                    upper_bound: 1.5,
                    jitter: jitter.clone(),
                    ..plain
                },
            ),
        ] {
            let found = gradient_ascent(network, x, &classes, &options)?;
            self.check(&format!("ascent/{name}"), &found.picture);
            self.check_numbers(&format!("ascent/{name}/score"), vec![found.scores[8]], &[1]);
        }
        let options = DreamOptions { octaves: 3, octave_scale: 1.3, iterations: 3, lr: 0.05, jitter, ..Default::default() };
        let large = self.get("large");
        self.check("dream/squares", &deep_dream(network, &large, &Target::layer("conv2"), &options)?);
        let options = DreamOptions { squares: false, ..options };
        self.check("dream/channel", &deep_dream(network, &large, &Target::channel("relu3", 1), &options)?);
        let one = |factor: f64, sample: usize| {
            let values = self.fixture.get("x").values[96 * sample..][..96].iter().map(|x| factor * x).collect();
            tensor(&Numbers { dims: vec![1, 2, 6, 8], values })
        };
        let options = InversionOptions { iterations: 25, l2: 0.03, tv: 0.02, ..Default::default() };
        let found = invert_features(network, &one(1.0, 0), &one(0.1, 1), "relu3", options)?;
        self.check("inversion", &found.picture);
        self.check_numbers("inversion/losses", found.scores, &[26]);
        Ok(())
    }

    /// All methods; none of the fixture is left out.
    fn all(&self) {
        let x = self.get("x");
        self.gradients(&x).unwrap();
        self.averages(&x).unwrap();
        self.changes(&x).unwrap();
        self.ascents(&x).unwrap();
        assert!(self.wrong.borrow().is_empty(), "{}", self.wrong.borrow().join("\n"));
        let given = |name: &&str| name.starts_with("state/") || ["x", "large", "shifts", "draws"].contains(name);
        let expected: BTreeSet<String> = self.fixture.names().filter(|name| !given(name)).map(str::to_owned).collect();
        assert_eq!(*self.done.borrow(), expected);
    }
}

/// The network with the fixture's state.
fn filled<E: Scalar>(fixture: &Fixture) -> Net<E, Cpu>
where
    Cpu: Backend<E> + SampleTensor<E>,
{
    let mut net: Net<E, Cpu> = Cpu::default().build_module::<Net, E>();
    net.for_each_tensor_mut(|mut tensor| {
        let numbers: Vec<E> = fixture.get(&format!("state/{}", tensor.path())).cast();
        tensor.copy_from(&numbers);
    });
    net
}

fn compare<E: Scalar>(network: &dyn Hookable<E, Cpu>, bar: f64)
where
    Cpu: Backend<E>,
{
    let fixture = Fixture::open_in("explain", "methods");
    Methods { fixture, network, bar, done: RefCell::default(), wrong: RefCell::default() }.all();
}

#[test]
fn in_double_precision() {
    compare(&filled::<f64>(&Fixture::open_in("explain", "methods")), 1e-9);
}

#[test]
fn on_the_engine() {
    compare(&filled::<f32>(&Fixture::open_in("explain", "methods")), 1e-4);
}

#[test]
fn of_a_graph_model() {
    let net = filled::<f32>(&Fixture::open_in("explain", "methods"));
    let mut model = GraphModel::new(Net::<f32, Cpu>::GRAPH.clone(), &Cpu::default());
    model.for_each_tensor_mut(|mut tensor| {
        let same = net.tensor_at(tensor.path()).unwrap().to_vec();
        tensor.copy_from(&same);
    });
    compare(&model, 1e-4);
}
