//! Every loss, its reductions and its slopes, in both number types, against PyTorch's in double precision.

use std::cell::RefCell;
use std::collections::BTreeSet;

use layercake::Scalar;
use layercake::dfdx::tensor_ops::TryMul;
use layercake::loss::*;
use layercake::prelude::*;
use layercake_tests::{Numbers, difference};

use layercake_tests::training::Fixture;

type Taped<S, E> = Tensor<S, E, Cpu, OwnedTape<E, Cpu>>;
type Matrix = (usize, usize);
type Plain = Tensor<Matrix, f64, Cpu>;
type Image = (usize, usize, usize, usize);

struct Losses {
    fixture: Fixture,
    done: RefCell<BTreeSet<String>>,
}

impl Losses {
    /// `factor` times ours is PyTorch's.
    #[allow(clippy::too_many_arguments, reason = "one call for all cases")]
    fn compare<E: Scalar, S: Shape, R: Shape, T: Clone, L>(&self, name: &str, loss: &L, target: T, factor: f64, bar: f64)
    where
        Cpu: Device<E>,
        L: Loss<Taped<S, E>, T, Each = Taped<R, E>, Reduced = Taped<Rank0, E>>,
    {
        let device = Cpu::default();
        let get = |key: &str| self.fixture.get(&format!("{name}/{key}"));
        let x: Tensor<S, E, Cpu> = get("prediction").tensor(&device);
        let check = |what: &str, found: Numbers, expected: &Numbers| {
            let found = Numbers { dims: expected.dims.clone(), values: found.values.iter().map(|value| value * factor).collect() };
            let off = difference(&found, expected);
            assert!(off <= bar, "{name}, {what}: off by {off:.1e}: {:?} instead of {:?}", found.values, expected.values);
        };
        let each = loss.each(x.leaky_trace(), target.clone());
        assert_eq!(Numbers::of(&each).dims, get("none/value").dims, "{name}");
        check("each", Numbers::of(&each), get("none/value"));
        let weight: Tensor<R, E, Cpu> = get("weight").tensor(&device);
        let total = each.try_mul(weight).unwrap().sum::<Rank0, _>();
        check("slope of each", Numbers::of(&total.backward().get(&x)), get("none/slope"));
        for (reduction, reduced) in
            [("sum", loss.sum(x.leaky_trace(), target.clone())), ("mean", loss.mean(x.leaky_trace(), target.clone()))]
        {
            check(reduction, Numbers::of(&reduced), get(&format!("{reduction}/value")));
            check(reduction, Numbers::of(&reduced.backward().get(&x)), get(&format!("{reduction}/slope")));
        }
        self.done.borrow_mut().insert(name.to_owned());
    }

    /// A target of the prediction's shape.
    fn soft<L>(&self, name: &str, loss: L)
    where
        L: Loss<Taped<Matrix, f64>, Tensor<Matrix, f64, Cpu>>,
        L: SoftLoss,
    {
        loss.run(self, name);
    }

    /// Class ids.
    fn ids<L>(&self, name: &str, loss: &L, factor: f64)
    where
        L: for<'a> Loss<Taped<Matrix, f64>, &'a [usize], Each = Taped<(usize,), f64>, Reduced = Taped<Rank0, f64>>,
        L: for<'a> Loss<Taped<Matrix, f32>, &'a [usize], Each = Taped<(usize,), f32>, Reduced = Taped<Rank0, f32>>,
    {
        let labels = self.labels(name);
        self.compare::<f64, Matrix, (usize,), &[usize], L>(name, loss, &labels, factor, 1e-13);
        self.compare::<f32, Matrix, (usize,), &[usize], L>(name, loss, &labels, factor, 1e-6);
    }

    fn labels(&self, name: &str) -> Vec<usize> {
        self.fixture.get(&format!("{name}/target")).values.iter().map(|&id| id as usize).collect()
    }
}

/// Runs a loss in both number types; a trait, for a loss's two kinds of output shapes.
trait SoftLoss {
    fn run(&self, losses: &Losses, name: &str);
}

