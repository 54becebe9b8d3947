//! Every kind of loss against PyTorch, in double and single precision: values and slopes, each and reduced.

use layercake::Scalar;
use layercake::dfdx::tensor::Cuda;
use layercake::loss::*;
use layercake::prelude::*;
use layercake_cuda_tests::device;
use layercake_tests::training::Fixture;
use layercake_tests::{Numbers, difference};

type Taped<S, E> = Tensor<S, E, Cuda, OwnedTape<E, Cuda>>;
type Matrix = (usize, usize);

struct Losses {
    fixture: Fixture,
    device: Cuda,
}

impl Losses {
    fn get(&self, name: &str, key: &str) -> &Numbers {
        self.fixture.get(&format!("{name}/{key}"))
    }

    /// `factor` times ours is PyTorch's.
    fn compare<E: Scalar, R: Shape, T: Clone, L>(&self, name: &str, loss: &L, target: &T, factor: f64, bar: f64)
    where
        Cuda: Device<E>,
        L: Loss<Taped<Matrix, E>, T, Each = Taped<R, E>, Reduced = Taped<Rank0, E>>,
    {
        let x: Tensor<Matrix, E, Cuda> = self.get(name, "prediction").tensor(&self.device);
        let check = |what: &str, found: Numbers, expected: &Numbers| {
            let found = Numbers { dims: expected.dims.clone(), values: found.values.iter().map(|value| value * factor).collect() };
            let off = difference(&found, expected);
            assert!(off <= bar, "{name}, {what}: off by {off:.1e}: {:?} instead of {:?}", found.values, expected.values);
        };
        check("each", Numbers::of(&loss.each(x.leaky_trace(), target.clone())), self.get(name, "none/value"));
        let reductions = [("sum", loss.sum(x.leaky_trace(), target.clone())), ("mean", loss.mean(x.leaky_trace(), target.clone()))];
        for (reduction, reduced) in reductions {
            check(reduction, Numbers::of(&reduced), self.get(name, &format!("{reduction}/value")));
            check(reduction, Numbers::of(&reduced.backward().get(&x)), self.get(name, &format!("{reduction}/slope")));
        }
    }

    /// A target of the prediction's shape.
    fn soft<R: Shape, L>(&self, name: &str, loss: &L)
    where
        L: Loss<Taped<Matrix, f64>, Tensor<Matrix, f64, Cuda>, Each = Taped<R, f64>, Reduced = Taped<Rank0, f64>>,
        L: Loss<Taped<Matrix, f32>, Tensor<Matrix, f32, Cuda>, Each = Taped<R, f32>, Reduced = Taped<Rank0, f32>>,
    {
        let target = self.get(name, "target");
        self.compare::<f64, R, _, L>(name, loss, &target.tensor(&self.device), 1.0, 1e-12);
        self.compare::<f32, R, _, L>(name, loss, &target.tensor(&self.device), 1.0, 1e-5);
    }

    /// Class ids.
    fn ids<L>(&self, name: &str, loss: &L, factor: f64)
    where
        L: Loss<Taped<Matrix, f64>, Vec<usize>, Each = Taped<(usize,), f64>, Reduced = Taped<Rank0, f64>>,
        L: Loss<Taped<Matrix, f32>, Vec<usize>, Each = Taped<(usize,), f32>, Reduced = Taped<Rank0, f32>>,
    {
        let labels: Vec<usize> = self.get(name, "target").values.iter().map(|&id| id as usize).collect();
        self.compare::<f64, (usize,), _, L>(name, loss, &labels, factor, 1e-12);
        self.compare::<f32, (usize,), _, L>(name, loss, &labels, factor, 1e-5);
    }
}

#[test]
fn as_pytorch_says() {
    let losses = Losses { fixture: Fixture::open("losses"), device: device(0) };
    losses.soft::<Matrix, _>("mse", &Mse);
    losses.soft::<Matrix, _>("l1", &L1);
    losses.soft::<Matrix, _>("huber", &Huber { delta: 0.7 });
    losses.soft::<Matrix, _>("smooth_l1", &SmoothL1 { beta: 0.3 });
    losses.soft::<Matrix, _>("bce", &Bce);
    losses.soft::<Matrix, _>("bce_edge", &Bce);
    losses.soft::<Matrix, _>("bce_with_logits", &BceWithLogits::default());
    losses.soft::<Matrix, _>("bce_pos_weight", &BceWithLogits { pos_weight: vec![0.5, 3.0, 10.0], ..Default::default() });
    losses.soft::<Matrix, _>("focal", &Focal::default());
    losses.soft::<Matrix, _>("focal_wide", &Focal { alpha: None, gamma: 0.5 });
    losses.soft::<Matrix, _>("kl_div", &KlDiv { log_target: false });
    losses.soft::<Matrix, _>("kl_div_log", &KlDiv { log_target: true });
    let all = CrossEntropy { weight: vec![0.5, 2.0, 1.0, 0.0, 3.0], ignore_index: Some(2), label_smoothing: 0.2 };
    losses.ids("cross_entropy", &CrossEntropy::default(), 1.0);
    losses.ids("cross_entropy_wide", &CrossEntropy::default(), 1.0);
    losses.ids("cross_entropy_all", &all, 1.0);
    losses.soft::<(usize,), _>("cross_entropy_soft", &CrossEntropy::default());
    losses.soft::<(usize,), _>("cross_entropy_soft_all", &CrossEntropy { ignore_index: None, ..all.clone() });
    losses.ids("nll", &Nll::default(), 1.0);
    losses.ids("nll_all", &Nll { weight: all.weight.clone(), ignore_index: Some(2) }, 1.0);
    // PyTorch's is divided by the number of classes.
    losses.ids("hinge", &Hinge::default(), 0.2);
    losses.ids("hinge_squared", &Hinge { margin: 0.4, squared: true }, 0.2);
}