macro_rules! soft {
    ($($loss:ty: $rows:ty),*) => {$(
        impl SoftLoss for $loss {
            fn run(&self, losses: &Losses, name: &str) {
                let target = losses.fixture.get(&format!("{name}/target"));
                let device = Cpu::default();
                losses.compare::<f64, Matrix, $rows, Tensor<Matrix, f64, Cpu>, Self>(name, self, target.tensor(&device), 1.0, 1e-13);
                losses.compare::<f32, Matrix, $rows, Tensor<Matrix, f32, Cpu>, Self>(name, self, target.tensor(&device), 1.0, 1e-6);
            }
        }
    )*};
}

soft! { Mse: Matrix, L1: Matrix, Huber: Matrix, SmoothL1: Matrix, Bce: Matrix, BceWithLogits: Matrix, Focal: Matrix, KlDiv: Matrix, CrossEntropy: (usize,) }

#[test]
fn as_pytorch_says() {
    let losses = Losses { fixture: Fixture::open("losses"), done: RefCell::default() };
    losses.soft("mse", Mse);
    losses.soft("l1", L1);
    losses.soft("l1_equal", L1);
    losses.soft("huber", Huber { delta: 0.7 });
    losses.soft("huber_wide", Huber::default());
    losses.soft("smooth_l1", SmoothL1 { beta: 0.3 });
    losses.soft("smooth_l1_zero", SmoothL1 { beta: 0.0 });
    losses.soft("bce", Bce);
    losses.soft("bce_edge", Bce);
    for name in ["bce_with_logits", "bce_with_logits_wide"] {
        losses.soft(name, BceWithLogits::default());
    }
    let three = vec![0.5, 3.0, 10.0];
    losses.soft("bce_pos_weight", BceWithLogits { pos_weight: three.clone(), ..Default::default() });
    losses.soft("bce_weight", BceWithLogits { weight: three, ..Default::default() });
    losses.soft("focal", Focal::default());
    losses.soft("focal_soft", Focal { alpha: Some(0.6), gamma: 1.5 });
    losses.soft("focal_wide", Focal { alpha: None, gamma: 0.5 });
    losses.soft("kl_div", KlDiv { log_target: false });
    losses.soft("kl_div_log", KlDiv { log_target: true });

    let weight = vec![0.5, 2.0, 1.0, 0.0, 3.0];
    for name in ["cross_entropy", "cross_entropy_wide", "cross_entropy_one"] {
        losses.ids(name, &CrossEntropy::default(), 1.0);
    }
    losses.ids("cross_entropy_smooth", &CrossEntropy { label_smoothing: 0.1, ..Default::default() }, 1.0);
    losses.ids("cross_entropy_weight", &CrossEntropy { weight: weight.clone(), ..Default::default() }, 1.0);
    losses.ids("cross_entropy_ignore", &CrossEntropy { ignore_index: Some(2), ..Default::default() }, 1.0);
    let all = CrossEntropy { weight: weight.clone(), ignore_index: Some(2), label_smoothing: 0.2 };
    losses.ids("cross_entropy_all", &all, 1.0);
    let labels = losses.labels("cross_entropy_image");
    losses.compare::<f64, Image, (usize, usize, usize), &Vec<usize>, _>("cross_entropy_image", &all, &labels, 1.0, 1e-13);
    losses.compare::<f32, Image, (usize, usize, usize), &Vec<usize>, _>("cross_entropy_image", &all, &labels, 1.0, 1e-6);
    losses.soft("cross_entropy_soft", CrossEntropy::default());
    losses.soft("cross_entropy_soft_all", CrossEntropy { ignore_index: None, ..all });
    losses.ids("nll", &Nll::default(), 1.0);
    losses.ids("nll_all", &Nll { weight, ignore_index: Some(2) }, 1.0);
    // PyTorch's is divided by the number of classes.
    losses.ids("hinge", &Hinge::default(), 0.2);
    losses.ids("hinge_wide", &Hinge::default(), 0.2);
    losses.ids("hinge_squared", &Hinge { margin: 0.4, squared: true }, 0.2);

    let done = losses.done.borrow();
    let left: Vec<&str> = losses.fixture.cases().into_iter().filter(|name| !done.contains(*name)).collect();
    assert!(left.is_empty(), "not tested: {left:?}");
}

#[test]
fn the_functions_are_the_means() {
    let device = Cpu::default();
    let fixture = Fixture::open("losses");
    let matrix = |key: &str| -> Tensor<Matrix, f64, Cpu> { fixture.get(key).tensor(&device) };
    let of = |name: &str| (matrix(&format!("{name}/prediction")), matrix(&format!("{name}/target")));
    let check = |name: &str, found: Tensor<Rank0, f64, Cpu>| {
        let off = (found.array() - fixture.get(name).values[0]).abs() / fixture.get(name).values[0].abs();
        assert!(off < 1e-13, "{name}: off by {off:.1e}");
    };
    let run = |name: &str, function: fn(Plain, Plain) -> Tensor<Rank0, f64, Cpu>| {
        let (x, target) = of(name);
        check(&format!("{name}/mean/value"), function(x, target));
    };
    run("mse", mse);
    run("l1", l1);
    run("huber", |x, t| huber(x, t, 0.7));
    run("smooth_l1", |x, t| smooth_l1(x, t, 0.3));
    run("bce", bce);
    run("bce_with_logits", bce_with_logits);
    let (x, target) = of("kl_div");
    check("kl_div/batchmean", kl_div(x, target));
    let labels = |name: &str| -> Vec<usize> { fixture.get(&format!("{name}/target")).values.iter().map(|&id| id as usize).collect() };
    check("cross_entropy/mean/value", cross_entropy(matrix("cross_entropy/prediction"), &labels("cross_entropy")));
    check("nll/mean/value", nll(matrix("nll/prediction"), &labels("nll")));
    check("hinge/mean/value", hinge(matrix("hinge/prediction"), &labels("hinge")) * 0.2);
}

/// If `1 - sigmoid(x)` rounds to 0, the loss is `ln(1 + e^-25)` and its slope `-1 / (1 + e^25)`. PyTorch's slope has six digits here.
#[test]
fn sure_and_right() {
    let x = Cpu::default().tensor([[25.0f32, -25.0, 1e4, -1e4]]);
    let target = Cpu::default().tensor([[1.0, 0.0, 1.0, 0.0]]);
    let loss = BceWithLogits::default().each(x.leaky_trace(), target);
    let (value, slope) = ((-25f64).exp().ln_1p(), 1.0 / (1.0 + 25f64.exp()));
    let close = |found: f32, expected: f64| (f64::from(found) - expected).abs() <= 1e-6 * expected.abs();
    let [values] = loss.array();
    assert!(close(values[0], value) && close(values[1], value) && values[2..] == [0.0; 2], "{values:?}");
    let [slopes] = loss.sum::<Rank0, _>().backward().get(&x).array();
    assert!(close(slopes[0], -slope) && close(slopes[1], slope) && slopes[2..] == [0.0; 2], "{slopes:?}");
}

#[test]
fn a_mean_over_nothing_is_no_number() {
    let logits = Cpu::default().tensor([[1.0f32, 2.0]]);
    let loss = CrossEntropy { ignore_index: Some(1), ..Default::default() };
    assert!(loss.mean(logits.clone(), [1]).array().is_nan());
    assert_eq!(loss.sum(logits, [1]).array(), 0.0);
}

#[test]
#[should_panic(expected = "`pos_weight` has 2 weights, but the last axis has 3 elements")]
fn weights_that_do_not_fit() {
    let x = Cpu::default().tensor([[1.0f32, 2.0, 3.0]]);
    BceWithLogits { pos_weight: vec![1.0, 2.0], ..Default::default() }.mean(x.clone(), x);
}
